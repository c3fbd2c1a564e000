/** What a mark promises: the same number only while nothing was written, by whomever, and none within a transaction. */
import { assert, describe, it } from "@effect/vitest"
import { ApiKeyId, ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { join } from "node:path"
import { Marks } from "../../src/store/Marks.ts"
import * as SqliteClient from "../../src/store/SqliteClient.ts"
import { postgres, postgresAnswers, sqlite, temporaryDirectory } from "./backend.ts"
import { around, opened, turn } from "./contract.ts"
import { acme, entries, start } from "./sample.ts"

const isThere = await Effect.runPromise(postgresAnswers)

const marked = Effect.gen(function* () {
  yield* turn
  const marks = yield* Marks
  return marks()
})

describe("marks of SQLite", () => {
  it.live("change with every commit, of this session and of others, and with nothing else", () =>
    Effect.gen(function* () {
      const filename = join(yield* temporaryDirectory, "test.db")
      const other = Layer.fresh(SqliteClient.layer({ filename }))
      const elsewhere = (statement: string) =>
        Effect.flatMap(SqlClient, (sql) => sql.unsafe(statement)).pipe(Effect.provide(other))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient
        yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY, value)`
        const seen = new Set<number | null>()
        const changes = Effect.gen(function* () {
          const mark = yield* marked
          assert.isFalse(seen.has(mark), `${mark} is not new`)
          seen.add(mark)
          yield* sql`SELECT * FROM t`
          yield* elsewhere("SELECT * FROM t")
          assert.strictEqual(yield* marked, mark)
        })
        yield* changes
        for (const statement of [
          "INSERT INTO t (value) VALUES ('a') RETURNING id",
          "UPDATE t SET value = value || 'b'",
          "INSERT INTO t VALUES (1, hex(randomblob(4))) ON CONFLICT (id) DO UPDATE SET value = excluded.value",
          "DELETE FROM t WHERE id = (SELECT max(id) FROM t)"
        ]) {
          yield* sql.unsafe(statement)
          yield* changes
          yield* elsewhere(statement)
          yield* changes
        }
      }).pipe(Effect.provide(SqliteClient.layer({ filename })))
    }).pipe(Effect.scoped)
  )

  it.live("are not given within a transaction", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient
        assert.isNumber(yield* marked)
        assert.isNull(yield* sql.withTransaction(marked))
      })
    )
  )
})

for (const backend of isThere ? [sqlite, postgres] : [sqlite]) {
  describe(`what is kept with a mark on ${backend.name}`, () => {
    it.live("is not what a transaction read and took back", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const [sql, keys, journal] = [yield* SqlClient, yield* ApiKeys, yield* Journal]
          const id = ApiKeyId.make("a".repeat(12))
          const key = { id, name: "k", grants: [], createdAt: start, createdBy: "a test" }
          const stored = { hash: "ab", key: { ...key, expiresAt: null, revokedAt: null, lastUsedAt: null } }
          yield* keys.insert(stored)
          yield* journal.append(acme, 0, entries(acme, 1, 1))
          assert.deepStrictEqual(yield* keys.find(id), Option.some(stored))
          assert.lengthOf(yield* journal.load(acme, 1), 0)
          const inside = Effect.gen(function* () {
            yield* sql`UPDATE api_keys SET name = 'another'`
            yield* journal.append(acme, 1, entries(acme, 2, 2))
            assert.notDeepEqual(yield* keys.find(id), Option.some(stored))
            assert.lengthOf(yield* journal.load(acme, 1), 1)
            assert.lengthOf(yield* journal.load(acme, 2), 0)
            return yield* Effect.fail("taken back")
          })
          assert.strictEqual(yield* Effect.flip(sql.withTransaction(inside)), "taken back")
          assert.deepStrictEqual(yield* keys.find(id), Option.some(stored))
          assert.lengthOf(yield* journal.load(acme, 1), 0)
          yield* journal.append(acme, 1, entries(acme, 2, 2))
          assert.lengthOf(yield* journal.load(acme, 1), 1)
        })
      )
    )

    it.live("gives way to what another process appends", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* journal.append(acme, 0, entries(acme, 1, 2))
          assert.lengthOf(yield* journal.load(acme, 2), 0)
          const append = (sequence: number) =>
            around(
              store,
              `INSERT INTO events (connection_id, sequence, at, actor, event)
                SELECT connection_id, ${sequence}, at, actor, event FROM events WHERE sequence = 2`
            )
          yield* append(3)
          assert.lengthOf(yield* journal.load(acme, 2), 1)
          assert.lengthOf(yield* journal.load(acme, 3), 0)
          yield* append(4)
          assert.lengthOf(yield* journal.load(acme, 3), 1)
        })
      )
    )
  })
}
