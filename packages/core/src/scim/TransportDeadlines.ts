/** One sleeping fiber for the time-outs of all requests of a connection: a fiber for each would cost a tenth of it. */
import { Clock, Context, Effect, type Fiber } from "effect"

interface Entry {
  /** In milliseconds of the clock. */
  readonly at: number
  readonly expire: () => void
}

/** Time-outs of one length. All waiting is on Effect's clock, and nothing waits while nothing is under way. */
export class Deadlines {
  readonly #millis: number
  // Of one length each, so the oldest is the next to expire.
  readonly #entries = new Set<Entry>()
  #watcher: Fiber.Fiber<void> | undefined

  constructor(millis: number) {
    this.#millis = millis
  }

  /** Calls `expire` once the time is over, unless what is returned was called before. */
  enter(clock: Clock.Clock, expire: () => void): () => void {
    const entry: Entry = { at: clock.currentTimeMillisUnsafe() + this.#millis, expire }
    this.#entries.add(entry)
    this.#watcher ??= Effect.runForkWith(Context.make(Clock.Clock, clock))(this.#watch)
    return () => {
      if (!this.#entries.delete(entry) || this.#entries.size > 0) return
      // A timer that is left would keep a process from ending.
      this.#watcher?.interruptUnsafe()
      this.#watcher = undefined
    }
  }

  readonly #watch: Effect.Effect<void> = Effect.suspend(() => {
    const [next] = this.#entries
    if (next === undefined) {
      this.#watcher = undefined
      return Effect.void
    }
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now < next.at) return Effect.andThen(Effect.sleep(next.at - now), this.#watch)
      this.#entries.delete(next)
      next.expire()
      return this.#watch
    })
  })
}
