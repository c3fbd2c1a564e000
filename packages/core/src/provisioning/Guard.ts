/** What a plan may do without being asked. Beyond it a run stops and waits for a person's decision. */
import { Schema } from "effect"
import type { JsonObject } from "../scim/Json.ts"
import { get } from "../scim/ResourceValue.ts"
import { DomainName, ofEmail } from "../setup/Domain.ts"
import type { Action, Change } from "./Action.ts"
import { addressesOf, isActive, isActiveAdmin } from "./Facet.ts"
import type { Plan } from "./Plan.ts"
import { harmedGroups, harmsPeople, Protection } from "./Protection.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Percent = Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 100 }))

/** A limit: whichever of the two is exceeded first. Null sets no limit; both null switch it off. */
export const Threshold = Schema.Struct({
  count: Schema.NullOr(Count),
  /** Of the people we manage: of those who have access, where access or groups are lost; of all, where they are deleted. */
  percent: Schema.NullOr(Percent)
})
export type Threshold = typeof Threshold.Type

/** What is allowed. */
export const GuardPolicy = Schema.Struct({
  /** Of those who lose access: deactivated, and deleted while they had it. */
  losses: Threshold,
  /** Of those who are deleted for good. */
  deletions: Threshold,
  /** Of those who are taken out of groups and keep their access: what a source without its groups would look like. */
  removals: Threshold,
  /** Of groups that are deleted. A percentage of the people we manage says nothing of groups, so it is not looked at. */
  groupDeletions: Threshold,
  /**
   * So many never exceed a percentage: in a small directory one person is many per cent. That all lose access at once, or
   * are deleted, is held whatever the limits are, however few they are: that is what an empty source looks like.
   */
  tolerated: Count,
  ...Protection.fields,
  /** How many active admins there have to be, where there are any that the server shows. */
  minAdmins: Count,
  /** The domains that the workspace has verified; people elsewhere could not log in. Null does not check. */
  domains: Schema.NullOr(Schema.Array(DomainName))
})
export type GuardPolicy = typeof GuardPolicy.Type

/**
 * Careful: ten people or ten per cent, but two people always, unless they are all there are; five deletions or five per
 * cent; two hundred people or a fifth out of groups; three groups; one admin stays. On a usual day few people leave; more
 * are nearly always a mistake in the source or in the mapping.
 */
export const careful: GuardPolicy = {
  losses: { count: 10, percent: 10 },
  deletions: { count: 5, percent: 5 },
  removals: { count: 200, percent: 20 },
  groupDeletions: { count: 3, percent: null },
  tolerated: 2,
  protectedPeople: [],
  protectedFilter: null,
  protectedGroups: [],
  minAdmins: 1,
  domains: null
}

const exceeded = {
  count: Schema.Int,
  /** The people we manage of whom the percentage is; all of them where it is not known how many have access. */
  of: Schema.Int,
  limit: Threshold
}
/** The first few, for people, and how many there are. */
const named = { count: Schema.Int, labels: Schema.Array(Schema.String) }

/** More people would lose access than allowed. */
export const TooManyLosses = Schema.TaggedStruct("TooManyLosses", exceeded)
/** More people would be deleted than allowed. */
export const TooManyDeletions = Schema.TaggedStruct("TooManyDeletions", exceeded)
/** More people would be taken out of groups than allowed. */
export const TooManyRemovals = Schema.TaggedStruct("TooManyRemovals", exceeded)
/** More groups would be deleted than allowed. */
export const TooManyGroupDeletions = Schema.TaggedStruct("TooManyGroupDeletions", exceeded)
/** Protected people would lose their access or get a lower role. */
export const ProtectedPeople = Schema.TaggedStruct("ProtectedPeople", named)
/** Protected groups would lose members, their name or all. */
export const ProtectedGroups = Schema.TaggedStruct("ProtectedGroups", named)
/** Too few admins would be left. */
export const LastAdmin = Schema.TaggedStruct("LastAdmin", {
  before: Schema.Int,
  after: Schema.Int,
  minimum: Schema.Int
})
/** People would get addresses outside the verified domains. */
export const OutsideDomains = Schema.TaggedStruct("OutsideDomains", named)

/** Why a plan is held. */
export const HoldReason = Schema.Union([
  TooManyLosses,
  TooManyDeletions,
  TooManyRemovals,
  TooManyGroupDeletions,
  ProtectedPeople,
  ProtectedGroups,
  LastAdmin,
  OutsideDomains
])
export type HoldReason = typeof HoldReason.Type

/** What is said of a plan. */
export const Judgement = Schema.Union([
  Schema.TaggedStruct("Clear", {}),
  Schema.TaggedStruct("Held", { reasons: Schema.NonEmptyArray(HoldReason) })
])
export type Judgement = typeof Judgement.Type

const maxLabels = 20

/** `of` is null where it is not known: it may be all then, so that no more than the tolerated are below a percentage. */
const exceeds = (count: number, of: number | null, limit: Threshold, tolerated: number): boolean => {
  if (limit.count !== null && count > limit.count) return true
  return limit.percent !== null && count > tolerated && count * 100 > limit.percent * (of ?? count)
}

const isAll = (count: number, of: number | null): boolean => of !== null && count > 0 && count >= of

