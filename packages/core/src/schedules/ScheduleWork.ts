/** What a firing does: a sync or a check, through the services that do it for people. */
import { Context, DateTime, Duration, Effect, Layer, Option, Result, Semaphore } from "effect"
import { ConnectedClient } from "../operations/ConnectedClient.ts"
import { type NamedSource, NamedSources } from "../ports/NamedSources.ts"
import type { Reports } from "../ports/Reports.ts"
import { Runs } from "../ports/Runs.ts"
import * as MappingRead from "../provisioning/MappingRead.ts"
import { policyOf } from "../provisioning/PolicyRead.ts"
import * as ScimSource from "../provisioning/ScimSource.ts"
import { isOfMany, type Run, type RunId } from "../runs/Run.ts"
import { RunAttendant } from "../runs/RunAttendant.ts"
import { phaseOf } from "../runs/RunItem.ts"
import { Sync } from "../runs/Sync.ts"
import type { Subject } from "../runs/SyncPlan.ts"
import * as CheckKept from "../setup/CheckKept.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { Actor } from "../setup/Evidence.ts"
import { SetupService } from "../setup/SetupService.ts"
import { verifiedDomains } from "../setup/State.ts"
import type { FullSyncTask, Outcome, Schedule, ScheduleSource, SkipReason, SyncTask } from "./Schedule.ts"

type Syncing = typeof SyncTask.Type | typeof FullSyncTask.Type

/** Everybody is compared at least this often, as `watch` does. */
const fullEvery = Duration.days(1)

/** So many plans or checks are made at a time; a plan holds an index of everybody. */
const atOnce = 4

const skipped = ({ id, status }: Pick<Run, "id" | "status">): Outcome => {
  const reason: SkipReason =
    status._tag === "Waiting" ? "runWaits" : status._tag === "Paused" ? "runPaused" : "runGoesOn"
  return { _tag: "Skipped", reason, run: id }
}

/** What is told while it is done. */
export interface WorkNotes {
  readonly begun: (run: RunId) => Effect.Effect<void>
  /** Everybody was compared, beginning at this time. */
  readonly compared: (at: DateTime.Utc) => Effect.Effect<void>
}

interface Explained {
  readonly _tag: string
  readonly message: string
  readonly reason?: unknown
  readonly next?: unknown
}

/** The store's details name paths and hosts of the server, which are for its log. */
const failed = (error: Explained): Outcome => {
  const next = typeof error.next === "string" && error.next !== "" ? error.next : "Look at the server's log."
  const detail = error._tag === "JournalFailure" ? `The store could not be used (${String(error.reason)}).` : null
  const reason = error._tag === "SetupRefused" ? String(error.reason) : error._tag
  return { _tag: "Failed", reason, detail: detail ?? error.message.replace(` ${next}`, ""), next }
}

