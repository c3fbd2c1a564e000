/**
 * One action of core's planner, carried out: what the guard holds is refused, and what the server answered with success
 * and did not do is an error, so that a function that answers has done what was asked.
 */
import type { Action } from "@loom-scim/core/provisioning/Action"
import { describe } from "@loom-scim/core/provisioning/Action"
import type { Census } from "@loom-scim/core/provisioning/Census"
import { HoldTag } from "@loom-scim/core/provisioning/Decision"
import type { GuardPolicy } from "@loom-scim/core/provisioning/Guard"
import { judge } from "@loom-scim/core/provisioning/Guard"
import type { Person } from "@loom-scim/core/provisioning/Person"
import { PlanBuilder } from "@loom-scim/core/provisioning/Plan"
import { Planner } from "@loom-scim/core/provisioning/Planner"
import type { PlanOptions } from "@loom-scim/core/provisioning/PlanOptions"
import { withAdmins } from "@loom-scim/core/provisioning/SubsetAdmins"
import { performUser } from "@loom-scim/core/runs/PerformUser"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import type { ListVerdict } from "@loom-scim/core/scim/List"
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import type { ListIncomplete } from "@loom-scim/core/scim/ScimClientList"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Schema } from "effect"
import { Ambiguous } from "./Identify.ts"
import { policyField } from "./Policy.ts"

const words: Readonly<Record<HoldTag, readonly [why: string, next: string]>> = {
  LastAdmin: [
    "too few active admins would be left",
    "Make somebody else an admin first, with set-role, then call again."
  ],
  ProtectedPeople: ["the person is protected", `Take them out of the protection in ${policyField}, if it is right.`],
  ProtectedGroups: ["the group is protected", `Take it out of protectedGroups in ${policyField}, if it is right.`],
  TooManyLosses: ["the policy lets nobody lose access", `Correct losses in ${policyField}.`],
  TooManyDeletions: ["the policy lets nobody be deleted", `Correct deletions in ${policyField}.`],
  TooManyRemovals: ["the policy lets nobody leave a group", `Correct removals in ${policyField}.`],
  TooManyGroupDeletions: ["the policy lets no group be deleted", `Correct groupDeletions in ${policyField}.`],
  OutsideDomains: ["the address is outside the verified domains", "Verify the domain first."]
}

/** The guard does not let it happen. Nothing was changed. */
export class HeldByPolicy extends Schema.TaggedError<HeldByPolicy>()("HeldByPolicy", {
  reasons: Schema.NonEmptyArray(HoldTag)
}) {
  override get message(): string {
    return `It is refused: ${this.reasons.map((reason) => words[reason][0]).join(", and ")}.`
  }
  get next(): string {
    return words[this.reasons[0]][1]
  }
}

/** The server answered success, and shows otherwise. */
export class NotTaken extends Schema.TaggedError<NotTaken>()("NotTaken", { id: Schema.String, doubt: Schema.String }) {
  override get message(): string {
    return `It was sent and answered with success, but ${this.doubt}`.replace(/[^.?]$/, "$&.")
  }
  get next(): string {
    return "Put that right on the server, then call again; run-doctor with write shows what it drops."
  }
}

/** Of a list that was asked for exactly those who are meant, nothing is concluded from who is not in it. */
const asked: ListVerdict = {
  _tag: "Complete",
  quirks: new Set(),
  counts: { pages: 0, distinct: 0, duplicates: 0, unmatched: 0, total: null }
}

/** What the planner says of one person, or of one user who leaves. */
export interface Planned {
  readonly action: Action
  readonly census: Census
}

/** Whom it is about: a person and the users they may be, or the user who leaves (the person is null). */
export interface Subject extends Pick<PlanOptions, "adopt" | "leavers"> {
  readonly person: Person | null
  readonly users: ReadonlyArray<JsonObject>
  /** Key by id, of users that were named and not found by what they are called. */
  readonly managed: ReadonlyMap<string, string>
}

