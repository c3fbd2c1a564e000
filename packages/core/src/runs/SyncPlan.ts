/** Plans of every kind of reconcile, each with all that it takes to carry it out and to remember what was sent. */
import { Effect, Schema } from "effect"
import { ConnectedClient, type Connected } from "../operations/ConnectedClient.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import type { PeopleSource, SourceFailure } from "../ports/PeopleSource.ts"
import { type ManagedResource, Runs } from "../ports/Runs.ts"
import type { VaultFailure } from "../ports/Vault.ts"
import { type GuardPolicy, judge, type Judgement } from "../provisioning/Guard.ts"
import * as Incremental from "../provisioning/Incremental.ts"
import type { Compiled } from "../provisioning/Mapping.ts"
import { Digests, withDigests } from "../provisioning/PersonDigest.ts"
import { fingerprint, type Plan } from "../provisioning/Plan.ts"
import { managedOf, type PlanOptions, sentBefore } from "../provisioning/PlanOptions.ts"
import * as ProvisionOne from "../provisioning/ProvisionOne.ts"
import * as Reconcile from "../provisioning/Reconcile.ts"
import { Concerned } from "../provisioning/SubsetKeep.ts"
import type { FullReason, NeedsFull } from "../provisioning/SubsetNeedsFull.ts"
import type { Behaviour } from "../scim/Profile.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { SetupRefused } from "../setup/SetupRefused.ts"
import { SetupService } from "../setup/SetupService.ts"
import type { RunId, RunKind } from "./Run.ts"

/** `full`: everybody is compared. `incremental`: whoever changed in the source since they were last sent. */
export const Mode = Schema.Literals(["full", "incremental"])
export type Mode = typeof Mode.Type

/** What is made equal to what, and within which limits. */
export interface Subject extends Pick<PlanOptions, "adopt" | "leftGroups"> {
  readonly connectionId: ConnectionId
  readonly source: PeopleSource
  readonly mapping: Compiled
  readonly policy: GuardPolicy
}

/** A plan that can be begun, and what is remembered of it afterwards. */
export interface Prepared {
  readonly connectionId: ConnectionId
  readonly kind: RunKind
  /** What a person calls the source. */
  readonly source: string
  readonly plan: Plan
  readonly policy: GuardPolicy
  readonly judgement: Judgement
  /** Ours by external id, and not known as managed until now. */
  readonly recognised: ReadonlyArray<ManagedResource>
  /** The people as they are once the plan is carried out. */
  readonly digests: Digests
  /** The newest run of the connection when planning began: whoever comes after it knows better. */
  readonly after: RunId | null
}

/** What the source had. */
export interface Reading extends Omit<Reconcile.Reconciled, "plan" | "recognised"> {
  /** How many problems there are, where not all of them are listed. */
  readonly problemCount?: number
}

/** A plan about everybody, or about whoever changed. */
export interface Planned extends Prepared {
  readonly kind: "reconcile" | "incremental"
  readonly reading: Reading
  /** Why everybody was compared although only the changes were asked for; null otherwise. */
  readonly needsFull: FullReason | null
}

/** A plan about one person. */
export interface PlannedOne extends Prepared {
  readonly kind: "provision"
  readonly made: Omit<ProvisionOne.Provisioned, "plan" | "digests" | "recognised">
  /** How the token goes with the requests that are shown. */
  readonly tokenScheme: Behaviour["tokenScheme"]
}

/** Why there is no plan. */
export type PlanFailure = ScimError | ListIncomplete | JournalFailure | SetupRefused | VaultFailure

/** What would be done is no longer what somebody was shown. */
export class PlanMoved extends Schema.TaggedError<PlanMoved>()("PlanMoved", {}) {
  override get message(): string {
    return "What would be done is no longer what was shown; nothing was begun."
  }
  get next(): string {
    return "Look at it again, and decide anew."
  }
}

/** Refuses a plan whose fingerprint is another than the one that was seen; null has seen none. */
export const refuseMoved = (plan: Plan, seen: string | null): Effect.Effect<void, PlanMoved> =>
  seen === null || seen === fingerprint(plan) ? Effect.void : Effect.fail(new PlanMoved())

