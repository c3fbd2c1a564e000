/** How much that takes a while may go on at once: so many jobs of one connection, and so many of all together. */
import { TooManyProblem } from "@loom-scim/contract/Problem"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect } from "effect"
import type { Settings } from "./Settings.ts"

/** Seconds. How long a job takes nobody knows; the small ones are over by then. */
const retryAfter = 10

/** The limits. */
export type JobLimits = Pick<Settings, "connectionJobLimit" | "jobLimit">

/** The room that there is. */
export const make = ({ connectionJobLimit, jobLimit }: JobLimits) => {
  const counts = new Map<ConnectionId, number>()
  const of = (connection: ConnectionId): number => counts.get(connection) ?? 0

  /** What is full; null for nothing. */
  const full = (connection: ConnectionId): TooManyProblem | null => {
    const next = `Send the same again in ${retryAfter} s.`
    if (of(connection) >= connectionJobLimit) {
      const detail = `As many jobs of ${connection} go on as may at once (${connectionJobLimit}); nothing was begun.`
      return new TooManyProblem({ detail, next, retryAfter })
    }
    if ([...counts.values()].reduce((sum, count) => sum + count, 0) >= jobLimit) {
      const detail = `As many jobs go on as this server carries out at once (${jobLimit}); nothing was begun.`
      return new TooManyProblem({ detail, next, retryAfter })
    }
    return null
  }

  /** Does something at once when there is room for a job of this connection, so that no two take the last place. */
  const whenFree = (connection: ConnectionId, then: () => void): Effect.Effect<void, TooManyProblem> =>
    Effect.suspend(() => {
      const problem = full(connection)
      if (problem !== null) return Effect.fail(problem)
      then()
      return Effect.void
    })

  return {
    /** Fails when there is none. */
    look: (connection: ConnectionId) => whenFree(connection, () => undefined),
    /** Takes a place, until it is left. */
    enter: (connection: ConnectionId) => whenFree(connection, () => counts.set(connection, of(connection) + 1)),
    leave: (connection: ConnectionId): Effect.Effect<void> =>
      Effect.sync(() => {
        const count = of(connection) - 1
        if (count > 0) counts.set(connection, count)
        else counts.delete(connection)
      })
  }
}
