/** Every kind of reconcile from beginning to end, for all faces: plan, begin, carry out, and remember what was sent. */
import { Clock, Context, DateTime, Duration, Effect, Layer } from "effect"
import type { ConnectedClient } from "../operations/ConnectedClient.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import type { SourceFailure } from "../ports/PeopleSource.ts"
import { type ManagedResource, Runs, type RunUnfinished } from "../ports/Runs.ts"
import { fingerprint, type Plan } from "../provisioning/Plan.ts"
import type { NotOnePerson } from "../provisioning/ProvisionOne.ts"
import type { NeedsFull } from "../provisioning/SubsetNeedsFull.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { Actor } from "../setup/Evidence.ts"
import type { SetupService } from "../setup/SetupService.ts"
import { refuseUnfinished } from "./Exclusive.ts"
import { isOfMany, isOver, type Run } from "./Run.ts"
import { phaseOf } from "./RunItem.ts"
import { type RunRefused, RunService } from "./RunService.ts"
import * as SyncPlan from "./SyncPlan.ts"
import type { Mode, PlanFailure, Planned, PlannedOne, Prepared, Subject } from "./SyncPlan.ts"
import { openActions, settleIdle, settleRun } from "./SyncSettle.ts"

/** How a reconcile ended that was let go by itself. */
export type Synced =
  /** Nothing was to be done, but for conflicts, which a person has to resolve; they are in the plan. */
  | { readonly _tag: "Unchanged"; readonly planned: Planned }
  /** Exactly this was left undone or rejected just before; it is not begun again without being asked for. */
  | { readonly _tag: "Repeated"; readonly planned: Planned; readonly run: Run }
  /** The run as it stands: over, held by the guard, or paused. */
  | { readonly _tag: "Ran"; readonly planned: Planned; readonly run: Run }

/** How a reconcile began that goes on behind whoever begins it. */
export type Started =
  | Exclude<Synced, { readonly _tag: "Ran" }>
  /** To be followed, and then settled. */
  | { readonly _tag: "Begun"; readonly planned: Planned; readonly run: Run }

/** A run of the connection is not over, and waits for somebody or something. */
interface Busy {
  readonly _tag: "Busy"
  readonly run: Run
}

/** What came of a turn; `resumed` are runs that were left from before and that it brought to their end. */
export type Ticked = (Synced | Busy) & { readonly resumed: ReadonlyArray<Run> }

/** When everybody is to be compared. */
export interface Due {
  readonly isFullAsked: boolean
  /** When that was done the last time, in milliseconds; null when it is not known. */
  readonly lastFull: number | null
  readonly fullEvery: Duration.Duration
}

/** What ends a reconcile before it has an outcome. */
export type SyncFailure = PlanFailure | SourceFailure | RunUnfinished | RunRefused

/** Whether a plan has anything that can be done; conflicts are for a person. */
export const isWork = ({ actions }: Plan): boolean => actions.some((action) => phaseOf(action) !== null)

/** Whether it is known of nobody what was sent of them, as before a first time. */
const lacksDigests = (managed: ReadonlyArray<ManagedResource>): boolean =>
  managed.every(({ digest, endpoint }) => endpoint === "Groups" || digest === null)

// Runs further back than these say little of when everybody was compared.
const looked = 100

