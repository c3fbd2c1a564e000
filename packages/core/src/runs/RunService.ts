/** The door to runs, for every face: begin one, let it go on, decide, cancel, and see how it went. */
import { Context, DateTime, Effect, Layer, Option, Random, Schema, Stream } from "effect"
import { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import type { JournalFailure } from "../ports/Journal.ts"
import { type ItemCount, type ManagedResource, Runs, type RunUnfinished } from "../ports/Runs.ts"
import { type Decision, decide } from "../provisioning/Decision.ts"
import { type GuardPolicy, judge } from "../provisioning/Guard.ts"
import { fingerprint, type Plan } from "../provisioning/Plan.ts"
import { doubted } from "../provisioning/SubsetKeep.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { Actor } from "../setup/Evidence.ts"
import { isAnswered } from "./Answered.ts"
import * as ApplyRun from "./ApplyRun.ts"
import type { DriveServices } from "./Drive.ts"
import { patiently } from "./Patience.ts"
import { isOver, needsPerson, randomIds, type Run, RunId, runIdOf, type RunKind } from "./Run.ts"
import { RunControl } from "./RunControl.ts"
import { moments, RunEvents } from "./RunEvent.ts"

/** There is no such run, or it is over, or not in the state in which that can be asked. */
export class RunRefused extends Schema.TaggedError<RunRefused>()("RunRefused", {
  runId: RunId,
  reason: Schema.Literals(["unknown", "over", "notWaiting", "notOver", "moved"]),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`
  }
}

/** A run to begin. */
export interface NewRun {
  readonly connectionId: ConnectionId
  readonly kind: RunKind
  readonly parent: RunId | null
  /** What a person calls the source. */
  readonly source: string
  readonly plan: Plan
  readonly policy: GuardPolicy
  readonly by: Actor
  /**
   * Resources that the plan left as they are and that are ours by external id; from now on they are managed, with the
   * digests of the people they are.
   */
  readonly recognised: ReadonlyArray<ManagedResource>
}

/** How a run is followed. */
export interface FollowOptions {
  /** Lets a paused run go on at once, and takes back that somebody wanted it paused. */
  readonly isResumed?: boolean
  /** Done once the run is kept as going on; not when it stands still. */
  readonly going?: Effect.Effect<unknown>
}

/** A run with what was counted and decided. */
export interface RunReport {
  readonly run: Run
  readonly counts: ReadonlyArray<ItemCount>
  readonly decisions: ReadonlyArray<Decision>
}

const refused = (runId: RunId, reason: RunRefused["reason"], detail: string, next: string) =>
  new RunRefused({ runId, reason, detail, next })

/** How long what is under way may take when the process goes away; what takes longer is looked up by the next. */
const drainPatience = "20 seconds"

const make = Effect.gen(function* () {
  const runs = yield* Runs
  const events = yield* RunEvents
  const control = yield* RunControl
  const engine = yield* WorkflowEngine

  const find = Effect.fnUntraced(function* (id: RunId) {
    const found = yield* runs.find(id)
    if (Option.isSome(found)) return found.value
    return yield* refused(id, "unknown", `There is no run ${id}.`, "See which there are: loom-scim runs")
  })

  const report = Effect.fn("RunService.report")(function* (id: RunId) {
    const run = yield* find(id)
    return { run, counts: yield* runs.counts(id), decisions: yield* runs.decisions(id) }
  })

  const begin = Effect.fn("RunService.begin")(function* (made: NewRun) {
    const { by, connectionId, kind, parent, plan, policy, recognised, source } = made
    const startedAt = yield* DateTime.now
    const run: Run = {
      id: runIdOf(DateTime.toEpochMillis(startedAt), yield* Random.nextIntBetween(0, randomIds)),
      connectionId,
      kind,
      parent,
      startedAt,
      startedBy: by,
      endedAt: null,
      source,
      census: plan.census,
      withheld: plan.withheld,
      plan: fingerprint(plan),
      judgement: judge(plan, policy),
      status: { _tag: "Running" },
      stops: 0,
      cancelledBy: null
    }
    // First, since a run that never ends must not leave somebody changed who is taken for unchanged.
    const doubts = doubted(yield* runs.managed(connectionId), plan.actions)
    if (doubts.length > 0) yield* runs.manage(connectionId, doubts)
    yield* runs.begin(run, plan.actions)
    const keep = recognised.map((resource) => ({ _tag: "Keep", resource }) as const)
    if (keep.length > 0) yield* runs.manage(connectionId, keep)
    return run
  })

  /** The run, if it is over or waits for what has not come; what has come lets it go on at once. */
  const still = Effect.fnUntraced(
    function* (id: RunId) {
      const found = yield* runs.find(id)
      if (Option.isNone(found) || isOver(found.value.status)) return found
      return needsPerson(found.value) && !(yield* isAnswered(found.value)) ? found : Option.none()
    },
    Effect.provideService(Runs, runs)
  )

  /** Waits until the run stands still, by its events here, and by its row, for what happens elsewhere. */
  const settled = (id: RunId) =>
    moments(events, id).pipe(
      Stream.mapEffect(() => Effect.provideService(patiently(id, still(id)), RunEvents, events)),
      Stream.filter(Option.isSome),
      Stream.runHead,
      Effect.map((found) => Option.getOrThrow(Option.flatten(found)))
    )

  const follow = Effect.fn("RunService.follow")(function* (id: RunId, options: FollowOptions = {}) {
    const isResumed = options.isResumed === true
    // Before it is looked at: who stops for the wish looks, afterwards, whether it still stands.
    if (isResumed) yield* runs.askToPause(id, null)
    const run = yield* find(id)
    if (isOver(run.status)) return run
    if (needsPerson(run) && !isResumed && !(yield* Effect.provideService(isAnswered(run), Runs, runs))) return run
    yield* control.follow(id)
    // So that nobody takes the stop that is left now for a new one.
    if (needsPerson(run)) yield* runs.setStatus(id, { _tag: "Running" }, yield* DateTime.now)
    yield* options.going ?? Effect.void
    const going = Effect.gen(function* () {
      yield* ApplyRun.ApplyRun.execute({ runId: id }, { discard: true })
      if (run.stops > 0) yield* ApplyRun.wake(run)
      return yield* Effect.raceFirst(settled(id), control.broken(id))
    }).pipe(Effect.provideService(WorkflowEngine, engine))
    return yield* Effect.onInterrupt(going, () => control.leave(id))
  })

  const decided = Effect.fn("RunService.decide")(function* (
    id: RunId,
    made: Pick<Decision, "verdict" | "by" | "note">
  ) {
    const run = yield* find(id)
    if (isOver(run.status)) return yield* refused(id, "over", `Run ${id} is over.`, "Nothing is left to decide.")
    if (run.judgement._tag === "Clear") {
      return yield* refused(id, "notWaiting", `Nothing holds run ${id}.`, "To end it: loom-scim cancel")
    }
    const at = yield* DateTime.now
    yield* runs.decide(id, decide(run.plan, run.judgement, { ...made, at }))
    return run
  })

  const cancel = Effect.fn("RunService.cancel")(function* (id: RunId, by: Actor) {
    const run = yield* find(id)
    if (isOver(run.status))
      return yield* refused(id, "over", `Run ${id} is over.`, "What was done can be undone: loom-scim undo")
    yield* runs.askToCancel(id, by)
    return yield* follow(id)
  })

  yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(control.drain, drainPatience)))

  return RunService.of({ begin, follow, decide: decided, cancel, report, list: runs.list })
})

/** Runs. */
export class RunService extends Context.Service<
  RunService,
  {
    /** Keeps the run; it goes on with {@link follow}. */
    readonly begin: (run: NewRun) => Effect.Effect<Run, JournalFailure | RunUnfinished>
    /**
     * Carries a run out, from wherever it stands, until it is over or needs a person: it is then `Waiting`, or `Paused`
     * without a time. A pause with a time is waited for. Interrupting this stops the run cleanly: what was sent is
     * settled, and it is `Paused` as `interrupted`; but where `every` run is carried out, it goes on without a follower.
     */
    readonly follow: (id: RunId, options?: FollowOptions) => Effect.Effect<Run, JournalFailure | RunRefused>
    /** Records who allows or rejects what the guard holds. It takes effect with the next {@link follow}. */
    readonly decide: (
      id: RunId,
      made: Pick<Decision, "verdict" | "by" | "note">
    ) => Effect.Effect<Run, JournalFailure | RunRefused>
    /** Ends a run: nothing more is sent, what is under way is settled. Harmless when another process is at work on it. */
    readonly cancel: (id: RunId, by: Actor) => Effect.Effect<Run, JournalFailure | RunRefused>
    readonly report: (id: RunId) => Effect.Effect<RunReport, JournalFailure | RunRefused>
    /** The newest first. */
    readonly list: (of: {
      readonly connectionId?: ConnectionId
      readonly unfinished?: boolean
      readonly limit?: number
    }) => Effect.Effect<ReadonlyArray<Run>, JournalFailure>
  }
>()("@loom-scim/core/runs/RunService") {
  /**
   * Over the store, a workflow engine and the connections. `followed` carries out only what is followed in this process;
   * `every` also goes on with what other processes left, as a server does; when it is closed, what is under way is settled,
   * and the rest is left to others.
   */
  static readonly layer = (options: {
    readonly drives: "followed" | "every"
  }): Layer.Layer<RunService | RunEvents, never, Exclude<DriveServices, RunEvents> | WorkflowEngine> =>
    Layer.effect(RunService, make).pipe(
      Layer.provideMerge(ApplyRun.layer),
      Layer.provide(RunControl.layer(options.drives)),
      Layer.provideMerge(RunEvents.layer)
    )
}
