/** Waiting for what was printed to leave the process. */
import type { Writable } from "node:stream"

/**
 * Calls once nothing waits to be written any more. A pipe takes 64 KiB at once and the rest as it is read, and ending the
 * process loses what still waits.
 */
export const flushed = (streams: ReadonlyArray<Writable>, then: () => void): void => {
  const [first, ...others] = streams
  if (first === undefined) return then()
  const next = () => flushed(others, then)
  // An empty write is called back after all before it.
  if (first.writableLength > 0 && !first.destroyed) first.write("", next)
  else next()
}
