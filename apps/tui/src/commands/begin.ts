/** From a plan that a person has seen to a run: asks, begins it, and carries it out. */
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { judge } from "@loom-scim/core/provisioning/Guard"
import type { Run } from "@loom-scim/core/runs/Run"
import type { NewRun } from "@loom-scim/core/runs/RunService"
import { RunService } from "@loom-scim/core/runs/RunService"
import type { Actor } from "@loom-scim/core/setup/Evidence"
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

/** A plan, and what begins its run; null when there was nothing to do. */
export interface Startable<E, R> {
  readonly plan: NewRun["plan"]
  readonly start: (by: Actor) => Effect.Effect<Run | null, E, R>
}

/** A run as it is begun without more ado. */
export const startable = (run: Omit<NewRun, "by">): Startable<Effect.Error<ReturnType<Begin>>, RunService> => ({
  plan: run.plan,
  start: (by) => (isEmpty(run.plan) ? Effect.succeed(null) : RunService.use(({ begin }) => begin({ ...run, by })))
})

type Begin = RunService["Service"]["begin"]

/** Asks when there is anything to do, then carries the plan out. Nothing is begun without a yes. */
export const begin = Effect.fn("runs.begin")(function* <E, R>(
  flags: SharedFlags,
  { plan, start }: Startable<E, R>,
  asking: Asking
) {
  if (!isEmpty(plan)) yield* agreed(plan.actions.length, asking)
  const actor = actingAs(faceOf(flags), Option.none())
  const run = yield* start(actor)
  if (run === null) return yield* Console.log(flags.json ? JSON.stringify({ _tag: "NothingToDo" }) : "Nothing to do.")
  if (!flags.json) yield* Console.log(`Run ${run.id}`)
  return yield* carry(flags, run.id, { actor, isResumed: false })
})
