/** What a run about another run would do, as a server tells. */
import type { Run } from "@loom-scim/core/runs/Run"
import { RunRefused } from "@loom-scim/core/runs/RunService"
import { Effect, Layer } from "effect"
import { Proposals } from "../commands/proposals.ts"
import { Client } from "./Client.ts"
import type { Failure } from "./failures.ts"
import { runFailureOf } from "./runFailures.ts"
import { scimErrorOf } from "./scimFailures.ts"

const paramsOf = ({ connectionId, id }: Run) => ({ params: { connection: connectionId, run: id } })

/** Over a server. */
export const layer: Layer.Layer<Proposals, never, Client> = Layer.effect(
  Proposals,
  Effect.gen(function* () {
    const { api, asked, url } = yield* Client
    const failed =
      ({ id }: Run) =>
      (failure: Failure) => {
        const ofRun = runFailureOf(url, id)(failure)
        return ofRun instanceof RunRefused || failure._tag !== "ServerProblem" ? ofRun : scimErrorOf(url)(failure)
      }
    return Proposals.of({
      retry: (run) => Effect.mapError(asked(api.runs.retryOf(paramsOf(run))), failed(run)),
      undo: (run) => Effect.mapError(asked(api.runs.undoOf(paramsOf(run))), failed(run))
    })
  })
)
