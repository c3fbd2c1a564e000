/** One gate for all requests of a connection: how many at once, how fast, and not at all while the server asks to wait. */
import { Clock, Duration, Effect, Result, Semaphore } from "effect"

/** How a connection may be used. */
export interface LimiterOptions {
  /** Requests under way at once. */
  readonly maxInFlight: number
  /** Requests begun per second; absent: as fast as answers come. */
  readonly requestsPerSecond?: number
  /** Longer pauses are not waited for; requests then do not begin. */
  readonly maxPause: Duration.Input
}

/** Which pause a request came after. Requests that were under way together slow the client down once, not each. */
export type Ticket = number

/** The gate. All waiting is on Effect's clock. */
export interface Limiter {
  /** Runs an attempt when there is room and no pause; `closed` instead when the pause is longer than anybody waits. */
  readonly run: <A, E, R>(
    attempt: (ticket: Ticket) => Effect.Effect<A, E, R>,
    closed: (waitMillis: number) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  /** Closes the gate for everybody and for this long. `limited` (429) also lowers the rate afterwards. */
  readonly pause: (ticket: Ticket, waitMillis: number, reason: "limited" | "unavailable") => Effect.Effect<void>
  /** An answer came: the rate may rise again. */
  readonly answered: () => void
}

// After the first 429 requests are begun this far apart; each further one doubles it.
const firstInterval = 50
const longestInterval = 5000
const recovery = 0.8

/** Makes the gate of one connection. */
export const make = Effect.fnUntraced(function* (options: LimiterOptions): Effect.fn.Return<Limiter> {
  const permits = yield* Semaphore.make(options.maxInFlight)
  const maxPause = Duration.toMillis(options.maxPause)
  const base = options.requestsPerSecond === undefined ? 0 : 1000 / options.requestsPerSecond
  let interval = base
  let nextSlot = 0
  let pausedUntil = 0
  let ticket: Ticket = 0

  /** Which pause it is after, or how long the one would be that nobody waits for. */
  const enter: Effect.Effect<Result.Result<Ticket, number>> = Effect.gen(function* () {
    while (true) {
      const now = yield* Clock.currentTimeMillis
      const pause = pausedUntil - now
      if (pause > maxPause) return Result.fail(pause)
      if (pause > 0) {
        yield* Effect.sleep(pause)
        continue
      }
      if (interval === 0) return Result.succeed(ticket)
      const slot = Math.max(now, nextSlot)
      nextSlot = slot + interval
      if (slot > now) yield* Effect.sleep(Math.ceil(slot - now))
      // A pause may have begun in the meantime.
      if (pausedUntil <= slot) return Result.succeed(ticket)
    }
  })

  return {
    // The ordinary case, an open gate and no pace to keep, is spared the look at the clock.
    run: (attempt, closed) =>
      permits.withPermit(
        Effect.suspend(() =>
          pausedUntil === 0 && interval === 0
            ? attempt(ticket)
            : Effect.flatMap(enter, (entered) =>
                Result.isSuccess(entered) ? attempt(entered.success) : closed(entered.failure)
              )
        )
      ),
    pause: (seen, waitMillis, reason) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        // Whole milliseconds, since a clock may never show a fraction of one.
        pausedUntil = Math.max(pausedUntil, now + Math.ceil(waitMillis))
        nextSlot = Math.max(nextSlot, pausedUntil)
        if (seen !== ticket || reason !== "limited") return
        ticket++
        interval = Math.min(Math.max(interval * 2, firstInterval), Math.max(longestInterval, base))
      }),
    answered: () => {
      if (interval === base) return
      interval = interval * recovery < Math.max(base, firstInterval / 10) ? base : interval * recovery
    }
  }
})
