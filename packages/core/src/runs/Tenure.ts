/**
 * Who carries a run out, when several nodes could. The workflow engine gives a run to one node; a node that was frozen
 * or cut off learns too late that it no longer is the one. So a node takes a run with a new epoch, says again and again
 * that it is there, and whoever wants the run from it first sees it silent for the whole lease.
 *
 * - Nothing is sent unless the lease was confirmed a short while ago. A node that wakes up, or has no database, asks first.
 * - What it writes of the run's standing counts only with the newest epoch.
 *
 * Only spans on a node's own clock are measured, so that the nodes' clocks may differ.
 */
import { Clock, Context, Deferred, Effect, Semaphore } from "effect"
import { RunEpoch } from "../ports/RunHold.ts"
import { Runs } from "../ports/Runs.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import { SendLeave } from "../scim/SendLeave.ts"
import { patiently } from "./Patience.ts"
import type { RunId } from "./Run.ts"
import type { RunEvents } from "./RunEvent.ts"

/** How long a silent node keeps a run, in milliseconds; null where a single process has the store to itself. */
export const RunLease = Context.Reference<number | null>("@loom-scim/core/runs/RunLease", {
  defaultValue: () => null
})

const nanosIn = (millis: number) => BigInt(Math.floor(millis)) * 1_000_000n

/** Takes the run, once whoever has it has let go or been silent for a lease; gives the new epoch. */
const taken = Effect.fnUntraced(function* (id: RunId, lease: number) {
  const runs = yield* Runs
  while (true) {
    const seen = yield* patiently(id, runs.hold(id))
    if (seen.beat > 0) {
      yield* Effect.sleep(lease)
      const now = yield* patiently(id, runs.hold(id))
      if (now.epoch !== seen.epoch || now.beat !== seen.beat) continue
    }
    if (!(yield* patiently(id, runs.take(id, seen)))) continue
    if (seen.beat > 0) yield* Effect.logWarning(`run ${id} was taken over from a node that fell silent`)
    return seen.epoch + 1
  }
})

/** Keeps a run that was taken: what confirms it, what waits for that, and what tells that it was lost. */
const keeping = Effect.fnUntraced(function* (id: RunId, epoch: number, lease: number) {
  const runs = yield* Runs
  const lost = yield* Deferred.make<void>()
  const one = yield* Semaphore.make(1)
  // A third is left for what leaves just before the end.
  const span = nanosIn((lease * 2) / 3)
  let until = (yield* Clock.currentTimeNanos) + span
  const renew = Effect.gen(function* () {
    // From before the question: the answer may have taken long.
    const asked = yield* Clock.currentTimeNanos
    if (yield* runs.renew(id, epoch)) until = asked + span
    else yield* Deferred.succeed(lost, undefined)
  })
  const isConfirmed = Effect.map(Clock.currentTimeNanos, (now) => now < until)
  const confirm: Effect.Effect<void> = Effect.suspend(() =>
    Deferred.isDoneUnsafe(lost)
      ? Effect.never
      : Effect.flatMap(isConfirmed, (is) =>
          is
            ? Effect.void
            : Effect.andThen(Effect.ignore(Effect.tapError(renew, () => Effect.sleep(lease / 6))), confirm)
        )
  )
  const leave = Effect.flatMap(isConfirmed, (is) => (is ? Effect.void : one.withPermits(1)(confirm)))
  const beating = Effect.forever(Effect.andThen(Effect.sleep(Math.ceil(lease / 3)), Effect.ignore(renew)))
  return { lost: Deferred.await(lost), leave, beating }
})

/** Does the work under an epoch, then lets the run go; null when it was lost meanwhile. */
const tenure = Effect.fnUntraced(function* <A, R>(
  id: RunId,
  epoch: number,
  lease: number,
  work: Effect.Effect<A, JournalFailure, R>
) {
  const runs = yield* Runs
  const { beating, leave, lost } = yield* keeping(id, epoch, lease)
  const done = yield* work.pipe(
    Effect.map((value) => ({ value })),
    Effect.provideService(RunEpoch, { id, epoch }),
    Effect.provideService(SendLeave, leave),
    Effect.raceFirst(Effect.as(lost, null)),
    Effect.raceFirst(beating),
    Effect.onError(() => Effect.ignore(Effect.timeout(runs.release(id, epoch), "3 seconds")))
  )
  if (done === null) {
    yield* Effect.logWarning(`run ${id} was taken over by another node, as this one had fallen silent`)
    return null
  }
  // What was done under a lost epoch was not kept.
  return (yield* patiently(id, runs.release(id, epoch))) ? done : null
})

/**
 * Does the work of a run as the only one of several processes that does. When the run is lost meanwhile, the work is broken
 * off, and begun again once the run can be had again. `seated` is around what is done while the run is had, and not around
 * the time in which another process has it.
 */
export const held = <A, R>(
  id: RunId,
  work: Effect.Effect<A, JournalFailure, R>,
  seated: <B, E, S>(work: Effect.Effect<B, E, S>) => Effect.Effect<B, E, S>
): Effect.Effect<A, JournalFailure, R | Runs | RunEvents> =>
  Effect.gen(function* () {
    const lease = yield* RunLease
    if (lease === null) return yield* seated(work)
    while (true) {
      const epoch = yield* taken(id, lease)
      const done = yield* seated(tenure(id, epoch, lease, work))
      if (done !== null) return done.value
    }
  })
