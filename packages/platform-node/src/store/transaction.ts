/** Several statements that happen wholly or not at all, also when the connection is lost among them. */
import { Cause, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

/**
 * Runs an effect in a transaction. A connection that is lost cannot be rolled back either, and the client makes a defect of
 * that, and of the effect's own failure with it: here both stay the failures that they are, so that whoever waits for the
 * database hears of it.
 */
export const transaction = <A, E, R>(
  sql: SqlClient,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError, R> =>
  Effect.suspend(() => {
    let own: Cause.Cause<E> = Cause.empty
    const observed = Effect.tapCause(effect, (cause) =>
      Effect.sync(() => {
        own = cause
      })
    )
    return Effect.catchCause(sql.withTransaction(observed), (cause) => {
      const failed = own.reasons.find(Cause.isFailReason)
      const defects = cause.reasons.filter(Cause.isDieReason).map(({ defect }) => defect)
      const lost = defects.find(isSqlError)
      const isOnlyLost = defects.every((defect) => isSqlError(defect) || defect === failed?.error)
      if (lost === undefined || Cause.hasInterrupts(cause) || !isOnlyLost) return Effect.failCause(cause)
      return Effect.fail(failed === undefined ? lost : failed.error)
    })
  })
