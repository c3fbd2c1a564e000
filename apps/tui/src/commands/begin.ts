/** From a plan that a person has seen to a run: asks, begins it, and carries it out. */
import { Runs } from "@loom-scim/core/ports/Runs"
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { judge } from "@loom-scim/core/provisioning/Guard"
import type { NewRun } from "@loom-scim/core/runs/RunService"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Console, Effect, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { carry } from "./carry.ts"
import { confirmed } from "./confirm.ts"
import { heldLines } from "./planReport.ts"
import { actingAs, faceOf } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"

/** How a plan is put to a person. */
export interface Asking {
  readonly yes: boolean
  /** Asked with the number of actions: "Carry out 12 actions?" */
  readonly question: (actions: number) => string
}

const things = (count: number): string => (count === 1 ? "1 action" : `${count} actions`)

/** Whether a person wants a plan carried out; ends the command when they do not. */
export const agreed = Effect.fnUntraced(function* (actions: number, { question, yes }: Asking) {
  if (yes || (yield* confirmed(question(actions)))) return
  yield* new Ended({ code: codes.refused, reason: "NotConfirmed", detail: "Nothing was begun." })
})

/** The usual question. */
export const carryOut = (actions: number): string => `Carry out ${things(actions)}? [y/N] `

/** Shows a plan that nobody has seen yet, and what the guard will stop of it. */
export const showPlan = Effect.fnUntraced(function* (
  flags: SharedFlags,
  { plan, policy }: Pick<NewRun, "plan" | "policy">
) {
  if (flags.json || isEmpty(plan)) return
  yield* Console.log(PlanText.toText(plan))
  const reasons = heldLines({ judgement: judge(plan, policy) })
  if (reasons.length > 0) yield* Console.log(reasons.join("\n"))
})

/** Asks, then carries the plan out. Nothing is begun without a yes. */
export const begin = Effect.fn("runs.begin")(function* (flags: SharedFlags, run: Omit<NewRun, "by">, asking: Asking) {
  if (isEmpty(run.plan)) {
    const keep = run.recognised.map((resource) => ({ _tag: "Keep", resource }) as const)
    if (keep.length > 0) yield* Runs.use((runs) => runs.manage(run.connectionId, keep))
    return yield* Console.log(flags.json ? JSON.stringify({ _tag: "NothingToDo" }) : "Nothing to do.")
  }
  yield* agreed(run.plan.actions.length, asking)
  const actor = actingAs(faceOf(flags), Option.none())
  const { id } = yield* RunService.use((service) => service.begin({ ...run, by: actor }))
  if (!flags.json) yield* Console.log(`Run ${id}`)
  return yield* carry(flags, id, { actor, isResumed: false })
})
