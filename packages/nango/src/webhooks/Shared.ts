/** Work that many ask for at once and that needs to be done only once after the last of them asked. */
import { Deferred, Effect, Semaphore } from "effect"

interface Line<A, E> {
  readonly turn: Semaphore.Semaphore
  /** The one that has not begun yet: it will see whatever is so now, so whoever comes waits for it. */
  next: Deferred.Deferred<A, E> | undefined
  /** How many are in the line; it is forgotten with the last. */
  waiting: number
}

/**
 * At most one at work and one waiting per name, however many ask. An answer is never older than the question: whoever
 * asks while the work is going on gets the answer of the next round.
 */
export class Shared<A, E> {
  readonly #lines = new Map<string, Line<A, E>>()

  /** Does the work, or shares what somebody else's round brings. The round goes on when its first asker leaves. */
  run<R>(name: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const line: Line<A, E> = this.#lines.get(name) ?? { turn: Semaphore.makeUnsafe(1), next: undefined, waiting: 0 }
      if (line.next !== undefined) return Deferred.await(line.next)
      this.#lines.set(name, line)
      const mine = Deferred.makeUnsafe<A, E>()
      line.next = mine
      line.waiting++
      const round = Effect.suspend(() => {
        line.next = undefined
        return work
      })
      return line.turn.withPermit(round).pipe(
        Effect.onExit((exit) =>
          Effect.suspend(() => {
            if (--line.waiting === 0) this.#lines.delete(name)
            return Deferred.done(mine, exit)
          })
        ),
        Effect.uninterruptible
      )
    })
  }
}
