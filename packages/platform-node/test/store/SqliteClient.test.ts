/** The driver: one session, honest transactions, values that come back as they went in. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Result, Stream } from "effect"
import { SafeIntegers, SqlClient } from "effect/sql/SqlClient"
import { ConstraintError, SqlError, UniqueViolation, UnknownError } from "effect/sql/SqlError"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as SqliteClient from "../../src/store/SqliteClient.ts"
import { temporaryDirectory } from "./backend.ts"

const test = <A, E>(name: string, body: Effect.Effect<A, E, SqlClient>) =>
  it.live(name, () =>
    Effect.gen(function* () {
      const filename = join(yield* temporaryDirectory, "test.db")
      const made = Effect.flatMap(SqlClient, (sql) => sql`CREATE TABLE t (id INTEGER PRIMARY KEY, value)`)
      return yield* Effect.andThen(made, body).pipe(Effect.provide(SqliteClient.layer({ filename })))
    }).pipe(Effect.scoped)
  )

const count = Effect.flatMap(SqlClient, (sql) =>
  Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM t`, ([row]) => row?.n)
)

describe("SqliteClient", () => {
  test(
    "stores durably and enforces foreign keys",
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const settings = yield* Effect.forEach(["journal_mode", "synchronous", "foreign_keys", "secure_delete"], (name) =>
        Effect.map(sql.unsafe<Record<string, unknown>>(`PRAGMA ${name}`), ([row]) => row?.[name])
      )
      assert.deepStrictEqual(settings, ["wal", 2, 1, 1])
    })
  )

  test(
    "gives back what it was given",
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const values = ["text \u{1F600} '", 42, -1.5, new Uint8Array([0, 255]), null, true, new Date(0), undefined]
      for (const value of values) yield* sql.unsafe("INSERT INTO t (value) VALUES (?)", [value])
      const rows = yield* sql.unsafe("SELECT value FROM t ORDER BY id").values
      assert.deepStrictEqual(
        rows.map(([value]) => value),
        ["text \u{1F600} '", 42, -1.5, new Uint8Array([0, 255]), null, 1, "1970-01-01T00:00:00.000Z", null]
      )
      const streamed = yield* Stream.runCollect(sql<{ id: number }>`SELECT id FROM t ORDER BY id`.stream)
      assert.deepStrictEqual(
        Array.from(streamed, (row) => row.id),
        [1, 2, 3, 4, 5, 6, 7, 8]
      )
      const large = 2n ** 60n
      yield* sql`INSERT INTO t (id, value) VALUES (100, ${large})`
      const exact = yield* sql`SELECT value FROM t WHERE id = 100`.pipe(Effect.provideService(SafeIntegers, true))
      assert.deepStrictEqual({ ...exact[0] }, { value: large })
      const refused = yield* Effect.flip(sql.unsafe("INSERT INTO t (value) VALUES (?)", [{ an: "object" }]))
      assert.instanceOf(refused, SqlError)
    })
  )

  test(
    "tells taken keys, other constraints and nonsense apart",
    Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`INSERT INTO t (id) VALUES (1)`
      const taken = yield* Effect.flip(sql`INSERT INTO t (id) VALUES (1)`)
      assert.instanceOf(taken.reason, UniqueViolation)
      yield* sql`CREATE TABLE c (x NOT NULL)`
      assert.instanceOf((yield* Effect.flip(sql`INSERT INTO c VALUES (NULL)`)).reason, ConstraintError)
      assert.instanceOf((yield* Effect.flip(sql`SELEKT 1`)).reason, UnknownError)
    })
  )

  test(
    "undoes a failed or interrupted transaction, and only the failed part of a nested one",
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const insert = sql`INSERT INTO t (value) VALUES (1)`
      yield* Effect.exit(sql.withTransaction(Effect.andThen(insert, Effect.fail("no"))))
      assert.strictEqual(yield* count, 0)

      const started = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        sql.withTransaction(
          insert.pipe(Effect.andThen(Deferred.succeed(started, undefined)), Effect.andThen(Effect.never))
        )
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* count, 0)

      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* insert
          const inner = yield* Effect.result(sql.withTransaction(Effect.andThen(insert, Effect.fail("no"))))
          assert.isTrue(Result.isFailure(inner))
          yield* sql.withTransaction(insert)
        })
      )
      assert.strictEqual(yield* count, 2)
    })
  )

  test(
    "keeps other fibers out of a transaction",
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const increment = sql.withTransaction(
        Effect.gen(function* () {
          const before = yield* count
          yield* Effect.sleep("1 millis")
          yield* sql`INSERT INTO t (value) VALUES (${before})`
        })
      )
      const outside = Effect.andThen(Effect.sleep("2 millis"), sql`INSERT INTO t (value) VALUES ('outside')`)
      yield* Effect.all([...Array.from({ length: 20 }, () => increment), outside], { concurrency: "unbounded" })
      const rows = yield* sql`SELECT value FROM t WHERE value <> 'outside' ORDER BY id`.values
      // Each one saw everything that was there before it and nothing that was not.
      assert.strictEqual(new Set(rows.map(([value]) => value)).size, 20)
    })
  )

  test(
    "goes on after more different statements than it remembers, and after a change of the tables",
    Effect.gen(function* () {
      const sql = yield* SqlClient
      for (let n = 0; n < 400; n++) yield* sql.unsafe(`INSERT INTO t (value) VALUES (${n})`)
      yield* sql`SELECT * FROM t WHERE id = 1`
      yield* sql`ALTER TABLE t ADD COLUMN extra DEFAULT 'new'`
      const [row] = yield* sql`SELECT * FROM t WHERE id = 1`
      assert.deepStrictEqual({ ...row }, { id: 1, value: 0, extra: "new" })
    })
  )

  it.live("says at once that a file cannot be opened or not be written", () =>
    Effect.gen(function* () {
      const open = (filename: string) =>
        Effect.exit(Effect.provide(Effect.service(SqlClient), SqliteClient.layer({ filename })))
      const directory = yield* temporaryDirectory
      assert.isTrue(Exit.hasFails(yield* open(join(directory, "missing", "test.db"))))
      const filename = join(directory, "test.db")
      assert.isTrue(Exit.isSuccess(yield* open(filename)))
      assert.isTrue(Exit.hasFails(yield* open(`${pathToFileURL(filename).href}?mode=ro`)))
    }).pipe(Effect.scoped)
  )
})
