/**
 * What the requests of a run do at the gate of its connection. While a server asks to wait, the run is to be seen pausing
 * and to be stopped at once, and not to wait there unseen.
 */
import { Deferred, Effect, type Result } from "effect"
import { GateStay } from "../scim/GateStay.ts"
import type { RateLimited } from "../scim/ScimError.ts"

/** Pauses up to so many milliseconds are ordinary at a server's limit, and not told. */
const longest = 10_000

/** An object of which something was written is soon done when the gate is only slow; it is spared the look-up. */
const grace = "2 seconds"

/** Work on one object that was given up at the gate. `written`: some of it may be done. */
export interface GivenUp {
  readonly _tag: "GivenUp"
  readonly error: RateLimited
  readonly written: boolean
}

/**
 * Does the work on one object, unless one of its requests would wait at the gate for long, or for a run that is to stop.
 * Then the work ends there, whatever it was about to do.
 */
export const visit = <A, E, R>(
  toStop: Deferred.Deferred<void>,
  work: Effect.Effect<A, E, R>
): Effect.Effect<Result.Result<A, E> | GivenUp, never, R> =>
  Effect.suspend(() => {
    let written = false
    const gone = Deferred.makeUnsafe<RateLimited>()
    const over = Effect.andThen(
      Deferred.await(toStop),
      Effect.suspend(() => (written ? Effect.sleep(grace) : Effect.void))
    )
    const stay = GateStay.of({
      longest,
      over,
      left: (error) => Effect.andThen(Deferred.succeed(gone, error), Effect.never),
      written: () => {
        written = true
      }
    })
    return Effect.raceFirst(
      Effect.provideService(Effect.result(work), GateStay, stay),
      Effect.map(Deferred.await(gone), (error): GivenUp => ({ _tag: "GivenUp", error, written }))
    )
  })

/** The same for requests of which each stands for itself: one that does not wait fails. */
export const brief = <A, E, R>(toStop: Deferred.Deferred<void>, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(work, GateStay, (stay) => ({ ...stay, longest, over: Deferred.await(toStop) }))
