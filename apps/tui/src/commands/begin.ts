/** From a plan that a person has seen to a run: asks, begins it, and carries it out. */
import { Runs } from "@loom-scim/core/ports/Runs"
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { judge } from "@loom-scim/core/provisioning/Guard"
import type { NewRun } from "@loom-scim/core/runs/RunService"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Console, Effect, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { held } from "../plain/HoldText.ts"
import { carry } from "./carry.ts"
import { confirmed } from "./confirm.ts"
import { actingAs, faceOf } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"

/** How a plan is put to a person. */
export interface Asking {
  readonly yes: boolean
  /** Asked with the number of actions: "Carry out 12 actions?" */
  readonly question: (actions: number) => string
}

const things = (count: number): string => (count === 1 ? "1 action" : `${count} actions`)

/** The usual question. */
export const carryOut = (actions: number): string => `Carry out ${things(actions)}? [y/N] `

/** Shows a plan that nobody has seen yet, and what the guard will stop of it. */
export const showPlan = Effect.fnUntraced(function* (
  flags: SharedFlags,
  { plan, policy }: Pick<NewRun, "plan" | "policy">
) {
  if (flags.json || isEmpty(plan)) return
  yield* Console.log(PlanText.toText(plan))
  const judgement = judge(plan, policy)
  if (judgement._tag === "Clear") return
  yield* Console.log(["Held until somebody allows it:", ...judgement.reasons.map((one) => `  ${held(one)}`)].join("\n"))
})

/** Asks, then carries the plan out. Nothing is begun without a yes. */
export const begin = Effect.fn("runs.begin")(function* (
  flags: SharedFlags,
  run: Omit<NewRun, "by">,
  { question, yes }: Asking
) {
  if (isEmpty(run.plan)) {
    const keep = run.recognised.map((resource) => ({ _tag: "Keep", resource }) as const)
    if (keep.length > 0) yield* Runs.use((runs) => runs.manage(run.connectionId, keep))
    return yield* Console.log(flags.json ? JSON.stringify({ _tag: "NothingToDo" }) : "Nothing to do.")
  }
  if (!yes) {
    if (!(yield* confirmed(question(run.plan.actions.length)))) {
      return yield* new Ended({ code: codes.refused, reason: "NotConfirmed", detail: "Nothing was begun." })
    }
  }
  const actor = actingAs(faceOf(flags), Option.none())
  const { id } = yield* RunService.use((service) => service.begin({ ...run, by: actor }))
  if (!flags.json) yield* Console.log(`Run ${id}`)
  return yield* carry(flags, id, { actor, isResumed: false })
})
