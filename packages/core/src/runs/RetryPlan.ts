/** What a run left undone, as a plan. Pure. */
import type { Action } from "../provisioning/Action.ts"
import { compare, type Plan } from "../provisioning/Plan.ts"
import type { Run } from "./Run.ts"
import type { ItemState, RunItem } from "./RunItem.ts"

/** The states of items that may be tried again. */
export const retryStates = ["doubtful", "failed", "dropped"] as const satisfies ReadonlyArray<ItemState>

/** A conflict is for a person to resolve, and what was rejected was rejected. */
const isRetried = ({ action, outcome }: RunItem): boolean => {
  if (action._tag === "Conflict" || action._tag === "Skip" || outcome === null) return false
  switch (outcome._tag) {
    case "Done":
      return false
    case "Doubtful":
    case "Failed":
      return true
    case "Dropped":
      return outcome.reason === "cancelled" || outcome.reason === "notCreated"
  }
}

const count = (actions: ReadonlyArray<Action>): Plan["counts"] => {
  const counts: Record<string, number> = {}
  for (const { _tag } of actions) counts[_tag] = (counts[_tag] ?? 0) + 1
  return counts
}

/** The same actions once more, with what was counted when they were planned. */
export const retryPlan = (
  { census, withheld }: Pick<Run, "census" | "withheld">,
  items: ReadonlyArray<RunItem>
): Plan => {
  const actions = items
    .filter(isRetried)
    .map(({ action }) => action)
    .toSorted(compare)
  return { version: 1, census, withheld, counts: count(actions), skipped: {}, actions }
}
