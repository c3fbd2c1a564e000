/** What this process does with runs: which of them it carries out, and which of those are to stop. */
import { type Cause, Context, Deferred, Effect, Exit, Layer } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import type { RunId } from "./Run.ts"

/** Of one run. */
interface Seat {
  readonly isFollowed: Deferred.Deferred<void>
  /** A new one each time the run is followed, so that an old wish to stop is not taken for a new one. */
  toStop: Deferred.Deferred<void>
  /** Completed when the work ended in a way that no status can tell. */
  broken: Deferred.Deferred<never, JournalFailure>
  /** How many drives are at work. */
  driving: number
  readonly waiters: Set<Deferred.Deferred<void>>
}

/** In memory, for one process. */
export class RunControl extends Context.Service<
  RunControl,
  {
    /** Lets a run go on in this process, and takes back an earlier wish to stop. */
    readonly follow: (id: RunId) => Effect.Effect<void>
    /**
     * Nobody here follows the run any longer: it is asked to stop once what is under way is settled, and that is waited
     * for. Where every run is carried out, it goes on without followers.
     */
    readonly leave: (id: RunId) => Effect.Effect<void>
    /**
     * This process goes away: nothing more is begun, and what is under way is settled. Waits for that. What is left is for
     * other nodes, and stops for nobody.
     */
    readonly drain: Effect.Effect<void>
    readonly isDraining: Effect.Effect<boolean>
    /** The work of a run ended in a way that its status may not tell. */
    readonly broke: (id: RunId, cause: Cause.Cause<JournalFailure>) => Effect.Effect<void>
    /** Fails when it did, and otherwise never ends. */
    readonly broken: (id: RunId) => Effect.Effect<never, JournalFailure>
    /** Waits until a run may go on in this process. */
    readonly ready: (id: RunId) => Effect.Effect<void>
    /** Does the work of a run, which whoever leaves waits for. */
    readonly seated: <A, E, R>(id: RunId, work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /** What completes when the work of a run is to stop. */
    readonly toStop: (id: RunId) => Effect.Effect<Deferred.Deferred<void>>
  }
>()("@loom-scim/core/runs/RunControl") {
  /**
   * `followed` carries out only what somebody in this process follows, so that a command about one run does not go on
   * with others; `every` carries out all that are not over, as a server does.
   */
  static readonly layer = (drives: "followed" | "every"): Layer.Layer<RunControl> =>
    Layer.sync(RunControl, () => {
      const seats = new Map<RunId, Seat>()
      let draining = false
      const seatOf = (id: RunId): Seat => {
        const found = seats.get(id)
        if (found !== undefined) return found
        const seat: Seat = {
          isFollowed: Deferred.makeUnsafe(),
          toStop: Deferred.makeUnsafe(),
          broken: Deferred.makeUnsafe(),
          driving: 0,
          waiters: new Set()
        }
        seats.set(id, seat)
        return seat
      }
      const rise = (seat: Seat) =>
        Effect.suspend(() => {
          seat.driving--
          if (seat.driving > 0) return Effect.void
          const waiters = [...seat.waiters]
          seat.waiters.clear()
          return Effect.forEach(waiters, (waiter) => Deferred.succeed(waiter, undefined), { discard: true })
        })
      const idle = (seat: Seat) =>
        Effect.suspend(() => {
          if (seat.driving === 0) return Effect.void
          const waiter = Deferred.makeUnsafe<void>()
          seat.waiters.add(waiter)
          return Deferred.await(waiter)
        })
      return RunControl.of({
        follow: (id) =>
          Effect.suspend(() => {
            const seat = seatOf(id)
            if (Deferred.isDoneUnsafe(seat.toStop)) seat.toStop = Deferred.makeUnsafe()
            if (Deferred.isDoneUnsafe(seat.broken)) seat.broken = Deferred.makeUnsafe()
            return Effect.asVoid(Deferred.succeed(seat.isFollowed, undefined))
          }),
        leave: (id) =>
          Effect.suspend(() => {
            if (drives === "every") return Effect.void
            const seat = seatOf(id)
            return Effect.andThen(Deferred.succeed(seat.toStop, undefined), idle(seat))
          }),
        drain: Effect.suspend(() => {
          draining = true
          const all = Array.from(seats.values())
          for (const { toStop } of all) Deferred.doneUnsafe(toStop, Exit.void)
          return Effect.forEach(all, idle, { discard: true, concurrency: "unbounded" })
        }),
        isDraining: Effect.sync(() => draining),
        broke: (id, cause) => Effect.suspend(() => Effect.asVoid(Deferred.failCause(seatOf(id).broken, cause))),
        broken: (id) => Effect.suspend(() => Deferred.await(seatOf(id).broken)),
        ready: (id) =>
          drives === "followed" ? Effect.suspend(() => Deferred.await(seatOf(id).isFollowed)) : Effect.void,
        seated: (id, work) =>
          Effect.suspend(() => {
            // Whoever has the run next drives it; this process ends meanwhile.
            if (draining) return Effect.never
            const seat = seatOf(id)
            seat.driving++
            return Effect.ensuring(work, rise(seat))
          }),
        toStop: (id) => Effect.sync(() => seatOf(id).toStop)
      })
    })
}
