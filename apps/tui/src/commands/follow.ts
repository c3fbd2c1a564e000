/** Lets a run go on, and hands out what it tells of itself. */
import type { Run } from "@loom-scim/core/runs/Run"
import type { RunEvent } from "@loom-scim/core/runs/RunEvent"
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { RunService } from "@loom-scim/core/runs/RunService"
import { DateTime, Effect, Exit, Fiber, Stream } from "effect"

/**
 * Carries a run out until it stops. Every event until then has been handed out when this ends, however it ends; when it
 * is interrupted, that is once the run has stopped cleanly.
 */
export const follow = Effect.fnUntraced(function* (
  run: Run,
  options: { readonly isResumed: boolean },
  onEvents: (events: ReadonlyArray<RunEvent>) => Effect.Effect<void>
) {
  const service = yield* RunService
  const events = yield* RunEvents
  let last: RunEvent | null = null
  // Begun at once, so that nothing is told before somebody listens.
  const listening = yield* Effect.forkChild(
    events.of(run.id).pipe(
      Stream.takeUntil((event) => event === last),
      Stream.runForEachArray((told) => onEvents(told.filter((event) => event !== last)))
    ),
    { startImmediately: true }
  )
  return yield* service.follow(run.id, options).pipe(
    Effect.onExit((exit) =>
      Effect.gen(function* () {
        // Comes after everything that the run has told, and says once more where it stands.
        const { status } = Exit.isSuccess(exit) ? exit.value : run
        last = { _tag: "StatusChanged", runId: run.id, at: yield* DateTime.now, status }
        yield* events.publish(last)
        yield* Fiber.await(listening)
      })
    )
  )
})
