/** What handlers of plans and runs share: the run of a connection, waiting for it, and answers in another form. */
import { Job } from "@loom-scim/contract/Jobs"
import type { Changing, ServerProblem } from "@loom-scim/contract/Problem"
import { ofRun, type RunFailure } from "@loom-scim/contract/problemOfRun"
import { RunReport } from "@loom-scim/contract/Runs"
import type { KeptJob } from "@loom-scim/core/ports/Jobs"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { RunId } from "@loom-scim/core/runs/Run"
import { RunRefused, RunService } from "@loom-scim/core/runs/RunService"
import { Effect, Schema } from "effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** How long an answer waits for a run to stand still when nobody says. */
const usualWait = 10
const longestWait = 60

/** Failures as problems. */
export const working = <A, E extends RunFailure, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Changing | ServerProblem, R> => Effect.mapError(effect, ofRun)

/** A run of this connection; that of another looks as if it did not exist. */
export const runOf = Effect.fnUntraced(function* (connection: ConnectionId, id: RunId) {
  const report = yield* RunService.use((service) => service.report(id))
  if (report.run.connectionId === connection) return report
  return yield* new RunRefused({ runId: id, reason: "unknown", detail: `There is no run ${id}.`, next: "" })
})

/** Whether the caller wants no more than a place to ask at (RFC 7240 §4.1). */
export const wantsAsync = (prefer: string | undefined): boolean =>
  /(?:^|[,\s])respond-async(?:$|[,;\s])/i.test(prefer ?? "")

/** What an answer says that was given before the work was done, because the caller preferred it so (RFC 7240 §3). */
const asyncApplied = { "preference-applied": "respond-async" } as const

/** Seconds, by `Prefer: respond-async` or `Prefer: wait=5` (RFC 7240). */
export const waitOf = (prefer: string | undefined): number => {
  if (wantsAsync(prefer)) return 0
  const [, seconds] = /\bwait=(\d{1,6})\b/i.exec(prefer ?? "") ?? []
  return seconds === undefined ? usualWait : Math.min(longestWait, Number(seconds))
}

/** Waits for a run, as long as the caller wants; says whether it stands still by then. It goes on in any case. */
export const waited = (wait: Effect.Effect<void>, prefer: string | undefined): Effect.Effect<boolean> => {
  const seconds = waitOf(prefer)
  return seconds === 0
    ? Effect.succeed(false)
    : Effect.map(Effect.timeoutOption(wait, `${seconds} seconds`), ({ _tag }) => _tag === "Some")
}

/** An answer of JSON with a status and a place of its own; 202 says whether the caller wanted it so. */
export const located = <S extends Schema.Codec<unknown, unknown>>(
  schema: S,
  value: S["Type"],
  status: 200 | 202,
  location: string | null,
  prefer?: string
) =>
  Effect.map(Effect.orDie(Schema.encodeEffect(schema)(value)), (body) =>
    HttpServerResponse.jsonUnsafe(body, {
      status,
      headers: {
        ...(location === null ? {} : { location }),
        ...(status === 202 && wantsAsync(prefer) ? asyncApplied : {})
      }
    })
  )

/** The answer to what goes on in the background. */
export const accepted = (job: KeptJob, prefer: string | undefined) =>
  located(Job, job, 202, `/v1/connections/${job.connectionId}/jobs/${job.id}`, prefer)

/** Where a run is found. */
export const placeOf = (connection: ConnectionId, id: RunId): string => `/v1/connections/${connection}/runs/${id}`

/** How a run stands after something was done with it. */
export const standing = Effect.fnUntraced(function* (
  connection: ConnectionId,
  id: RunId,
  wait: Effect.Effect<void>,
  prefer: string | undefined
) {
  const isStill = yield* waited(wait, prefer)
  const report = yield* working(runOf(connection, id))
  return yield* located(RunReport, report, isStill ? 200 : 202, placeOf(connection, id), prefer)
})

/** Whether a person wants to read it. */
export const wantsMarkdown: Effect.Effect<boolean, never, HttpServerRequest> = Effect.map(
  HttpServerRequest,
  ({ headers }) => /\btext\/(?:markdown|plain)\b/i.test(headers["accept"] ?? "")
)