const make = Effect.gen(function* () {
  const services = yield* Effect.context<Runs | SetupService | ConnectedClient | RunService>()
  const runs = yield* Runs
  const runService = yield* RunService

  const begin = Effect.fn("Sync.begin")(function* (prepared: Prepared, by: Actor) {
    const { connectionId, kind, plan, policy, recognised, source } = prepared
    if (!isWork(plan)) {
      yield* settleIdle(prepared)
      return null
    }
    if (isOfMany(prepared)) yield* refuseUnfinished(connectionId, runs)
    return yield* runService.begin({ connectionId, kind, parent: null, source, plan, policy, by, recognised })
  })

  /** The run that tried the same and did nothing of it, or whose rest a person did not want. */
  const repeated = Effect.fnUntraced(function* ({ connectionId, kind, needsFull, plan }: Planned) {
    // Whoever asks for everybody to be compared wants it tried again.
    if (kind === "reconcile" && needsFull === null) return null
    const [last] = yield* runs.list({ connectionId, limit: 1 })
    if (last === undefined || !isOver(last.status)) return null
    const wanted = fingerprint(plan)
    if (last.status._tag === "Completed") {
      const isIdle = last.plan === wanted && (yield* runs.counts(last.id)).every(({ state }) => state !== "done")
      return isIdle ? last : null
    }
    return fingerprint({ actions: yield* openActions(last) }) === wanted ? last : null
  })

  const started = Effect.fnUntraced(function* (
    subject: Subject,
    mode: Mode,
    by: Actor
  ): Effect.fn.Return<Started, SyncFailure, Effect.Services<ReturnType<typeof SyncPlan.planned>>> {
    const planned = yield* SyncPlan.planned(subject, mode)
    // Half a source says too little for something that nobody watches.
    if (planned.reading.failure !== null) return yield* planned.reading.failure
    const before = isWork(planned.plan) ? yield* repeated(planned) : null
    if (before !== null) {
      yield* settleIdle(planned)
      return { _tag: "Repeated", planned, run: before }
    }
    const run = yield* begin(planned, by)
    return run === null ? { _tag: "Unchanged", planned } : { _tag: "Begun", planned, run }
  })

  const once = Effect.fn("Sync.once")(function* (subject: Subject, mode: Mode, by: Actor) {
    const begun = yield* started(subject, mode, by)
    if (begun._tag !== "Begun") return begun
    const { planned } = begun
    const run = yield* runService.follow(begun.run.id)
    yield* settleRun(planned, run)
    return { _tag: "Ran", planned, run } as const
  })

  /** Lets what is not over go on, until something stays so. */
  const clear = Effect.fnUntraced(function* (connectionId: ConnectionId) {
    const resumed: Array<Run> = []
    const unfinished = yield* runs.list({ connectionId, unfinished: true })
    for (const { id, status } of unfinished.toReversed()) {
      const run = yield* runService.follow(id, { isResumed: status._tag === "Paused" })
      if (!isOver(run.status)) return { resumed, busy: run }
      resumed.push(run)
    }
    return { resumed, busy: null }
  })

  const modeOf = Effect.fnUntraced(function* (
    connectionId: ConnectionId,
    { fullEvery, isFullAsked, lastFull }: Due
  ): Effect.fn.Return<Mode, JournalFailure> {
    if (isFullAsked) return "full"
    let last = lastFull
    if (last === null) {
      if (lacksDigests(yield* runs.managed(connectionId))) return "full"
      const all = yield* runs.list({ connectionId, limit: looked })
      const run = all.find(({ kind, status }) => kind === "reconcile" && status._tag === "Completed")
      last = run === undefined ? null : DateTime.toEpochMillis(run.startedAt)
    }
    const now = yield* Clock.currentTimeMillis
    return last === null || now - last >= Duration.toMillis(fullEvery) ? "full" : "incremental"
  })

  const tick = Effect.fn("Sync.tick")(function* (subject: Subject, due: Due, by: Actor) {
    const { busy, resumed } = yield* clear(subject.connectionId)
    if (busy !== null) return { _tag: "Busy", run: busy, resumed } as const
    return { ...(yield* once(subject, yield* modeOf(subject.connectionId, due), by)), resumed }
  })

  const start = Effect.fn("Sync.start")(function* (subject: Subject, due: Due, by: Actor) {
    return yield* started(subject, yield* modeOf(subject.connectionId, due), by)
  })

  return Sync.of({
    plan: (subject, mode) => Effect.provide(SyncPlan.planned(subject, mode), services),
    planOne: (subject, reference) => Effect.provide(SyncPlan.plannedOne(subject, reference), services),
    begin: (prepared, by) => Effect.provide(begin(prepared, by), services),
    settle: (prepared, run) => Effect.provide(settleRun(prepared, run), services),
    once: (subject, mode, by) => Effect.provide(once(subject, mode, by), services),
    start: (subject, due, by) => Effect.provide(start(subject, due, by), services),
    tick: (subject, due, by) => Effect.provide(tick(subject, due, by), services)
  })
})

/**
 * Reconciling. A face that shows its plans uses `plan`, `begin` and, once the run was followed, `settle`; one that nobody
 * watches uses `once` or `tick`.
 */
export class Sync extends Context.Service<
  Sync,
  {
    /** Changes nothing. */
    readonly plan: (subject: Subject, mode: Mode) => Effect.Effect<Planned, PlanFailure>
    /** Changes nothing. The person is named by key, user name or address. */
    readonly planOne: (
      subject: Subject,
      reference: string
    ) => Effect.Effect<PlannedOne, PlanFailure | NotOnePerson | NeedsFull | SourceFailure>
    /**
     * Begins the run of a plan, to be followed; null when there is nothing that can be done. What is known by then is
     * kept. Refused while another reconcile of the connection is not over; one person can be provisioned all the same.
     */
    readonly begin: (prepared: Prepared, by: Actor) => Effect.Effect<Run | null, JournalFailure | RunUnfinished>
    /** Keeps what was sent, once the run of a plan was followed. Without it, people are looked at once more. */
    readonly settle: (prepared: Prepared, run: Run) => Effect.Effect<void, JournalFailure>
    /** Plans and carries out. Fails with a source that was not read to its end, before anything is begun. */
    readonly once: (subject: Subject, mode: Mode, by: Actor) => Effect.Effect<Synced, SyncFailure>
    /** Begins the same, everybody or the changes, as is due; refused while another reconcile is not over. */
    readonly start: (subject: Subject, due: Due, by: Actor) => Effect.Effect<Started, SyncFailure>
    /**
     * The same when its turn has come: lets go on what is not over, leaves it at that when it stays so, and otherwise
     * compares everybody or the changes, as is due.
     */
    readonly tick: (subject: Subject, due: Due, by: Actor) => Effect.Effect<Ticked, SyncFailure>
  }
>()("@loom-scim/core/runs/Sync") {
  /** Over runs and connections. */
  static readonly layer: Layer.Layer<Sync, never, Runs | SetupService | ConnectedClient | RunService> = Layer.effect(
    Sync,
    make
  )
}
