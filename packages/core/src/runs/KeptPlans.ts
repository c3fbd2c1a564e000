/** Plans that are made now, looked at by somebody, and carried out later if nothing has moved. */
import { Context, DateTime, Effect, Layer, Option, Random, Schema } from "effect"
import { ConnectedClient } from "../operations/ConnectedClient.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import { type KeptPlan, PlanId, Plans, type SourceRemarks } from "../ports/Plans.ts"
import { Runs, type RunUnfinished } from "../ports/Runs.ts"
import type { VaultFailure } from "../ports/Vault.ts"
import { isEmpty } from "../provisioning/Plan.ts"
import { check } from "../provisioning/PlanCheck.ts"
import type { Drift } from "../provisioning/PlanDrift.ts"
import * as PlanFile from "../provisioning/PlanFile.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { Actor } from "../setup/Evidence.ts"
import type { SetupRefused } from "../setup/SetupRefused.ts"
import { SetupService } from "../setup/SetupService.ts"
import { refuseUnfinished } from "./Exclusive.ts"
import { randomIds, type Run, runIdOf } from "./Run.ts"
import { RunService } from "./RunService.ts"
import { Sync } from "./Sync.ts"
import type { PlanFailure, Reading, Subject } from "./SyncPlan.ts"

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

/** What of a source made no person, in short. */
export const remarksOf = ({
  contradictions,
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
  failure: failure === null ? null : failure.message
})

const make = Effect.gen(function* () {
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

  const plan = Effect.fn("KeptPlans.make")(function* (subject: Subject, by: Actor) {
    const { connectionId } = subject
    const planned = yield* Sync.use((sync) => sync.plan(subject, "full"))
    const madeAt = yield* DateTime.now
    yield* plans.prune(madeAt)
    const random = yield* Random.nextIntBetween(0, randomIds)
    const { census, counts, skipped, withheld } = planned.plan
    const kept: KeptPlan = {
      id: PlanId.make(`p${runIdOf(DateTime.toEpochMillis(madeAt), random)}`),
      connectionId,
      madeAt,
      madeBy: by,
      expiresAt: DateTime.add(madeAt, keptFor),
      source: planned.source,
      census,
      withheld,
      counts,
      skipped,
      judgement: planned.judgement,
      remarks: remarksOf(planned.reading)
    }
    const { policy, recognised, source } = planned
    const connected = yield* opened(connectionId)
    const file = PlanFile.make({
      connected,
      madeAt,
      source,
      adopt: subject.adopt,
      policy,
      recognised: recognised.map(({ endpoint, id, key }) => ({ endpoint, id, key })),
      plan: planned.plan
    })
    yield* plans.keep(kept, file)
    return kept
  })

  const drift = Effect.fn("KeptPlans.drift")(function* (connectionId: ConnectionId, id: PlanId) {
    const file = yield* whole(connectionId, id)
    const connected = yield* opened(connectionId)
    return yield* Effect.ensuring(check(file, connected), clients.remember(connected))
  })

  const begin = Effect.fn("KeptPlans.begin")(function* (connectionId: ConnectionId, id: PlanId, by: Actor) {
    const runs = yield* Runs
    yield* refuseUnfinished(connectionId)
    const file = yield* whole(connectionId, id)
    const moved = yield* check(file, yield* opened(connectionId))
    if (moved.length > 0) return yield* new PlanDrifted({ id, moved: moved.length })
    const recognised = file.recognised.map((one) => ({ ...one, digest: null, groups: [] }))
    if (isEmpty(file.plan)) {
      yield* runs.manage(
        connectionId,
        recognised.map((resource) => ({ _tag: "Keep", resource }))
      )
      return null
    }
    const { plan: made, policy, source } = file
    const run = { connectionId, kind: "reconcile", parent: null, source, plan: made, policy, by, recognised } as const
    return yield* RunService.use((service) => service.begin(run))
  })

  return KeptPlans.of({
    make: (subject, by) => Effect.provide(plan(subject, by), services),
    find: loaded,
    load: whole,
    drift,
    begin: (connectionId, id, by) => Effect.provide(begin(connectionId, id, by), services)
  })
})

/** Plans by id, each of one connection. */
export class KeptPlans extends Context.Service<
  KeptPlans,
  {
    /** Plans about everybody and keeps it. Changes nothing on the server. */
    readonly make: (subject: Subject, by: Actor) => Effect.Effect<KeptPlan, PlanFailure>
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
  }
>()("@loom-scim/core/runs/KeptPlans") {
  /** Over the store, runs and connections. */
  static readonly layer: Layer.Layer<
    KeptPlans,
    never,
    Plans | Runs | RunService | Sync | SetupService | ConnectedClient
  > = Layer.effect(KeptPlans, make)
}
