/** What the API says of a list, as the verdict that core has of it. */
import type { Verdict } from "@loom-scim/contract/Directory"
import type { IncompleteReason, ListQuirk, ListVerdict } from "@loom-scim/core/scim/List"

const reasons: ReadonlyArray<IncompleteReason> = [
  "emptyPageBeforeTotal",
  "noProgress",
  "totalsDoNotFit",
  "totalChanged",
  "cursorRepeats",
  "tooManyPages"
]

/** Complete or not, with what was counted. */
export const verdictOf = ({
  complete,
  duplicates,
  reason,
  seen,
  total,
  unmatched
}: typeof Verdict.Type): ListVerdict => {
  const quirks: ReadonlySet<ListQuirk> = new Set()
  const common = { quirks, counts: { pages: 0, distinct: seen, duplicates, unmatched, total } }
  if (complete) return { ...common, _tag: "Complete" }
  // Only between two walks through a list does the API see more: that it changed meanwhile.
  return { ...common, _tag: "Incomplete", reason: reasons.find((known) => known === reason) ?? "totalChanged" }
}
