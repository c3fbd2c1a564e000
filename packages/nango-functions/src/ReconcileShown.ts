/** A plan as the functions answer it: within what Nango lets through, and honest about what is left out. */
import type { Action } from "@loom-scim/core/provisioning/Action"
import { describe } from "@loom-scim/core/provisioning/Action"
import type { HoldReason, Judgement } from "@loom-scim/core/provisioning/Guard"
import { summary } from "@loom-scim/core/provisioning/PlanText"
import type { Compared } from "./Compare.ts"

/** Nango refuses answers of 2 MB; the rest of the answer, and its own envelope, need room too. In bytes. */
const mostBytes = 1_500_000

const mostNames = 20

/** A reason of the guard; which numbers and names there are depends on it. */
const reasonOf = ({ _tag, ...numbers }: HoldReason) => ({ reason: _tag, ...numbers })

/** What the guard says. */
export const guardOf = (judgement: Judgement) =>
  judgement._tag === "Clear"
    ? { verdict: "clear" as const, reasons: [] }
    : { verdict: "held" as const, reasons: judgement.reasons.map(reasonOf) }

const membersOf = (members: ReadonlyArray<{ readonly label: string }>) => ({
  members: { count: members.length, names: members.slice(0, mostNames).map(({ label }) => label) }
})

/** Everybody's action, with its reason and what changes. */
export const actionOf = (action: Action) => {
  const common = {
    action: action._tag,
    label: action.label,
    key: action.key,
    id: "id" in action ? action.id : null,
    reason: action.reason,
    why: describe(action.reason)
  }
  switch (action._tag) {
    case "GroupCreate":
    case "MembersAdd":
    case "MembersRemove":
      return { ...common, ...membersOf(action.members) }
    case "GroupRename":
      return { ...common, changes: [{ path: "displayName", before: action.before, after: action.label }] }
    case "Conflict":
      return { ...common, ids: action.ids, detail: action.detail }
    default:
      return "changes" in action ? { ...common, changes: action.changes } : common
  }
}

/** As many as fit, from the beginning. */
export const fitting = <A>(all: ReadonlyArray<A>, most = mostBytes): ReadonlyArray<A> => {
  const encoder = new TextEncoder()
  let left = most
  const end = all.findIndex((one) => {
    left -= encoder.encode(JSON.stringify(one)).length + 1
    return left < 0
  })
  return end === -1 ? all : all.slice(0, end)
}

const nextOf = ({ judgement, plan: { actions, withheld } }: Compared, isTruncated: boolean): string => {
  const cut = isTruncated ? " Not every action is listed; the counts are of all." : ""
  if (actions.length === 0) return "Nothing is to be done."
  if (withheld.length > 0) return `Nobody is taken for gone, since the list is not whole: see withheld.${cut}`
  return judgement._tag === "Clear"
    ? `Call apply-reconcile with the same input.${cut}`
    : `Look at the reasons; if it is meant so, call apply-reconcile with the same input and allow, which names who says so and this plan.${cut}`
}

/** A plan as an answer. */
export const planOf = (compared: Compared) => {
  const { census, counts, skipped, withheld, actions: all } = compared.plan
  const actions = fitting(all.map(actionOf))
  const isTruncated = actions.length < all.length
  return {
    plan: compared.fingerprint,
    summary: summary(compared.plan),
    counts,
    skipped,
    census,
    withheld,
    guard: guardOf(compared.judgement),
    total: all.length,
    shown: actions.length,
    isTruncated,
    actions,
    next: nextOf(compared, isTruncated)
  }
}