const make = Effect.gen(function* () {
  const services = yield* Effect.context<Runs | SetupService | ConnectedClient | Reports>()
  const runs = yield* Runs
  const setup = yield* SetupService
  const sync = yield* Sync
  const attendant = yield* RunAttendant
  const named = yield* NamedSources
  const { open } = yield* ConnectedClient
  const slots = yield* Semaphore.make(atOnce)

  const opened = Effect.fnUntraced(function* (connectionId: ConnectionId, source: ScheduleSource) {
    if (source._tag === "Named") return yield* named.open(connectionId, source.name)
    const mapping = yield* Effect.fromResult(MappingRead.read(source.mapping))
    const { client } = yield* open(yield* setup.get(source.connection))
    const query = yield* Effect.fromResult(ScimSource.queryOf(source))
    return { source: ScimSource.make(`scim:${source.connection}`, client, query), mapping } satisfies NamedSource
  })

  const subjectOf = Effect.fnUntraced(function* (connectionId: ConnectionId, task: Syncing) {
    const { adopt, leftGroups } = task
    const target = yield* setup.get(connectionId)
    const policy = policyOf(task.policy, verifiedDomains(target.state))
    const subject: Subject = { connectionId, ...(yield* opened(connectionId, task.source)), policy, adopt, leftGroups }
    return subject
  })

  const unfinished = Effect.fnUntraced(function* (connectionId: ConnectionId) {
    return (yield* runs.list({ connectionId, unfinished: true })).find(isOfMany)
  })

  const synced = Effect.fnUntraced(function* (
    { comparedAt, connectionId }: Schedule,
    task: Syncing,
    by: Actor,
    notes: WorkNotes
  ) {
    const busy = yield* unfinished(connectionId)
    if (busy !== undefined) return skipped(busy)
    const lastFull = comparedAt === null ? null : DateTime.toEpochMillis(comparedAt)
    const due = { isFullAsked: task._tag === "FullSync", lastFull, fullEvery }
    const at = yield* DateTime.now
    const started = yield* slots.withPermits(1)(
      Effect.flatMap(subjectOf(connectionId, task), (subject) => sync.start(subject, due, by))
    )
    if (started.planned.kind === "reconcile") yield* notes.compared(at)
    switch (started._tag) {
      case "Unchanged": {
        const conflicts = started.planned.plan.actions.filter((action) => phaseOf(action) === null).length
        return { _tag: "Unchanged", conflicts } satisfies Outcome
      }
      case "Repeated":
        return { _tag: "Repeated", run: started.run.id } satisfies Outcome
      case "Begun": {
        const { planned, run } = started
        yield* notes.begun(run.id)
        yield* yield* attendant.attend(run.id, (after) => Effect.ignore(sync.settle(planned, after)))
        const found = yield* runs.find(run.id)
        const { status } = Option.getOrElse(found, () => run)
        return { _tag: "Ran", run: run.id, status } satisfies Outcome
      }
    }
  })

  const checked = Effect.fnUntraced(function* ({ connectionId }: Pick<Schedule, "connectionId">, by: Actor) {
    const { results } = yield* slots.withPermits(1)(CheckKept.run(connectionId, by))
    const count = (which: "failed" | "warning") => results.filter(({ outcome }) => outcome === which).length
    return { _tag: "Checked", ok: count("failed") === 0, failed: count("failed"), warnings: count("warning") } as const
  })

  const perform: ScheduleWork["Service"]["perform"] = Effect.fn("ScheduleWork.perform")(
    function* (schedule, by, notes) {
      const { task } = schedule
      const result: Result.Result<Outcome, Explained> = yield* Effect.result(
        task._tag === "Check" ? checked(schedule, by) : synced(schedule, task, by, notes)
      )
      return Result.isSuccess(result) ? result.success : failed(result.failure)
    },
    (effect) => Effect.provide(effect, services)
  )

  return ScheduleWork.of({ perform, goOn: (run) => Effect.asVoid(attendant.attend(run)) })
})

/** The work of schedules. */
export class ScheduleWork extends Context.Service<
  ScheduleWork,
  {
    /**
     * Does it as `by`, to its end: of a sync, until the run stands still; the run goes on when this is interrupted. Never
     * fails: what went wrong is the outcome.
     */
    readonly perform: (schedule: Schedule, by: Actor, notes: WorkNotes) => Effect.Effect<Outcome>
    /**
     * Sees to it, in the background, that a run goes on which another process began and then died. It may have died before
     * anybody else knew of the run; harmless when somebody is at work on it, or it waits for a person.
     */
    readonly goOn: (run: RunId) => Effect.Effect<void>
  }
>()("@loom-scim/core/schedules/ScheduleWork") {
  /** Over the store, the set-ups and the runs. */
  static readonly layer: Layer.Layer<
    ScheduleWork,
    never,
    Runs | Reports | NamedSources | SetupService | ConnectedClient | Sync | RunAttendant
  > = Layer.effect(ScheduleWork, make)
}
