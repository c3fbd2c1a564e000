/** Where a plan that the guard holds has to stop: pure. */
import type { HoldTag } from "../provisioning/Decision.ts"
import type { Judgement } from "../provisioning/Guard.ts"
import { firstDestructive, type Phase, phases } from "./RunItem.ts"

const aboutTaking = new Set<HoldTag>(["TooManyLosses", "TooManyDeletions", "TooManyRemovals", "TooManyGroupDeletions"])

/**
 * Where a held plan stops. Too many departures stop it before anything is taken away, when the rest is done already;
 * whatever else is held may concern the rest as well.
 */
export const heldBefore = (judgement: Judgement): Phase => {
  const [first = firstDestructive] = phases
  if (judgement._tag === "Clear") return firstDestructive
  return judgement.reasons.every(({ _tag }) => aboutTaking.has(_tag)) ? firstDestructive : first
}
