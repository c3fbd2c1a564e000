/** Plans that were saved, held by a server against the workspace as it is now, and carried out by it. */
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import { Effect, Layer, Stream } from "effect"
import { SavedPlans } from "../commands/savedPlans.ts"
import { begunRun } from "./begunRun.ts"
import { Client, Sent } from "./Client.ts"
import type { Failure } from "./failures.ts"
import { form } from "./form.ts"
import { keptFile } from "./keptFile.ts"
import { failureToBegin } from "./runFailures.ts"
import { scimErrorOf } from "./scimFailures.ts"
import { Standings } from "./Standings.ts"

/** As long as an answer may take that a workspace is read for. */
const patience = "5 minutes"

/** For whom it was made was looked at here; what is left to a server is what it touches. */
const failureToTake = (url: string) => (failure: Failure) => {
  if (failure._tag !== "RefusedProblem" || failure.reason !== "PlanFileRefused") return scimErrorOf(url)(failure)
  return new PlanFile.PlanFileRefused({ reason: "unfounded", detail: failure.detail })
}

const make = Effect.gen(function* () {
  const client = yield* Client
  const { api, asked, posted, url } = client
  const standings = yield* Standings

  return SavedPlans.of({
    check: Effect.fn("remote.checkPlan")(function* (given, { id: connection }) {
      const part = { name: "plan", fileName: "plan.json", contentType: "application/json" }
      const body = form({}, { ...part, bytes: Stream.encodeText(Stream.succeed(PlanFile.toJson(given))) })
      const { moved, plan: kept } = yield* asked(
        api.plans
          .take({ params: { connection }, headers: {}, payload: new FormData() })
          .pipe(Effect.provideService(Sent, body)),
        patience
      ).pipe(Effect.mapError(failureToTake(url)))
      if (kept === null) return { moved, ready: null }
      // What is shown is what the server would do.
      const { plan, policy } = yield* Effect.provideService(keptFile(connection, kept.id), Client, client)
      const start = Effect.fn("remote.beginPlan")(function* () {
        const begun = yield* posted((key) =>
          api.runs.begin({
            params: { connection },
            headers: { ...key, prefer: "respond-async" },
            payload: { plan: kept.id }
          })
        ).pipe(Effect.mapError(failureToBegin(url, connection)))
        const run = yield* begunRun(begun)
        if (run !== null) standings.begun(run, plan)
        return run
      })
      return { moved, ready: { plan, policy, start } }
    })
  })
})

/** Over a server. */
export const layer: Layer.Layer<SavedPlans, never, Client | Standings> = Layer.effect(SavedPlans, make)
