/** What is to be stopped when whoever reads the output has gone, as `head` does. */
import { Effect } from "effect"

const stops = new Set<() => void>()

/** Stops all that has to end cleanly; whether there was anything. */
export const stopUnread = (): boolean => {
  for (const stop of stops) stop()
  return stops.size > 0
}

/** Ends as after TERM when nobody reads any more, so that what was begun is settled and its exit code tells of it. */
export const untilUnread = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const stop = () => {
        process.kill(process.pid, "SIGTERM")
      }
      stops.add(stop)
      return stop
    }),
    () => effect,
    (stop) => Effect.sync(() => stops.delete(stop))
  )
