/**
 * A connection goes with what hangs on it: runs end, schedules go, and keys that reach nothing else are revoked. Webhooks
 * are told first and go then by themselves. Whatever a crash leaves behind can do nothing: it finds no connection.
 */
import type { ApiKey, ApiKeyId } from "@loom-scim/core/ports/ApiKeys"
import { ApiKeys, reach } from "@loom-scim/core/ports/ApiKeys"
import { Runs } from "@loom-scim/core/ports/Runs"
import { Schedules } from "@loom-scim/core/ports/Schedules"
import type { VaultFailure } from "@loom-scim/core/ports/Vault"
import { RunAttendant } from "@loom-scim/core/runs/RunAttendant"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { SetupError } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { DateTime, Effect } from "effect"

/** What it takes. */
export type RemovalServices = ApiKeys | RunAttendant | Runs | Schedules | SetupService

/** What is read at once. */
const page = 200

/** Nothing more is sent to the server, and what is under way is settled behind the answer. */
const endRuns = Effect.fnUntraced(function* (id: ConnectionId, by: Actor) {
  const attendant = yield* RunAttendant
  const left = yield* (yield* Runs).list({ connectionId: id, unfinished: true })
  // One that is over by now needs no end.
  yield* Effect.forEach(left, (run) => Effect.catchTag(attendant.cancel(run.id, by), "RunRefused", () => Effect.void), {
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
export const removed = (id: ConnectionId, by: Actor): Effect.Effect<void, SetupError | VaultFailure, RemovalServices> =>
  Effect.gen(function* () {
    yield* (yield* SetupService).remove(id, by)
    yield* endRuns(id, by)
    yield* dropSchedules(id)
    yield* revokeKeys(id)
  }).pipe(Effect.uninterruptible)
