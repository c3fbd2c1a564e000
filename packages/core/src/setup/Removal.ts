/**
 * A connection goes with what hangs on it: runs end, schedules go, and keys that reach nothing else are revoked. Webhooks
 * are told first and go then by themselves. Whatever a crash leaves behind can do nothing: it finds no connection.
 */
import type { ApiKey, ApiKeyId } from "../ports/ApiKeys.ts"
import { ApiKeys, reach } from "../ports/ApiKeys.ts"
import { Runs } from "../ports/Runs.ts"
import { Schedules } from "../ports/Schedules.ts"
import type { VaultFailure } from "../ports/Vault.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import type { RunId } from "../runs/Run.ts"
import type { RunRefused } from "../runs/RunService.ts"
import type { ConnectionId } from "./ConnectionId.ts"
import type { Actor } from "./Evidence.ts"
import type { SetupError } from "./SetupService.ts"
import { SetupService } from "./SetupService.ts"
import { DateTime, Effect } from "effect"

/** What it takes. */
export type RemovalServices = ApiKeys | Runs | Schedules | SetupService

/** Ends a run: by who carries runs out, or by asking whoever does. */
export type EndRun = (run: RunId, by: Actor) => Effect.Effect<unknown, JournalFailure | RunRefused>

/** What is read at once. */
const page = 200

/** Nothing more is sent to the server, and what is under way is settled behind the answer. */
const endRuns = Effect.fnUntraced(function* (id: ConnectionId, by: Actor, end: EndRun) {
  const left = yield* (yield* Runs).list({ connectionId: id, unfinished: true })
  // One that is over by now needs no end.
  yield* Effect.forEach(left, (run) => Effect.catchTag(end(run.id, by), "RunRefused", () => Effect.void), {
    discard: true
  })
})

const dropSchedules = Effect.fnUntraced(function* (id: ConnectionId) {
  const schedules = yield* Schedules
  for (;;) {
    const some = yield* schedules.list(id, null, page)
    yield* Effect.forEach(some, ({ schedule }) => schedules.remove(schedule.id, null), { discard: true })
    if (some.length < page) return
  }
})

/** A key over connections that are all gone opens nothing, and would only be taken for one that does. */
const revokeKeys = Effect.fnUntraced(function* (id: ConnectionId) {
  const keys = yield* ApiKeys
  const setup = yield* SetupService
  let after: ApiKeyId | null = null
  do {
    const some: ReadonlyArray<ApiKey> = yield* keys.list(after, page)
    for (const key of some) {
      // Null for everything, which no removal ends.
      const over = reach(key.grants)
      if (key.revokedAt !== null || over === null || !over.includes(id)) continue
      const isUsed = (yield* setup.present(over)).length > 0
      if (!isUsed) yield* keys.revoke(key.id, yield* DateTime.now)
    }
    after = some.length < page ? null : (some.at(-1)?.id ?? null)
  } while (after !== null)
})

/** Removes the connection, then the rest; a caller who leaves meanwhile does not stop it half-way. */
export const removed = (
  id: ConnectionId,
  by: Actor,
  end: EndRun
): Effect.Effect<void, SetupError | VaultFailure, RemovalServices> =>
  Effect.gen(function* () {
    yield* (yield* SetupService).remove(id, by)
    yield* endRuns(id, by, end)
    yield* dropSchedules(id)
    yield* revokeKeys(id)
  }).pipe(Effect.uninterruptible)
