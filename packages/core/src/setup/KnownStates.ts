/**
 * The states that were folded last. A state at a sequence never changes, since events are only appended; so what is
 * known is a place to go on from, and whoever asks still reads what came after it, whichever process wrote that.
 */
import type { ConnectionId } from "./ConnectionId.ts"
import type { State } from "./State.ts"
import { initial } from "./State.ts"

/**
 * The states of up to `most` connections; those not asked for longest are let go first, half of them at once, so that
 * asking again for what was just asked for moves nothing.
 */
export const make = (most: number) => {
  let recent = new Map<ConnectionId, State>()
  let earlier = new Map<ConnectionId, State>()
  const of = (id: ConnectionId): State => recent.get(id) ?? earlier.get(id) ?? initial
  return {
    /** The newest known state; the initial one of a connection that is not known. */
    of,
    /** Keeps a state, unless a newer one is known. */
    keep: (id: ConnectionId, state: State): void => {
      if (recent.get(id) === state) return
      const before = of(id)
      const newest = before.sequence > state.sequence ? before : state
      if (newest.sequence === 0) return
      recent.set(id, newest)
      if (recent.size < most / 2) return
      earlier = recent
      recent = new Map()
    },
    /** Forgets a state that the store contradicts, as after a backup was restored under a running process. */
    forget: (id: ConnectionId): void => {
      recent.delete(id)
      earlier.delete(id)
    }
  }
}
