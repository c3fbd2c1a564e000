/** A connection that is lost in a transaction is a failure, and no defect; what is a defect stays one. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { isSqlError } from "effect/sql/SqlError"
import { transaction } from "../../src/store/transaction.ts"
import { administer, postgres, postgresAnswers } from "./backend.ts"

const isThere = await Effect.runPromise(postgresAnswers)

describe.runIf(isThere)("transaction", () => {
  const ended = <A, E>(inside: (sql: SqlClient) => Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const { around } = yield* postgres.fresh
      return yield* Effect.gen(function* () {
        const sql = yield* SqlClient
        return yield* Effect.exit(transaction(sql, inside(sql)))
      }).pipe(Effect.provide(around))
    }).pipe(Effect.scoped)

  /** A statement on a connection that is gone. */
  const lost = Effect.fnUntraced(function* (sql: SqlClient) {
    const [row] = yield* sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`
    yield* administer(`SELECT pg_terminate_backend(${row?.pid})`)
    return yield* sql`SELECT 1`
  })

  it.live("fails when its connection is lost on the way", () =>
    Effect.gen(function* () {
      const exit = yield* ended(lost)
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isFailure(exit)) {
        assert.isFalse(Cause.hasDies(exit.cause))
        assert.isTrue(exit.cause.reasons.filter(Cause.isFailReason).every(({ error }) => isSqlError(error)))
      }
    })
  )

  it.live("fails with what the effect itself made of the lost connection", () =>
    Effect.gen(function* () {
      const exit = yield* ended((sql) => Effect.mapError(lost(sql), () => "ours"))
      assert.deepStrictEqual(exit, Exit.fail("ours"))
    })
  )

  it.live("is ended by the database when its process stands still, so that others get what it holds", () =>
    Effect.gen(function* () {
      const { open } = yield* postgres.fresh
      const shown = Effect.flatMap(SqlClient, (sql) => sql`SHOW idle_in_transaction_session_timeout`)
      const setting = yield* Effect.provide(shown, open())
      assert.deepStrictEqual(setting, [{ idle_in_transaction_session_timeout: "8s" }])
    })
  )

  it.live("keeps a defect of what it does", () =>
    Effect.gen(function* () {
      const exit = yield* ended(() => Effect.die(new Error("ours")))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
    })
  )
})
