/** The audit log's store, on both databases. */
import { assert, describe, it } from "@effect/vitest"
import { ApiKeyId, ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import type { AuditEntry, AuditPlace, KeptEntry } from "@loom-scim/core/ports/AuditLog"
import { AuditLog } from "@loom-scim/core/ports/AuditLog"
import { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Effect, Exit, Option } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { postgres, postgresAnswers, sqlite } from "./backend.ts"
import { opened } from "./contract.ts"
import { acme, beta, entries, start } from "./sample.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

const entry = (minutes: number, connectionId: ConnectionId | null, name = 'O\'Neil "ci"'): AuditEntry => ({
  connectionId,
  at: DateTime.add(start, { minutes }),
  actor: { name: "key first (nx2w09bfgtuk)", face: "api" },
  event: { _tag: "KeyRevoked", key: ApiKeyId.make("abcdefghijkl"), name }
})

/** An entry beside a change that is none. */
const record = (entry: AuditEntry) => AuditLog.use(({ along }) => along(Effect.void, () => entry))

const placeOf = ({ entry, position }: KeptEntry): AuditPlace => ({ at: DateTime.formatIso(entry.at), position })

const stored = {
  hash: "ab".repeat(32),
  key: {
    id: ApiKeyId.make("abcdefghijkl"),
    name: "ci",
    grants: [],
    createdAt: start,
    createdBy: "a test",
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null
  }
}

for (const backend of backends) {
  describe(`the audit log on ${backend.name}`, () => {
    it.live("gives entries back as they were, the newest first, page by page, narrowed to connections", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const { list } = yield* AuditLog
          // Two of one moment, and one that comes late to the log.
          const all = [entry(1, acme), entry(2, null), entry(2, beta), entry(0, acme)]
          yield* Effect.forEach(all, record, { discard: true })
          const [oldest, second, third, newest] = [all[3], all[0], all[1], all[2]]
          const expected = [newest, third, second, oldest]
          const whole = yield* list({ of: null, before: null, limit: 10 })
          assert.deepStrictEqual(
            whole.map(({ entry }) => entry),
            expected
          )
          const paged: Array<KeptEntry> = []
          for (;;) {
            const last = paged.at(-1)
            const before = last === undefined ? null : placeOf(last)
            const page = yield* list({ of: null, before, limit: 1 })
            if (page.length === 0) break
            paged.push(...page)
          }
          assert.deepStrictEqual(paged, [...whole])
          const ofAcme = yield* list({ of: [acme], before: null, limit: 10 })
          assert.deepStrictEqual(
            ofAcme.map(({ entry }) => entry),
            [second, oldest]
          )
          assert.deepStrictEqual(yield* list({ of: [], before: null, limit: 10 }), [])
          const at = DateTime.formatIso(DateTime.add(start, { minutes: 2 }))
          assert.lengthOf(yield* list({ of: null, before: { at, position: null }, limit: 10 }), 4)
        })
      )
    )

    it.live("takes an entry together with the change, or neither", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const { along, list } = yield* AuditLog
          const keys = yield* ApiKeys
          const count = Effect.map(list({ of: null, before: null, limit: 10 }), ({ length }) => length)
          const full = new JournalFailure({ reason: "full", detail: "No room", next: "Make some" })
          const failing = along(Effect.andThen(keys.insert(stored), Effect.fail(full)), () => entry(1, null))
          assert.deepStrictEqual(yield* Effect.exit(failing), Exit.fail(full))
          assert.deepStrictEqual(yield* keys.find(stored.key.id), Option.none())
          assert.strictEqual(yield* count, 0)
          const revoked = yield* along(keys.revoke(stored.key.id, start), (isThere) =>
            isThere ? entry(1, null) : null
          )
          assert.isFalse(revoked)
          assert.strictEqual(yield* count, 0)
          yield* along(keys.insert(stored), () => entry(1, null))
          assert.isTrue(Option.isSome(yield* keys.find(stored.key.id)))
          assert.strictEqual(yield* count, 1)
        })
      )
    )

    it.live("is only ever added to", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const { list } = yield* AuditLog
          const sql = yield* SqlClient
          yield* record(entry(1, acme))
          const before = yield* list({ of: null, before: null, limit: 10 })
          for (const statement of ["UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"]) {
            assert.isTrue(Exit.isFailure(yield* Effect.exit(sql.unsafe(statement))), statement)
          }
          assert.deepStrictEqual(yield* list({ of: null, before: null, limit: 10 }), before)
        })
      )
    )

    it.live("has what was intended once it is settled, or was left by whoever intended it", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const { intend, list, recover, renew, settle } = yield* AuditLog
          const all = Effect.map(list({ of: null, before: null, limit: 10 }), (found) =>
            found.map(({ entry }) => entry)
          )
          const minute = (minutes: number) => DateTime.add(start, { minutes })
          const done = yield* intend(entry(1, acme, "done"))
          const refused = yield* intend(entry(1, acme, "refused"))
          const renewed = yield* intend(entry(1, acme, "renewed"))
          yield* intend(entry(2, null, "left"))
          assert.deepStrictEqual(yield* all, [])
          yield* settle(done, entry(3, acme, "done"))
          yield* settle(refused, null)
          yield* renew([], minute(9))
          yield* renew([renewed], minute(9))
          yield* recover(minute(2))
          assert.deepStrictEqual(yield* all, [entry(3, acme, "done")])
          // However many look for it at once, it is recorded once, as it was intended.
          yield* Effect.all([recover(minute(5)), recover(minute(5))], { concurrency: "unbounded" })
          assert.deepStrictEqual(yield* all, [entry(3, acme, "done"), entry(2, null, "left")])
          yield* settle(renewed, entry(9, acme, "renewed"))
          yield* recover(minute(60))
          assert.lengthOf(yield* all, 3)
        })
      )
    )

    it.live("goes on from a moment in the log of set-ups, in front of everything that happened then", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const { append } = yield* Journal
          const { events } = yield* Ledger
          const [first, second, ...rest] = entries(acme, 1, 3)
          assert(second !== undefined)
          yield* append(acme, 0, [first, second, ...rest])
          const at = DateTime.formatIso(second.at)
          const found = yield* events({ of: null, before: { at }, limit: 10 })
          assert.deepStrictEqual(found, [first])
        })
      )
    )
  })
}
