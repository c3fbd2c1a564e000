/** What a server does with runs: lets them go on behind its requests, and goes on with what was left. */
import { Context, Deferred, Effect, Fiber, FiberMap, FiberSet, Layer, Option, Schedule } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { looking } from "../ports/Looking.ts"
import { Runs } from "../ports/Runs.ts"
import type { Actor } from "../setup/Evidence.ts"
import { isAnswered } from "./Answered.ts"
import { isOver, needsPerson, type Run, type RunId } from "./Run.ts"
import { type FollowOptions, RunRefused, RunService } from "./RunService.ts"

/** How often runs are looked for that nobody carries out, in milliseconds. */
export const LookEvery = Context.Reference<number>("@loom-scim/core/runs/LookEvery", { defaultValue: () => 30_000 })

/** Whether a run that is not over should be at work: nobody stopped it, or it has got what it stopped for. */
const isLeft = (run: Run) => (needsPerson(run) ? isAnswered(run) : Effect.succeed(true))

const make = Effect.gen(function* () {
  const runs = yield* Runs
  const service = yield* RunService
  const following = yield* FiberMap.make<RunId, Run, JournalFailure | RunRefused>()
  const asking = yield* FiberSet.make<Run, JournalFailure | RunRefused>()

  const followed = (id: RunId, options: FollowOptions) =>
    Effect.tapError(service.follow(id, options), (error) => Effect.logError("a run cannot go on", error.message))

  /** Whoever follows already goes on doing so. */
  const attend = Effect.fnUntraced(function* (id: RunId, after: (run: Run) => Effect.Effect<void> = () => Effect.void) {
    const present = FiberMap.getUnsafe(following, id)
    if (Option.isSome(present)) return Effect.asVoid(Fiber.await(present.value))
    const whole = Effect.tap(followed(id, { isResumed: false }), after)
    return Effect.asVoid(Fiber.await(yield* FiberMap.run(following, id, whole)))
  })

  /** Beside whoever follows already: that one may be about to see that the run stands still, and then wakes nobody. */
  const anew = Effect.fnUntraced(function* (id: RunId, options: FollowOptions) {
    return Effect.asVoid(Fiber.await(yield* FiberSet.run(asking, followed(id, options))))
  })

  /** Whoever asks right afterwards how the run stands is not told that it is paused. */
  const resume = Effect.fn("RunAttendant.resume")(function* (id: RunId) {
    yield* unended(id, "resume")
    const going = yield* Deferred.make<void>()
    const wait = yield* anew(id, { isResumed: true, going: Deferred.succeed(going, undefined) })
    yield* Effect.raceFirst(Deferred.await(going), wait)
    return wait
  })

  const unended = Effect.fnUntraced(function* (id: RunId, what: string) {
    const { run } = yield* service.report(id)
    if (!isOver(run.status)) return run
    const detail = `Run ${id} is over.`
    return yield* new RunRefused({ runId: id, reason: "over", detail, next: `Nothing is left to ${what}.` })
  })

  const pause = Effect.fn("RunAttendant.pause")(function* (id: RunId, by: Actor) {
    const run = yield* unended(id, "pause")
    if (needsPerson(run)) return Effect.void
    yield* runs.askToPause(id, by)
    return yield* anew(id, { isResumed: false })
  })

  const cancel = Effect.fn("RunAttendant.cancel")(function* (id: RunId, by: Actor) {
    yield* unended(id, "cancel")
    yield* runs.askToCancel(id, by)
    return yield* anew(id, { isResumed: false })
  })

  const unfinished = looking(runs.list({ unfinished: true }))
  const goOn = Effect.fnUntraced(function* (run: Run) {
    if (yield* Effect.provideService(isLeft(run), Runs, runs)) yield* attend(run.id)
  })
  /**
   * The engine goes on with what it was told of. A process may die after it began a run, or kept a decision, and before
   * it told the engine.
   */
  const look = Effect.gen(function* () {
    for (const run of yield* unfinished) {
      if (FiberMap.hasUnsafe(following, run.id) || (yield* looking(runs.hold(run.id))).beat > 0) continue
      yield* goOn(run)
    }
  })

  yield* Effect.ignore(Effect.flatMap(unfinished, (left) => Effect.forEach(left, goOn, { discard: true })))
  yield* Effect.forkScoped(Effect.schedule(Effect.ignore(look), Schedule.spaced(yield* LookEvery)))

  return RunAttendant.of({
    attend,
    resume,
    pause,
    cancel
  })
})

/** Runs behind the requests of a server. */
export class RunAttendant extends Context.Service<
  RunAttendant,
  {
    /**
     * Lets a run go on in the background; `after` is told how it stands when it stands still. The effect that comes back
     * waits for that, and may be interrupted without harm to the run.
     */
    readonly attend: (id: RunId, after?: (run: Run) => Effect.Effect<void>) => Effect.Effect<Effect.Effect<void>>
    /** The same for a run that was paused, or that was decided about. */
    readonly resume: (id: RunId) => Effect.Effect<Effect.Effect<void>, JournalFailure | RunRefused>
    /** Ends a run: nothing more is sent, what is under way is settled. */
    readonly cancel: (id: RunId, by: Actor) => Effect.Effect<Effect.Effect<void>, JournalFailure | RunRefused>
    /**
     * Stops a run cleanly, whichever node carries it out: what was sent is settled. It stays so until somebody says
     * resume. One that stands still already stays as it is.
     */
    readonly pause: (id: RunId, by: Actor) => Effect.Effect<Effect.Effect<void>, JournalFailure | RunRefused>
  }
>()("@loom-scim/core/runs/RunAttendant") {
  /** Goes on with what was left as soon as it is built, and looks every {@link LookEvery} for what nobody has. */
  static readonly layer: Layer.Layer<RunAttendant, never, Runs | RunService> = Layer.effect(RunAttendant, make)
}
