/**
 * The states that were folded last. A state at a sequence never changes, since events are only appended; so what is
 * known is a place to go on from, and whoever asks still reads what came after it, whichever process wrote that.
 */
import type { ConnectionId } from "./ConnectionId.ts"
import type { State } from "./State.ts"
import { initial } from "./State.ts"

/** The states of up to `most` connections; the one not asked for longest is let go first. */
export const make = (most: number) => {
  const known = new Map<ConnectionId, State>()
  return {
    /** The newest known state; the initial one of a connection that is not known. */
    of: (id: ConnectionId): State => known.get(id) ?? initial,
    /** Keeps a state, unless a newer one is known. */
    keep: (id: ConnectionId, state: State): void => {
      const before = known.get(id)
      const newest = before !== undefined && before.sequence > state.sequence ? before : state
      // Taken out and put back it is the newest: a Map keeps the order of insertion.
      known.delete(id)
      if (newest.sequence > 0) known.set(id, newest)
      if (known.size <= most) return
      const [oldest] = known.keys()
      if (oldest !== undefined) known.delete(oldest)
    },
    /** Forgets a state that the store contradicts, as after a backup was restored under a running process. */
    forget: (id: ConnectionId): void => void known.delete(id)
  }
}
