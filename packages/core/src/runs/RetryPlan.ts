/** What a run left undone, as a plan. Pure. */
import { PlanBuilder } from "../provisioning/Plan.ts"
import type { Undone } from "../provisioning/Undo.ts"
import type { Impossible } from "../provisioning/UndoOutcome.ts"
import { type Now, outcomeOf } from "./RetryOutcome.ts"
import type { Run } from "./Run.ts"
import type { ItemState, RunItem } from "./RunItem.ts"

/** The states of items that may be tried again. */
export const retryStates = ["doubtful", "failed", "dropped"] as const satisfies ReadonlyArray<ItemState>

/** Whether an item may be tried again. A conflict is for a person to resolve, and what was rejected was rejected. */
export const isRetried = ({ action, outcome }: RunItem): boolean => {
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

/**
 * The same actions once more, as far as they are still to be done, with what was counted when they were planned; and what
 * is not tried, because it moved since or a later plan knows better.
 */
export const retryPlan = (
  { census, withheld }: Pick<Run, "census" | "withheld">,
  items: ReadonlyArray<RunItem>,
  now: Now
): Undone => {
  const builder = new PlanBuilder()
  const impossible: Array<Impossible> = []
  for (const item of items.filter(isRetried)) {
    const { _tag: tag, label } = item.action
    const outcome = outcomeOf(item, now)
    for (const action of outcome.actions) builder.add(action)
    for (const one of outcome.impossible) impossible.push({ label, tag, ...one })
  }
  return { plan: builder.build({ census, withheld }), impossible }
}
