/**
 * One gate for all requests of a connection: how many at once ({@link Concurrency}), how fast, and not at all while the
 * server asks to wait ({@link Pace}). Both decide; this keeps the queue and the timer.
 */
import { Clock, Duration, Effect, Result, type Fiber } from "effect"
import * as Concurrency from "./Concurrency.ts"
import { GateStay } from "./GateStay.ts"
import * as Pace from "./Pace.ts"

/** How a connection may be used. */
export interface LimiterOptions {
  /** The most requests under way at once. */
  readonly maxInFlight: number
  /** The most requests begun per second; absent: as many as the server takes. */
  readonly requestsPerSecond?: number
  /** Longer pauses are not waited for; requests then do not begin. */
  readonly maxPause: Duration.Input
}

/** The number of a request. Requests that were under way together slow the client down once, not each. */
export type Ticket = number

/** An answer other than 429. */
export interface Answered {
  readonly ticket: Ticket
  readonly nowMillis: number
  /** From sending to the end of the answer. */
  readonly tookMillis: number
  /** What sort of request it was; latencies of one sort are compared with each other. */
  readonly kind: string
}

/** The gate. All waiting is on Effect's clock. */
export interface Limiter {
  /** Runs an attempt when it is due; `closed` instead when the pause is longer than anybody waits. */
  readonly run: <A, E, R>(
    attempt: (ticket: Ticket) => Effect.Effect<A, E, R>,
    closed: (waitMillis: number) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  /** An answer came. */
  readonly answered: (answer: Answered) => void
  /** 429: closes the gate for everybody. */
  readonly refused: (refusal: Omit<Pace.Refusal, "begun">) => void
  /** 5xx (`nowMillis`: when it came), or no answer at all. */
  readonly failed: (ticket: Ticket, nowMillis: number | null) => void
}

interface Waiter {
  /** Longer pauses are not waited for, in milliseconds. */
  readonly longest: number
  /** The ticket, or the pause that nobody waits for; undefined while it waits. */
  entered: Result.Result<Ticket, number> | undefined
  resume: (() => void) | undefined
}

/** Makes the gate of one connection. */
export const make = (options: LimiterOptions): Limiter => {
  const maxPause = Duration.toMillis(options.maxPause)
  const lowest = new Map<string, number>()
  const queue = new Set<Waiter>()
  let pace = Pace.make(options.requestsPerSecond)
  let concurrency = Concurrency.make(options.maxInFlight)
  let inFlight = 0
  let begun: Ticket = 0
  let timer: { readonly at: number; readonly fiber: Fiber.Fiber<void> } | undefined
  let isPumping = false
  let isPumpedAgain = false

  const begin = (): Ticket => {
    inFlight++
    return ++begun
  }

  const disarm = (): void => {
    timer?.fiber.interruptUnsafe()
    timer = undefined
  }

  const arm = (fiber: Fiber.Fiber<unknown, unknown>, at: number): void => {
    if (timer !== undefined && timer.at <= at) return
    disarm()
    const wake = Effect.withFiber<void>((sleeper) => {
      timer = undefined
      pump(sleeper)
      return Effect.void
    })
    const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    timer = { at, fiber: Effect.runForkWith(fiber.context)(Effect.andThen(Effect.sleep(at - now), wake)) }
  }

  const enter = (waiter: Waiter, entered: Result.Result<Ticket, number>): void => {
    queue.delete(waiter)
    waiter.entered = entered
    waiter.resume?.()
  }

  const pumpOnce = (fiber: Fiber.Fiber<unknown, unknown>): void => {
    const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    for (const waiter of queue) {
      const pause = Pace.pauseLeft(pace, now)
      if (pause > waiter.longest) {
        enter(waiter, Result.fail(pause))
        continue
      }
      if (inFlight >= Concurrency.room(concurrency)) break
      if (!Pace.isFree(pace)) {
        const admission = Pace.admit(pace, now)
        if (admission._tag === "Wait") {
          arm(fiber, now + Math.ceil(admission.millis))
          break
        }
        pace = admission.pace
      }
      enter(waiter, Result.succeed(begin()))
    }
    // A timer that is left would keep a process from ending.
    if (queue.size === 0) disarm()
  }

  /** Lets in whoever is due. A fiber that is let in runs at once and may come back here before the loop is over. */
  const pump = (fiber: Fiber.Fiber<unknown, unknown>): void => {
    isPumpedAgain = true
    if (isPumping) return
    isPumping = true
    while (isPumpedAgain) {
      isPumpedAgain = false
      pumpOnce(fiber)
    }
    isPumping = false
  }

  const leave = Effect.withFiber<void>((fiber) => {
    inFlight--
    if (queue.size > 0) pump(fiber)
    return Effect.void
  })

  const held = <A, E, R>(attempt: Effect.Effect<A, E, R>) => Effect.ensuring(attempt, leave)

  const quit = (waiter: Waiter): void => {
    queue.delete(waiter)
    if (queue.size === 0) disarm()
  }

  /** Waits for its turn, or until nobody waits any longer. An interrupted one gives its place back. */
  const turn = (
    restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  ): Effect.Effect<Result.Result<Ticket, number>> =>
    Effect.withFiber((fiber) => {
      const { longest, over } = fiber.getRef(GateStay)
      const waiter: Waiter = { longest: Math.min(longest, maxPause), entered: undefined, resume: undefined }
      queue.add(waiter)
      pump(fiber)
      if (waiter.entered !== undefined) return Effect.succeed(waiter.entered)
      const entered = Effect.callback<Result.Result<Ticket, number>>((resume) => {
        const done = () => {
          if (waiter.entered !== undefined) resume(Effect.succeed(waiter.entered))
        }
        waiter.resume = done
        // The fiber may have yielded since it looked.
        done()
      })
      const letGo = Effect.sync(() => {
        if (waiter.entered !== undefined) return
        enter(waiter, Result.fail(0))
        quit(waiter)
      })
      const waited =
        over === null ? entered : Effect.raceFirst(entered, Effect.andThen(over, Effect.andThen(letGo, Effect.never)))
      return Effect.onInterrupt(restore(waited), () => {
        if (waiter.entered !== undefined) return Result.isSuccess(waiter.entered) ? leave : Effect.void
        quit(waiter)
        return Effect.void
      })
    })

  return {
    // The ordinary case, an open gate and no pace to keep, is spared the look at the clock.
    run: (attempt, closed) =>
      Effect.uninterruptibleMask((restore) =>
        queue.size === 0 && inFlight < Concurrency.room(concurrency) && Pace.isFree(pace)
          ? held(restore(attempt(begin())))
          : Effect.flatMap(turn(restore), (entered) =>
              Result.isSuccess(entered) ? held(restore(attempt(entered.success))) : restore(closed(entered.failure))
            )
      ),
    answered: ({ kind, nowMillis, ticket, tookMillis }) => {
      const low = Concurrency.lowest(lowest.get(kind), tookMillis)
      lowest.set(kind, low)
      const isFull = inFlight >= Concurrency.room(concurrency)
      const inflation = Concurrency.inflationOf(low, tookMillis)
      const good = { _tag: "Good", ticket, millis: tookMillis, inflation, isFull } as const
      concurrency = Concurrency.observe(concurrency, good, begun)
      pace = Pace.accepted(pace, nowMillis, ticket)
    },
    refused: (refusal) => {
      concurrency = Concurrency.observe(concurrency, { _tag: "Limited", ticket: refusal.ticket }, begun)
      pace = Pace.refused(pace, { ...refusal, begun })
    },
    failed: (ticket, nowMillis) => {
      concurrency = Concurrency.observe(concurrency, { _tag: "Failed", ticket }, begun)
      pace = nowMillis === null ? Pace.unanswered(pace, ticket) : Pace.accepted(pace, nowMillis, ticket)
    }
  }
}