/** What planning needs. */
export type PlanServices = Runs | SetupService | ConnectedClient

interface Situation {
  readonly connected: Connected
  readonly managed: ReadonlyArray<ManagedResource>
  readonly after: RunId | null
}

/** Opens the connection and keeps what was learnt of its server, however it ends. */
const situated = <A, E, R>(
  { connectionId }: Subject,
  use: (situation: Situation) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | JournalFailure | SetupRefused | VaultFailure, R | PlanServices> =>
  Effect.gen(function* () {
    const connection = yield* SetupService.use(({ get }) => get(connectionId))
    const { open, remember } = yield* ConnectedClient
    const connected = yield* open(connection)
    const runs = yield* Runs
    const [newest] = yield* runs.list({ connectionId, limit: 1 })
    const managed = yield* runs.managed(connectionId)
    return yield* Effect.ensuring(use({ connected, managed, after: newest?.id ?? null }), remember(connected))
  })

const full = Effect.fnUntraced(function* (
  subject: Subject,
  { after, connected, managed }: Situation,
  needsFull: FullReason | null
): Effect.fn.Return<Planned, ScimError | ListIncomplete> {
  const { adopt, connectionId, leftGroups, mapping, policy, source } = subject
  const digests = new Digests()
  const options = { adopt, leftGroups, managed: managedOf(managed), isAsSent: sentBefore(managed), protect: policy }
  const made = yield* Reconcile.plan({ source, mapping, connected, options, digests })
  const { plan, recognised: found, ...reading } = made
  digests.leaveOthers(managed, plan)
  // Of whoever has yet to be changed it is known only afterwards what was sent.
  const concerned = new Concerned(plan.actions)
  const recognised = withDigests(found, digests).map((one) => (concerned.has(one) ? { ...one, digest: null } : one))
  return {
    connectionId,
    kind: "reconcile",
    source: source.name,
    plan,
    policy,
    judgement: judge(plan, policy),
    recognised,
    digests,
    after,
    reading,
    needsFull
  }
})

const incremental = Effect.fnUntraced(function* (
  subject: Subject,
  { after, connected, managed }: Situation
): Effect.fn.Return<Planned, ScimError | ListIncomplete | NeedsFull> {
  const { adopt, connectionId, mapping, policy, source } = subject
  const made = yield* Incremental.plan({ source, mapping, connected, adopt, managed })
  const { digests, plan, recognised, isEmpty: _isEmpty, unchanged: _unchanged, ...reading } = made
  return {
    connectionId,
    kind: "incremental",
    source: source.name,
    plan,
    policy,
    judgement: judge(plan, policy),
    recognised,
    digests,
    after,
    reading,
    needsFull: null
  }
})

/** Plans about everybody or about the changes; about everybody, too, where the changes alone do not tell what is right. */
export const planned = Effect.fn("Sync.plan")(function* (
  subject: Subject,
  mode: Mode
): Effect.fn.Return<Planned, PlanFailure, PlanServices> {
  return yield* situated(subject, (situation) =>
    mode === "full"
      ? full(subject, situation, null)
      : incremental(subject, situation).pipe(
          Effect.catchTag("NeedsFull", ({ reason }) => full(subject, situation, reason))
        )
  )
})

/** Plans about one person, by key, user name or address. */
export const plannedOne = Effect.fn("Sync.planOne")(function* (
  subject: Subject,
  reference: string
): Effect.fn.Return<PlannedOne, PlanFailure | ProvisionOne.NotOnePerson | NeedsFull | SourceFailure, PlanServices> {
  const { adopt, connectionId, mapping, policy, source } = subject
  return yield* situated(
    subject,
    Effect.fnUntraced(function* ({ after, connected, managed }) {
      const asked = { source, mapping, connected, adopt, managed, reference }
      const { digests, plan, recognised, ...made } = yield* ProvisionOne.plan(asked)
      const { behaviour } = yield* connected.client.profile
      return {
        connectionId,
        kind: "provision",
        source: source.name,
        plan,
        policy,
        judgement: judge(plan, policy),
        recognised,
        digests,
        after,
        made,
        tokenScheme: behaviour.tokenScheme
      } as const
    })
  )
})
