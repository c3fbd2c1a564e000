/** Several statements that happen wholly or not at all, also when the connection is lost among them. */
import { Cause, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

/**
 * Runs an effect in a transaction. A connection that is lost cannot be rolled back either, and the client makes a defect of
 * that: here it stays the failure that it is, so that whoever waits for the database hears of it.
 */
export const transaction = <A, E, R>(
  sql: SqlClient,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError, R> =>
  Effect.catchCause(sql.withTransaction(effect), (cause) => {
    const defects = cause.reasons.filter(Cause.isDieReason).map(({ defect }) => defect)
    const lost = defects.find(isSqlError)
    if (lost === undefined || Cause.hasInterrupts(cause) || !defects.every(isSqlError)) return Effect.failCause(cause)
    const failed = cause.reasons.find(Cause.isFailReason)
    return Effect.fail(failed === undefined ? lost : failed.error)
  })
