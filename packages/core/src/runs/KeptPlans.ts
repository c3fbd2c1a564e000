/** Plans that are made now, looked at by somebody, and carried out later if nothing has moved. */
import { Context, DateTime, Effect, Layer, Option, Random, Schema } from "effect"
import { ConnectedClient } from "../operations/ConnectedClient.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import { type KeptPlan, type PlanDigests, PlanId, Plans, type SourceRemarks } from "../ports/Plans.ts"
import { Runs, type RunUnfinished } from "../ports/Runs.ts"
import type { VaultFailure } from "../ports/Vault.ts"
import { judge } from "../provisioning/Guard.ts"
import { Digests, withDigests } from "../provisioning/PersonDigest.ts"
import { isEmpty } from "../provisioning/Plan.ts"
import { check } from "../provisioning/PlanCheck.ts"
import type { Drift } from "../provisioning/PlanDrift.ts"
import * as PlanFile from "../provisioning/PlanFile.ts"
import { managedOf } from "../provisioning/PlanOptions.ts"
import * as PlanTake from "../provisioning/PlanTake.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { Actor } from "../setup/Evidence.ts"
import type { SetupRefused } from "../setup/SetupRefused.ts"
import { SetupService } from "../setup/SetupService.ts"
import { verifiedDomains } from "../setup/State.ts"
import { refuseUnfinished } from "./Exclusive.ts"
import { randomIds, type Run, runIdOf } from "./Run.ts"
import { RunService } from "./RunService.ts"
import { Sync } from "./Sync.ts"
import type { PlanFailure, Reading, Subject } from "./SyncPlan.ts"
import { settleIdle, settleRun } from "./SyncSettle.ts"

/** How long a plan is kept. The longer it lies, the surer it has drifted. */
const keptFor = { hours: 72 } as const

/** Records that are named; more are counted. */
const maxProblems = 100

/** There is no such plan of this connection, or its time is over. */
export class PlanUnknown extends Schema.TaggedError<PlanUnknown>()("PlanUnknown", { id: PlanId }) {
  override get message(): string {
    return `There is no plan ${this.id}, or its time is over.`
  }
  get next(): string {
    return "Make it again."
  }
}

/** The workspace has moved since the plan was made; nothing was begun. */
export class PlanDrifted extends Schema.TaggedError<PlanDrifted>()("PlanDrifted", { id: PlanId, moved: Schema.Int }) {
  override get message(): string {
    return `${this.moved} of what plan ${this.id} is about moved since it was made; nothing was begun.`
  }
  get next(): string {
    return "Make the plan again from the source."
  }
}

type Checked =
  | PlanUnknown
  | PlanFile.PlanFileRefused
  | ScimError
  | ListIncomplete
  | JournalFailure
  | SetupRefused
  | VaultFailure

/** What became of a plan that came as a file. */
export interface Taken {
  /** Null when something moved. */
  readonly kept: KeptPlan | null
  readonly moved: ReadonlyArray<Drift>
}

/** What of a source made no person, in short. */
export const remarksOf = ({
  contradictions,
  doubt,
  excluded,
  failure,
  problems,
  records,
  repetitions
}: Reading): SourceRemarks => ({
  records,
  excluded,
  problems: problems.slice(0, maxProblems),
  problemCount: problems.length,
  contradictions,
  repetitions: repetitions.slice(0, maxProblems),
  failure: failure === null ? null : failure.message,
  ...(doubt === undefined ? {} : { doubt })
})

