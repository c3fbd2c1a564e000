/** A run about another run: what it left undone once more, or the opposite of what it did. */
import { Effect } from "effect"
import { ConnectedClient } from "../operations/ConnectedClient.ts"
import { Runs } from "../ports/Runs.ts"
import type { GuardPolicy } from "../provisioning/Guard.ts"
import { fingerprint, isEmpty, type Plan } from "../provisioning/Plan.ts"
import { plan as undoPlan } from "../provisioning/UndoRead.ts"
import type { Actor } from "../setup/Evidence.ts"
import { SetupService } from "../setup/SetupService.ts"
import { retryPlan, retryStates } from "./RetryPlan.ts"
import { isOver, type Run } from "./Run.ts"
import { RunRefused, RunService } from "./RunService.ts"

const ended = (run: Run): Effect.Effect<Run, RunRefused> =>
  isOver(run.status)
    ? Effect.succeed(run)
    : Effect.fail(
        new RunRefused({
          runId: run.id,
          reason: "notOver",
          detail: `Run ${run.id} is not over.`,
          next: "Let it go on or end it first."
        })
      )

/** What a run left undone and can be tried again, as a plan. Changes nothing. */
export const retryOf = Effect.fn("Again.retryOf")(function* (of: Run) {
  const { id } = yield* ended(of)
  return retryPlan(of, yield* Runs.use((runs) => runs.items(id, { states: retryStates })))
})

/** The opposite of what a run did, as a plan, and what of it cannot be put back. Changes nothing. */
export const undoOf = Effect.fn("Again.undoOf")(function* (of: Run) {
  const { connectionId, id } = yield* ended(of)
  const { items, managed } = yield* Runs
  const { open, remember } = yield* ConnectedClient
  const connected = yield* open(yield* SetupService.use((setup) => setup.get(connectionId)))
  const ours = yield* managed(connectionId)
  return yield* Effect.ensuring(
    undoPlan({
      connected,
      items: yield* items(id, { states: ["done", "doubtful"] }),
      managed: ours.filter(({ endpoint }) => endpoint === "Users").length
    }),
    remember(connected)
  )
})

/** How a run about another is begun. */
export interface AgainOptions {
  readonly policy: GuardPolicy
  readonly by: Actor
  /** The fingerprint of the plan that a person saw; it is refused when it would be another by now. Null looks at none. */
  readonly seen: string | null
}

const begun = Effect.fnUntraced(function* (
  { connectionId, id }: Run,
  kind: "retry" | "undo",
  plan: Plan,
  { by, policy, seen }: AgainOptions
) {
  if (seen !== null && seen !== fingerprint(plan)) {
    return yield* new RunRefused({
      runId: id,
      reason: "moved",
      detail: "What would be done is no longer what was shown; nothing was begun.",
      next: "Look at it again, and decide anew."
    })
  }
  if (isEmpty(plan)) return null
  const run = { connectionId, kind, parent: id, source: `run ${id}`, plan, policy, by, recognised: [] }
  return yield* RunService.use((service) => service.begin(run))
})

/** Begins what a run left undone as a run of its own; null when it left nothing that can be tried again. */
export const retry = Effect.fn("Again.retry")(function* (of: Run, options: AgainOptions) {
  return yield* begun(of, "retry", yield* retryOf(of), options)
})

/** Begins the opposite of what a run did; `run` is null when nothing can be put back, `impossible` says what cannot. */
export const undo = Effect.fn("Again.undo")(function* (of: Run, options: AgainOptions) {
  const { impossible, plan } = yield* undoOf(of)
  return { run: yield* begun(of, "undo", plan, options), impossible }
})
