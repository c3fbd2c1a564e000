/**
 * The durable workflow of a run: drive, and when that stops, wait to be woken and drive again. Which objects are done is
 * in the run's own journal, not in the workflow's, so that a directory of any size costs the engine a few messages.
 */
import { Cause, DateTime, Deferred, Effect, Exit, Option, Result, Schema } from "effect"
import * as Activity from "effect/workflow/Activity"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { Runs } from "../ports/Runs.ts"
import type { Actor } from "../setup/Evidence.ts"
import { isAnswered } from "./Answered.ts"
import { cancellerOf } from "./Cancellation.ts"
import { drive, type DriveEnd } from "./Drive.ts"
import { patiently } from "./Patience.ts"
import { pausedBy, pauser } from "./Pausing.ts"
import { isOver, type Run, RunId, type RunStatus } from "./Run.ts"
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

/**
 * Wakes a run from the stop it is in. Harmless when it is in none, and more than once. An engine may be at an earlier stop,
 * when another process went on from there.
 */
export const wake = Effect.fnUntraced(function* ({ id, stops }: Pick<Run, "id" | "stops">) {
  const executionId = yield* ApplyRun.executionId({ runId: id })
  for (let stop = 1; stop <= stops; stop++) {
    const token = DurableDeferred.tokenFromExecutionId(wakeOf(stop), { workflow: ApplyRun, executionId })
    yield* DurableDeferred.succeed(wakeOf(stop), { token, value: undefined })
  }
})

// What was sent is mostly answered by then. What was not is looked up by whoever goes on.
const patience = "10 seconds"

// A store that does not answer would keep the process from ending.
const storePatience = "5 seconds"

const paused = { _tag: "Paused", until: null } as const

const unexpected: RunStatus = {
  ...paused,
  reason: "unexpected",
  detail: "The program met something it did not expect.",
  next: "Let the run go on with: loom-scim resume. If it stays, report it."
}

const unended: RunStatus = {
  ...paused,
  reason: "interrupted",
  detail: "The run was stopped before what was under way had ended.",
  next: "Let it go on: resume. It first looks up what became of that."
}

/** `answered`: it stopped for something that is there by now. `late`: what was under way did not come to an end. */
type DrivenEnd = DriveEnd | "answered" | "late"

/** A wish to pause a run, as far as this process knows of it. */
interface Wish {
  by: Actor | null
}

/**
 * One drive, until it ends or, a while after it was to stop, does not. There may be the stop after it already, since the
 * engine forgot it, or did not hear of it before its process died: then the run still waits to be woken from that.
 */
const drivenUntil = (runId: RunId, stops: number, asked: Deferred.Deferred<void>, wish: Wish) =>
  Effect.gen(function* () {
    const runs = yield* Runs
    const toStop = yield* Deferred.make<void>()
    const wished = Effect.map(pauser(runId), (by) => {
      wish.by = by
    })
    const late = Effect.raceFirst(Deferred.await(asked), wished).pipe(
      Effect.andThen(Deferred.succeed(toStop, undefined)),
      Effect.andThen(Effect.sleep(patience)),
      Effect.as(Exit.succeed<DrivenEnd>("late"))
    )
    const begun = Effect.gen(function* () {
      const found = yield* patiently(runId, runs.find(runId))
      if (Option.isSome(found) && found.value.stops >= stops && !isOver(found.value.status)) {
        return found.value.stops > stops ? ("answered" as const) : ("stopped" as const)
      }
      wish.by = yield* patiently(runId, runs.pauserOf(runId))
      if (wish.by === null || (yield* cancellerOf(runId)) !== null) return yield* drive(runId, stops, toStop)
      yield* patiently(runId, runs.stop(runId, stops, pausedBy(wish.by), yield* DateTime.now))
      return "stopped" as const
    })
    const end = yield* yield* Effect.raceFirst(Effect.exit(begun), late)
    if (end === "late") {
      const written = Effect.flatMap(DateTime.now, (at) => runs.stop(runId, stops, unended, at))
      yield* Effect.timeoutOption(patiently(runId, written), storePatience)
    }
    return end
  })

/**
 * Whether what a run stopped for is there. Whoever brought it may have looked before the stop was written, and so have
 * woken nobody.
 */
const hasCome = Effect.fnUntraced(function* (runId: RunId, { by }: Wish) {
  const runs = yield* Runs
  if (by !== null && (yield* runs.pauserOf(runId)) === null) return true
  const found = yield* runs.find(runId)
  return Option.isSome(found) && (yield* isAnswered(found.value))
})

/**
 * One drive as a step of the workflow. It never fails: a failed step would end the workflow for good. What went wrong is
 * told to whoever follows the run here.
 */
const driven = (runId: RunId, stops: number) =>
  Activity.make({
    name: `drive/${stops}`,
    success: Schema.Literals(["over", "stopped", "answered"]),
    execute: Effect.gen(function* () {
      const control = yield* RunControl
      const runs = yield* Runs
      const wish: Wish = { by: null }
      let isHandedOver = false
      // A process that goes away does not stop the run: whoever takes it goes on at once.
      const stop = Effect.fnUntraced(function* (id: RunId, count: number, status: RunStatus, at: DateTime.Utc) {
        const isInterrupted = status._tag === "Paused" && status.reason === "interrupted"
        isHandedOver = isInterrupted && (yield* control.isDraining)
        if (isHandedOver) return
        yield* runs.stop(id, count, isInterrupted && wish.by !== null ? pausedBy(wish.by) : status, at)
      })
      yield* control.ready(runId)
      const work = Effect.flatMap(control.toStop(runId), (asked) => drivenUntil(runId, stops, asked, wish))
      const exit = yield* held(runId, work, (seat) => control.seated(runId, seat)).pipe(
        Effect.provideService(Runs, Runs.of({ ...runs, stop })),
        Effect.exit
      )
      // The step has no result then, and is done again by another node.
      if (isHandedOver) return yield* Effect.interruptible(Effect.never)
      if (Exit.isSuccess(exit)) {
        if (exit.value === "over" || exit.value === "answered") return exit.value
        if (yield* control.isDraining) return "stopped"
        const come = yield* Effect.result(patiently(runId, hasCome(runId, wish)))
        return Result.isSuccess(come) && come.success ? "answered" : "stopped"
      }
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
      if (end === "stopped") yield* DurableDeferred.await(wakeOf(stops))
    }
  })
)
