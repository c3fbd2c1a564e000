/** The whole of a plan that a server keeps. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { PlanId } from "@loom-scim/core/ports/Plans"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect, Result, Stream } from "effect"
import { Client } from "./Client.ts"
import { unreachable } from "./failures.ts"

/** Asks for it, as it would be saved. */
export const keptFile = Effect.fn("remote.keptFile")(function* (
  connection: ConnectionId,
  plan: PlanId
): Effect.fn.Return<PlanFile.PlanFile, JournalFailure, Client> {
  const { api, asked, url } = yield* Client
  const text = yield* asked(api.plans.file({ params: { connection, plan } })).pipe(
    Effect.flatMap((bytes) => Stream.mkString(Stream.decodeText(bytes))),
    Effect.mapError(unreachable(url))
  )
  return yield* Effect.fromResult(
    Result.mapError(PlanFile.fromJson(text), () => unreachable(url)({ _tag: "SchemaError" }))
  )
})
