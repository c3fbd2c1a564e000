/**
 * Answers leave together: those of one turn of the event loop are written one right after the other at its end. A write
 * wakes whoever waits for it, which the system charges to the writer; of several in a row only the first has somebody to
 * wake, when one program waits for them all, as a proxy does. A lone answer waits for nobody.
 */
import { Effect } from "effect"

let waiting: Array<() => void> = []

const depart = (): void => {
  const all = waiting
  waiting = []
  for (const go of all) go()
}

/** Gives the value at the end of the turn, with whatever else waits for that. */
export const together = <A>(value: A): Effect.Effect<A> =>
  Effect.callback((resume) => {
    if (waiting.push(() => resume(Effect.succeed(value))) === 1) setImmediate(depart)
  })