/** Whether somebody is an active admin before and after an action. */
export const adminOf = (action: Action): { readonly before: boolean; readonly after: boolean } => {
  switch (action._tag) {
    case "Create":
      return { before: false, after: isActiveAdmin(action.resource) }
    case "Delete":
      return { before: isActiveAdmin(action.before), after: false }
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate":
      return action.admin
    default:
      return { before: false, after: false }
  }
}

const holdNamed = (
  make: (fields: { readonly count: number; readonly labels: ReadonlyArray<string> }) => HoldReason,
  named: ReadonlyArray<string>
): ReadonlyArray<HoldReason> => {
  const labels = [...new Set(named)]
  return labels.length === 0 ? [] : [make({ count: labels.length, labels: labels.slice(0, maxLabels) })]
}

const labelsOf = (actions: ReadonlyArray<Action>): ReadonlyArray<string> => actions.map(({ label }) => label)

const userNameOf = (resource: JsonObject): ReadonlyArray<string> => {
  const userName = get(resource, "userName")
  return typeof userName === "string" ? [userName] : []
}

/** The user name and primary address that an action gives somebody; further addresses may be anywhere. */
const loginsGiven = (action: Action): ReadonlyArray<string> => {
  switch (action._tag) {
    case "Create":
      return [...userNameOf(action.resource), ...addressesOf(get(action.resource, "emails")).slice(0, 1)]
    case "Adopt":
    case "Reactivate":
      return [action.label, ...changedLogins(action.changes)]
    case "Update":
    case "RoleChange":
      return changedLogins(action.changes)
    default:
      return []
  }
}

const changedLogins = (changes: ReadonlyArray<Change>): ReadonlyArray<string> =>
  changes.flatMap(({ after, path }) => {
    if (path === "emails") return addressesOf(after).slice(0, 1)
    return path === "userName" && typeof after === "string" ? [after] : []
  })

const isOutside = (domains: ReadonlyArray<DomainName>): ((action: Action) => boolean) => {
  const verified = new Set<string>(domains)
  // A domain with a dot behind it is the same in DNS, and no mail goes to it (RFC 5321 §4.1.2).
  const isIn = (login: string) => !login.endsWith(".") && verified.has(ofEmail(login) ?? "")
  return (action) => loginsGiven(action).some((login) => login.includes("@") && !isIn(login))
}

/** How many people are taken out of groups without losing their access as well. */
const removedFrom = (actions: ReadonlyArray<Action>): number => {
  const leaving = new Set(
    actions.flatMap((action) => (action._tag === "Deactivate" || action._tag === "Delete" ? [action.id] : []))
  )
  const removed = new Set<string>()
  for (const action of actions) {
    if (action._tag !== "MembersRemove") continue
    for (const { id } of action.members) if (id !== null && !leaving.has(id)) removed.add(id)
  }
  return removed.size
}

/** Judges a plan. Every reason that holds it is given, not only the first. */
export const judge = (plan: Plan, policy: GuardPolicy): Judgement => {
  const { actions, census } = plan
  const deleted = actions.filter((action) => action._tag === "Delete")
  const deletions = deleted.length
  const losses =
    deleted.filter(({ before }) => isActive(before)).length + actions.filter(({ _tag }) => _tag === "Deactivate").length
  // Who did not count those with access did not count the others either.
  const active = census.active ?? null
  const managed = census.active === undefined ? null : census.managed
  const removals = removedFrom(actions)
  const groupDeletions = actions.filter(({ _tag }) => _tag === "GroupDelete").length
  let admins = census.admins
  for (const action of actions) {
    const { after, before } = adminOf(action)
    admins += Number(after) - Number(before)
  }
  const of = active ?? census.managed
  const [first, ...others]: ReadonlyArray<HoldReason> = [
    ...(isAll(losses, active) || exceeds(losses, active, policy.losses, policy.tolerated)
      ? [{ _tag: "TooManyLosses", count: losses, of, limit: policy.losses } as const]
      : []),
    ...(isAll(deletions, managed) || exceeds(deletions, managed, policy.deletions, policy.tolerated)
      ? [{ _tag: "TooManyDeletions", count: deletions, of: census.managed, limit: policy.deletions } as const]
      : []),
    ...(exceeds(removals, active, policy.removals, policy.tolerated)
      ? [{ _tag: "TooManyRemovals", count: removals, of, limit: policy.removals } as const]
      : []),
    ...(exceeds(groupDeletions, null, { ...policy.groupDeletions, percent: null }, policy.tolerated)
      ? [{ _tag: "TooManyGroupDeletions", count: groupDeletions, of, limit: policy.groupDeletions } as const]
      : []),
    ...holdNamed((fields) => ({ _tag: "ProtectedPeople", ...fields }), labelsOf(actions.filter(harmsPeople(policy)))),
    ...holdNamed((fields) => ({ _tag: "ProtectedGroups", ...fields }), actions.flatMap(harmedGroups(policy))),
    // Fewer than before, and too few: a directory that shows no admins at all cannot lose its last.
    ...(admins < census.admins && admins < policy.minAdmins
      ? [{ _tag: "LastAdmin", before: census.admins, after: admins, minimum: policy.minAdmins } as const]
      : []),
    ...(policy.domains === null
      ? []
      : holdNamed(
          (fields) => ({ _tag: "OutsideDomains", ...fields }),
          labelsOf(actions.filter(isOutside(policy.domains)))
        ))
  ]
  return first === undefined ? { _tag: "Clear" } : { _tag: "Held", reasons: [first, ...others] }
}
