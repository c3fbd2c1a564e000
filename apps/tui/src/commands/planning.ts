/** From flags to a plan and its judgement: the one way of `plan` and of whatever carries plans out. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import type { ManagedResource } from "@loom-scim/core/ports/Runs"
import { type GuardPolicy, judge, type Judgement } from "@loom-scim/core/provisioning/Guard"
import type { Compiled } from "@loom-scim/core/provisioning/Mapping"
import type { LeftGroups } from "@loom-scim/core/provisioning/PlanGroups"
import { managedOf, type PlanOptions } from "@loom-scim/core/provisioning/PlanOptions"
import * as Reconcile from "@loom-scim/core/provisioning/Reconcile"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { Effect, type Option, type Scope } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import { mappingOf } from "./mapping.ts"
import { policyOf } from "./policy.ts"
import type { Services, SharedFlags } from "./shared.ts"
import { choose, open, type SourceFlags } from "./source.ts"

/** The flags of every command that makes a plan. */
export interface PlanningFlags extends SourceFlags {
  readonly connection: Option.Option<string>
  readonly mapping: string
  readonly policy: Option.Option<string>
  readonly adopt: PlanOptions["adopt"]
  readonly leftGroups: LeftGroups
}

/** Whose members are compared. */
export interface Subject {
  readonly connected: Connected
  readonly connection: Connection
  /** What is known to be managed on it. */
  readonly managed: Iterable<Pick<ManagedResource, "endpoint" | "id" | "key">>
}

/** A plan, and what a command needs to show it, to keep it or to carry it out. */
export interface Planned {
  readonly made: Reconcile.Reconciled
  readonly judgement: Judgement
  readonly policy: GuardPolicy
  readonly mapping: Compiled
  /** What a person calls the source; no secret is in it. */
  readonly source: string
}

/** Reads both sides and judges what would be done. Nothing is changed. */
export const planned = Effect.fn("planning.planned")(function* (
  flags: SharedFlags,
  own: PlanningFlags,
  { connected, connection, managed }: Subject
): Effect.fn.Return<Planned, Ended, Scope.Scope | Services> {
  const policy = yield* policyOf(own.policy, connection)
  const mapping = yield* mappingOf(own.mapping)
  const chosen = yield* Effect.fromResult(choose(own, mapping.mapping.source ?? {}, own.mapping))
  if (chosen.reference._tag === "Connection" && chosen.reference.id === connected.id) {
    const detail = `${connected.id} cannot be a source for itself. Name another with scim:CONNECTION.`
    return yield* new Ended({ code: codes.usage, reason: "SourceIsTarget", detail })
  }
  const { source } = yield* open(flags, own, chosen)
  const options = { adopt: own.adopt, leftGroups: own.leftGroups, managed: managedOf(managed) }
  const made = yield* Effect.mapError(Reconcile.plan({ source, mapping, connected, options }), fromError)
  return { made, judgement: judge(made.plan, policy), policy, mapping, source: source.name }
})

/** Why a plan is not to be relied on, as the end of a command; null when the source was whole and clear. */
export const sourceProblems = ({ contradictions, failure, problems }: Reconcile.Reconciled): Ended | null => {
  if (failure === null && problems.length === 0 && contradictions === 0) return null
  const detail = "The source has records that cannot be used, or was not read to its end."
  return new Ended({ code: codes.checkFailed, reason: "SourceProblems", detail })
}
