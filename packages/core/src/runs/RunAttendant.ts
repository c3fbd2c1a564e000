/** What a server does with runs: lets them go on behind its requests, and goes on with what was left. */
import { Context, DateTime, Effect, Fiber, FiberMap, Layer, Option } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { Runs } from "../ports/Runs.ts"
import type { Actor } from "../setup/Evidence.ts"
import { isOver, type Run, type RunId } from "./Run.ts"
import { RunRefused, RunService } from "./RunService.ts"

/** Whether a run that is not over was left by a process, and not stopped by a person or for one. */
const isLeft = ({ cancelledBy, status }: Run): boolean =>
  cancelledBy !== null || status._tag === "Running" || (status._tag === "Paused" && status.until !== null)

const make = Effect.gen(function* () {
  const runs = yield* Runs
  const service = yield* RunService
  const following = yield* FiberMap.make<RunId, Run, JournalFailure | RunRefused>()

  /** Whoever follows already goes on doing so. */
  const attend = Effect.fnUntraced(function* (
    id: RunId,
    options: { readonly isResumed: boolean },
    after: (run: Run) => Effect.Effect<void> = () => Effect.void
  ) {
    const present = FiberMap.getUnsafe(following, id)
    if (Option.isSome(present)) return Effect.asVoid(Fiber.await(present.value))
    const followed = Effect.tap(service.follow(id, options), after).pipe(
      Effect.tapError((error) => Effect.logError("a run cannot go on", error.message))
    )
    return Effect.asVoid(Fiber.await(yield* FiberMap.run(following, id, followed)))
  })

  const unended = Effect.fnUntraced(function* (id: RunId, what: string) {
    const { run } = yield* service.report(id)
    if (!isOver(run.status)) return run
    const detail = `Run ${id} is over.`
    return yield* new RunRefused({ runId: id, reason: "over", detail, next: `Nothing is left to ${what}.` })
  })

  const pause = Effect.fn("RunAttendant.pause")(function* (id: RunId, by: Actor) {
    const run = yield* unended(id, "pause")
    if (run.status._tag === "Waiting") return
    // Interrupting who follows it stops it cleanly; whom nobody follows here nobody drives here.
    yield* FiberMap.remove(following, id)
    const after = yield* service.report(id)
    if (isOver(after.run.status)) return
    const detail = `The run was paused by ${by.name}.`
    const status = {
      _tag: "Paused",
      reason: "interrupted",
      detail,
      next: "Let it go on: resume.",
      until: null
    } as const
    yield* runs.setStatus(id, status, yield* DateTime.now)
  })

  const cancel = Effect.fn("RunAttendant.cancel")(function* (id: RunId, by: Actor) {
    yield* unended(id, "cancel")
    yield* runs.askToCancel(id, by)
    return yield* attend(id, { isResumed: true })
  })

  /** Stops what goes on here, and leaves it as a process leaves it that died, so that the next one goes on with it. */
  const leave = Effect.gen(function* () {
    const fibers = [...following]
    yield* Fiber.interruptAll(fibers.map(([, fiber]) => fiber))
    yield* Effect.forEach(fibers, ([id]) =>
      Effect.gen(function* () {
        const found = yield* runs.find(id)
        if (Option.isNone(found) || found.value.status._tag !== "Paused") return
        if (found.value.status.reason === "interrupted") {
          yield* runs.setStatus(id, { _tag: "Running" }, yield* DateTime.now)
        }
      }).pipe(Effect.ignore)
    )
  })

  const begun = yield* Effect.result(runs.list({ unfinished: true }))
  if (begun._tag === "Success") {
    for (const run of begun.success) {
      if (isLeft(run)) yield* attend(run.id, { isResumed: run.status._tag === "Paused" })
    }
  }
  yield* Effect.addFinalizer(() => leave)

  return RunAttendant.of({
    attend: (id, after) => attend(id, { isResumed: false }, after),
    resume: (id) => Effect.andThen(unended(id, "resume"), attend(id, { isResumed: true })),
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
    /** Stops a run cleanly: what was sent is settled. It stays so until somebody says resume. */
    readonly pause: (id: RunId, by: Actor) => Effect.Effect<void, JournalFailure | RunRefused>
  }
>()("@loom-scim/core/runs/RunAttendant") {
  /** Goes on with what was left as soon as it is built; stops cleanly when its scope closes. */
  static readonly layer: Layer.Layer<RunAttendant, never, Runs | RunService> = Layer.effect(RunAttendant, make)
}