const service = Effect.gen(function* () {
  const services = yield* Effect.context<Plans | Runs | RunService | Sync | SetupService | ConnectedClient>()
  const plans = yield* Plans
  const setup = yield* SetupService
  const clients = yield* ConnectedClient

  const opened = Effect.fnUntraced(function* (id: ConnectionId) {
    return yield* clients.open(yield* setup.get(id))
  })

  const loaded = Effect.fnUntraced(function* (connectionId: ConnectionId, id: PlanId) {
    const now = yield* DateTime.now
    const kept = yield* plans.find(id)
    if (Option.isNone(kept) || kept.value.connectionId !== connectionId) return yield* new PlanUnknown({ id })
    if (DateTime.isLessThan(kept.value.expiresAt, now)) return yield* new PlanUnknown({ id })
    return kept.value
  })

  const whole = Effect.fnUntraced(function* (connectionId: ConnectionId, id: PlanId) {
    yield* loaded(connectionId, id)
    const file = yield* plans.load(id)
    return Option.isSome(file) ? file.value : yield* new PlanUnknown({ id })
  })

  /** Keeps a plan from now on. */
  const keep = Effect.fnUntraced(function* (
    file: PlanFile.PlanFile,
    { by, digests, remarks }: { by: Actor; remarks: KeptPlan["remarks"]; digests: PlanDigests | null }
  ) {
    const now = yield* DateTime.now
    yield* plans.prune(now)
    const random = yield* Random.nextIntBetween(0, randomIds)
    const { connectionId, madeAt, plan, policy, source } = file
    const { census, counts, notAdopted, skipped, unmatched, withheld } = plan
    const kept: KeptPlan = {
      id: PlanId.make(`p${runIdOf(DateTime.toEpochMillis(now), random)}`),
      connectionId,
      madeAt,
      madeBy: by,
      expiresAt: DateTime.add(now, keptFor),
      source,
      census,
      withheld,
      counts,
      skipped,
      ...(unmatched === undefined ? {} : { unmatched }),
      ...(notAdopted === undefined ? {} : { notAdopted }),
      judgement: judge(plan, policy),
      remarks
    }
    yield* plans.keep(kept, file, digests)
    return kept
  })

  const make = Effect.fn("KeptPlans.make")(function* (subject: Subject, by: Actor) {
    const { adopt, connectionId } = subject
    const { after, digests, plan, policy, reading, recognised, source } = yield* Sync.use((sync) =>
      sync.plan(subject, "full")
    )
    const file = PlanFile.make({
      connected: yield* opened(connectionId),
      madeAt: yield* DateTime.now,
      source,
      adopt,
      policy,
      recognised: recognised.map(({ endpoint, id, key }) => ({ endpoint, id, key })),
      plan
    })
    return yield* keep(file, { by, remarks: remarksOf(reading), digests: { after, digests } })
  })

  const take = Effect.fn("KeptPlans.take")(function* (connectionId: ConnectionId, file: PlanFile.PlanFile, by: Actor) {
    const { state } = yield* setup.get(connectionId)
    const connected = yield* opened(connectionId)
    const managed = managedOf(yield* Runs.use((runs) => runs.managed(connectionId)))
    const taken = yield* Effect.ensuring(
      PlanTake.take(file, connected, { managed, domains: verifiedDomains(state) }),
      clients.remember(connected)
    )
    const kept = taken.file === null ? null : yield* keep(taken.file, { by, remarks: null, digests: null })
    return { kept, moved: taken.moved }
  })

  const drift = Effect.fn("KeptPlans.drift")(function* (connectionId: ConnectionId, id: PlanId) {
    const file = yield* whole(connectionId, id)
    const connected = yield* opened(connectionId)
    return yield* Effect.ensuring(check(file, connected), clients.remember(connected))
  })

  const begin = Effect.fn("KeptPlans.begin")(function* (connectionId: ConnectionId, id: PlanId, by: Actor) {
    yield* refuseUnfinished(connectionId, yield* Runs)
    const file = yield* whole(connectionId, id)
    const moved = yield* check(file, yield* opened(connectionId))
    if (moved.length > 0) return yield* new PlanDrifted({ id, moved: moved.length })
    if (isEmpty(file.plan)) {
      const { after, digests } = Option.getOrElse(yield* plans.digests(id), () => ({
        after: null,
        digests: new Digests()
      }))
      const recognised = withDigests(file.recognised, digests)
      yield* settleIdle({ connectionId, after, digests, plan: file.plan, recognised })
      return null
    }
    const recognised = file.recognised.map((one) => ({ ...one, digest: null, groups: [] }))
    const { plan: made, policy, source } = file
    const run = { connectionId, kind: "reconcile", parent: null, source, plan: made, policy, by, recognised } as const
    return yield* RunService.use((service) => service.begin(run))
  })

  const settle = Effect.fn("KeptPlans.settle")(function* (id: PlanId, run: Run) {
    const found = yield* plans.digests(id)
    if (Option.isSome(found)) yield* settleRun({ ...found.value, connectionId: run.connectionId }, run)
  })

  return KeptPlans.of({
    make: (subject, by) => Effect.provide(make(subject, by), services),
    take: (connectionId, file, by) => Effect.provide(take(connectionId, file, by), services),
    find: loaded,
    load: whole,
    drift,
    begin: (connectionId, id, by) => Effect.provide(begin(connectionId, id, by), services),
    settle: (id, run) => Effect.provide(settle(id, run), services)
  })
})

/** Plans by id, each of one connection. */
export class KeptPlans extends Context.Service<
  KeptPlans,
  {
    /** Plans about everybody and keeps it. Changes nothing on the server. */
    readonly make: (subject: Subject, by: Actor) => Effect.Effect<KeptPlan, PlanFailure>
    /**
     * Keeps a plan that was saved as a file, if nothing moved since. What the guard judges by is read from the server and
     * not taken from the file; a file that touches what is not ours is refused.
     */
    readonly take: (connection: ConnectionId, file: PlanFile.PlanFile, by: Actor) => Effect.Effect<Taken, Checked>
    readonly find: (connection: ConnectionId, id: PlanId) => Effect.Effect<KeptPlan, PlanUnknown | JournalFailure>
    /** With everything that applying needs. */
    readonly load: (
      connection: ConnectionId,
      id: PlanId
    ) => Effect.Effect<PlanFile.PlanFile, PlanUnknown | JournalFailure>
    /** What moved on the server since; empty when it may be carried out. */
    readonly drift: (connection: ConnectionId, id: PlanId) => Effect.Effect<ReadonlyArray<Drift>, Checked>
    /** Begins its run when nothing moved; null when there is nothing to do. */
    readonly begin: (
      connection: ConnectionId,
      id: PlanId,
      by: Actor
    ) => Effect.Effect<Run | null, Checked | PlanDrifted | RunUnfinished>
    /** Remembers what was sent once the run of a plan stands still. Without it, people are looked at once more. */
    readonly settle: (id: PlanId, run: Run) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/runs/KeptPlans") {
  /** Over the store, runs and connections. */
  static readonly layer: Layer.Layer<
    KeptPlans,
    never,
    Plans | Runs | RunService | Sync | SetupService | ConnectedClient
  > = Layer.effect(KeptPlans, service)
}
