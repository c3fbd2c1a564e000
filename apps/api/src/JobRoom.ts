/** How many jobs may go on at once: so many of one connection, and so many of all together. */
import { TooManyProblem } from "@loom-scim/contract/Problem"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect } from "effect"
import type { Settings } from "./Settings.ts"

/** Seconds. How long a job takes nobody knows; the small ones are over by then. */
const retryAfter = 10

/** What is full; null for nothing. */
const fullOf = (
  { connectionJobLimit, jobLimit }: Pick<Settings, "connectionJobLimit" | "jobLimit">,
  counts: ReadonlyMap<ConnectionId, number>,
  connection: ConnectionId
): TooManyProblem | null => {
  const next = `Send the same again in ${retryAfter} s.`
  if ((counts.get(connection) ?? 0) >= connectionJobLimit) {
    const detail = `As many jobs of ${connection} go on as may at once (${connectionJobLimit}); nothing was begun.`
    return new TooManyProblem({ detail, next, retryAfter })
  }
  if ([...counts.values()].reduce((sum, count) => sum + count, 0) >= jobLimit) {
    const detail = `As many jobs go on as this server carries out at once (${jobLimit}); nothing was begun.`
    return new TooManyProblem({ detail, next, retryAfter })
  }
  return null
}

/** The room that there is. */
export const make = (limits: Pick<Settings, "connectionJobLimit" | "jobLimit">) => {
  const counts = new Map<ConnectionId, number>()
  /** Fails when there is none for a job of this connection. */
  const look = (connection: ConnectionId): Effect.Effect<void, TooManyProblem> =>
    Effect.suspend(() => {
      const full = fullOf(limits, counts, connection)
      return full === null ? Effect.void : Effect.fail(full)
    })
  /** Takes a place, until {@link leave}. */
  const enter = (connection: ConnectionId): Effect.Effect<void, TooManyProblem> =>
    // Seen and taken at once, so that no two take the last place.
    Effect.suspend(() => {
      const full = fullOf(limits, counts, connection)
      if (full !== null) return Effect.fail(full)
      counts.set(connection, (counts.get(connection) ?? 0) + 1)
      return Effect.void
    })
  const leave = (connection: ConnectionId): Effect.Effect<void> =>
    Effect.sync(() => {
      const count = (counts.get(connection) ?? 0) - 1
      if (count > 0) counts.set(connection, count)
      else counts.delete(connection)
    })
  return { look, enter, leave }
}
