/**
 * The durable workflow of a run: drive, and when that stops, wait to be woken and drive again. Which objects are done is
 * in the run's own journal, not in the workflow's, so that a directory of any size costs the engine a few messages.
 */
import { Cause, DateTime, Deferred, Effect, Exit, Schema } from "effect"
import * as Activity from "effect/workflow/Activity"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { Runs } from "../ports/Runs.ts"
import { drive } from "./Drive.ts"
import { type Run, RunId, type RunStatus } from "./Run.ts"
import { RunControl } from "./RunControl.ts"
import { held } from "./Tenure.ts"

/** One run. Its payload is an id: neither people nor secrets are in the engine's tables. */
export const ApplyRun = Workflow.make("ApplyRun", {
  payload: { runId: RunId },
  success: Schema.Void,
  idempotencyKey: ({ runId }) => runId
})

/** What ends a stop. */
const wakeOf = (stops: number) => DurableDeferred.make(`wake/${stops}`)

/** Wakes a run from the stop it is in. Harmless when it is in none, and more than once. */
export const wake = Effect.fnUntraced(function* ({ id, stops }: Pick<Run, "id" | "stops">) {
  const executionId = yield* ApplyRun.executionId({ runId: id })
  const token = DurableDeferred.tokenFromExecutionId(wakeOf(stops), { workflow: ApplyRun, executionId })
  yield* DurableDeferred.succeed(wakeOf(stops), { token, value: undefined })
})

// A request and its repetitions may take a while; a store that does not answer takes for ever.
const patience = "30 seconds"

const unexpected: RunStatus = {
  _tag: "Paused",
  reason: "unexpected",
  detail: "The program met something it did not expect.",
  next: "Let the run go on with: loom-scim resume. If it stays, report it.",
  until: null
}

/**
 * One drive as a step of the workflow. It never fails: a failed step would end the workflow for good. What went wrong is
 * told to whoever follows the run here.
 */
const driven = (runId: RunId, stops: number) =>
  Activity.make({
    name: `drive/${stops}`,
    success: Schema.Literals(["over", "stopped"]),
    execute: Effect.gen(function* () {
      const control = yield* RunControl
      const runs = yield* Runs
      let isHandedOver = false
      // A process that goes away does not stop the run: whoever takes it goes on at once.
      const leaving = Runs.of({
        ...runs,
        stop: (id, count, status, at) =>
          Effect.flatMap(control.isDraining, (isDraining) => {
            isHandedOver = isDraining && status._tag === "Paused" && status.reason === "interrupted"
            return isHandedOver ? Effect.void : runs.stop(id, count, status, at)
          })
      })
      const exit = yield* control.drive(runId, (toStop) =>
        Effect.raceFirst(
          Effect.exit(held(runId, drive(runId, stops, toStop))),
          // What does not come to an end is looked up when the run goes on.
          Deferred.await(toStop).pipe(Effect.delay(patience), Effect.as(Exit.succeed("stopped" as const)))
        ).pipe(Effect.provideService(Runs, leaving))
      )
      // The step has no result then, and is done again by another node.
      if (isHandedOver) return yield* Effect.interruptible(Effect.never)
      if (Exit.isSuccess(exit)) return exit.value
      if (Cause.hasInterrupts(exit.cause)) return yield* Effect.interrupt
      // The store may be what is broken, so that this cannot be kept either.
      yield* Effect.ignore(Effect.flatMap(DateTime.now, (at) => runs.stop(runId, stops, unexpected, at)))
      yield* control.broke(runId, exit.cause)
      return "stopped" as const
    })
  })

/** The workflow's body. */
export const layer = ApplyRun.toLayer(
  Effect.fnUntraced(function* ({ runId }) {
    for (let stops = 1; ; stops++) {
      const end = yield* driven(runId, stops)
      if (end === "over") return
      yield* DurableDeferred.await(wakeOf(stops))
    }
  })
)