/** Plans it, with the planner that plans for everybody. */
export const planOne = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  { adopt, leavers, managed, person, users }: Subject
): Effect.fn.Return<Planned> {
  const { behaviour } = yield* client.profile
  const planner = new Planner({
    leavers,
    adopt,
    leftGroups: "empty",
    managed: { users: managed, groups: new Set() },
    diff: { memberRemoval: behaviour.memberRemoval, clearAll: behaviour.clearMembers }
  })
  if (person !== null) planner.desired(person)
  for (const user of users) planner.actual(user)
  const settlement = planner.finish({ sourceFailure: null, users: asked })
  const [action] = person === null ? settlement.rest() : [settlement.settle(person)]
  if (action === undefined || action === null) return yield* Effect.die(new Error("nobody was planned for"))
  // Of how many it is one is not known here, and the guard is not to take this one for all there are.
  const { active: _, ...census } = settlement.census
  return { action, census }
})

/** Refuses what the guard holds; admins are counted only when one would be lost. */
export const guarded = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  policy: GuardPolicy,
  { action, census }: Planned
): Effect.fn.Return<void, ScimError | HeldByPolicy> {
  const builder = new PlanBuilder()
  builder.add(action)
  const judgement = judge(yield* withAdmins(client, builder.build({ census, withheld: [] })), policy)
  if (judgement._tag === "Clear") return
  const [first, ...others] = judgement.reasons
  return yield* new HeldByPolicy({ reasons: [first._tag, ...others.map(({ _tag }) => _tag)] })
})

/** What a function says was done. */
export const outcomes = [
  "created",
  "adopted",
  "reactivated",
  "updated",
  "deactivated",
  "deleted",
  "unchanged",
  "absent"
] as const

/** What was done; `id` is null when there is nobody. */
export interface Carried {
  readonly id: string | null
  readonly outcome: (typeof outcomes)[number]
  readonly changes: ReadonlyArray<{ readonly path: string; readonly before: unknown; readonly after: unknown }>
  /** It was so by the time it was sent: an earlier attempt had been carried out, or something else had done the same. */
  readonly isFound: boolean
}

const nextOf = (action: Extract<Action, { readonly _tag: "Conflict" }>): string => {
  switch (action.reason) {
    case "otherExternalId":
      return 'If it is the same person, call again with adopt "any"; it gets your external id.'
    case "notExpressible":
      return "Correct the attributes, then call again."
    default:
      return "Look at these users on the server, and put right who is who; then call again."
  }
}

const changesOf = (action: Action): Carried["changes"] => ("changes" in action ? action.changes : [])

/** Carries it out. */
export const carry = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  policy: GuardPolicy,
  planned: Planned
): Effect.fn.Return<Carried, ScimError | ListIncomplete | HeldByPolicy | NotTaken | Ambiguous> {
  const { action } = planned
  const done = Effect.fnUntraced(function* (
    outcome: Carried["outcome"],
    user: Parameters<typeof performUser>[1]
  ): Effect.fn.Return<Carried, ScimError | ListIncomplete | HeldByPolicy | NotTaken> {
    yield* guarded(client, policy, planned)
    const { outcome: ended } = yield* performUser(client, user, false)
    if (ended._tag === "Doubtful") return yield* new NotTaken({ id: ended.id, doubt: ended.doubt })
    if (ended._tag !== "Done") return yield* Effect.die(new Error(`an action ended ${ended._tag}`))
    return { id: ended.id, outcome, changes: changesOf(action), isFound: ended.by === "found" }
  })
  switch (action._tag) {
    case "Create":
      return yield* done("created", action)
    case "Adopt":
      return yield* done("adopted", action)
    case "Reactivate":
      return yield* done("reactivated", action)
    case "Update":
    case "RoleChange":
      return yield* done("updated", action)
    case "Deactivate":
      return yield* done("deactivated", action)
    case "Delete":
      return yield* done("deleted", action)
    case "Conflict": {
      const detail = action.detail === "" || action.detail === action.ids.join(", ") ? "" : ` (${action.detail})`
      return yield* new Ambiguous({
        reason: `${describe(action.reason)}${detail}`,
        ids: action.ids,
        next: nextOf(action)
      })
    }
    case "Skip":
      return { id: action.id, outcome: "unchanged", changes: [], isFound: true }
    default:
      return yield* Effect.die(new Error(`${action._tag} is nothing that is done to a user`))
  }
})
