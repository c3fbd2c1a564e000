/** What a person decided about a plan that the guard holds: allow or reject, who, when, and what exactly. */
import { Schema } from "effect"
import { Actor } from "../setup/Evidence.ts"
import type { HoldReason, Judgement } from "./Guard.ts"

/** The names of the reasons. */
export const HoldTag = Schema.Literals([
  "TooManyLosses",
  "TooManyDeletions",
  "TooManyRemovals",
  "TooManyGroupDeletions",
  "ProtectedPeople",
  "ProtectedGroups",
  "LastAdmin",
  "OutsideDomains"
] satisfies ReadonlyArray<HoldReason["_tag"]>)
export type HoldTag = typeof HoldTag.Type

/** A decision about one plan, as it was shown. */
export const Decision = Schema.Struct({
  verdict: Schema.Literals(["allow", "reject"]),
  by: Actor,
  at: Schema.DateTimeUtcFromString,
  /** The fingerprint of the plan: a decision about one plan says nothing of another. */
  plan: Schema.String,
  /** The reasons that the person was shown. */
  reasons: Schema.Array(HoldTag),
  note: Schema.String
})
export type Decision = typeof Decision.Type

/** What may happen now. */
export type Standing =
  | { readonly _tag: "Go" }
  | { readonly _tag: "Waits"; readonly reasons: ReadonlyArray<HoldTag> }
  | { readonly _tag: "Rejected"; readonly decision: Decision }

/** A decision about a plan, by its fingerprint, as it is judged. */
export const decide = (
  plan: string,
  judgement: Judgement,
  made: Pick<Decision, "verdict" | "by" | "at" | "note">
): Decision => ({
  ...made,
  plan,
  reasons: judgement._tag === "Held" ? judgement.reasons.map(({ _tag }) => _tag) : []
})

/**
 * Whether a plan, by its fingerprint, may go on. The last decision about exactly this plan counts; it allows only what it was shown, so that
 * a reason that came up later waits for a decision of its own.
 */
export const standing = (plan: string, judgement: Judgement, decisions: ReadonlyArray<Decision>): Standing => {
  const decision = decisions.findLast((one) => one.plan === plan)
  if (decision?.verdict === "reject") return { _tag: "Rejected", decision }
  if (judgement._tag === "Clear") return { _tag: "Go" }
  const allowed = new Set(decision?.reasons)
  const reasons = judgement.reasons.map(({ _tag }) => _tag).filter((tag) => !allowed.has(tag))
  return reasons.length === 0 ? { _tag: "Go" } : { _tag: "Waits", reasons }
}
