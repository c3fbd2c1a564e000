/** Plans before the guard, for tests. */
import { careful, type GuardPolicy, judge } from "../../src/provisioning/Guard.ts"
import type { Plan } from "../../src/provisioning/Plan.ts"
import { make, managing } from "./PlanApply.ts"
import { person, user } from "./PersonArbitrary.ts"

/** Lets everything pass but what a test names. */
export const open: GuardPolicy = {
  ...careful,
  losses: { count: null, percent: null },
  deletions: { count: null, percent: null },
  minAdmins: 0
}

/** Why a plan is held. */
export const reasons = (plan: Plan, policy: Partial<GuardPolicy>) => {
  const judgement = judge(plan, { ...open, ...policy })
  return judgement._tag === "Held" ? judgement.reasons : []
}

/** The same, without the numbers. */
export const names = (plan: Plan, policy: Partial<GuardPolicy>) => reasons(plan, policy).map(({ _tag }) => _tag)

/** A directory of `size` people of ours, of whom the last `leaving` are gone from the source. */
export const leaving = (size: number, leaving: number, leavers: "deactivate" | "delete" = "deactivate"): Plan => {
  const all = Array.from({ length: size }, (_, index) => person(`p${index}`))
  return make(
    { people: all.slice(0, size - leaving), users: all.map((one) => user(one.key, one)) },
    { leavers, managed: managing(all.map(({ key }) => [key, key])) }
  )
}
