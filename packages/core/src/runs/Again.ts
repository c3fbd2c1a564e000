/** A run about another run: what it left undone once more, or the opposite of what it did. */
import { Effect } from "effect"
import { type Connected, ConnectedClient } from "../operations/ConnectedClient.ts"
import { Runs } from "../ports/Runs.ts"
import type { GuardPolicy } from "../provisioning/Guard.ts"
import { fingerprint, isEmpty, type Plan, PlanBuilder } from "../provisioning/Plan.ts"
import type { Undone } from "../provisioning/Undo.ts"
import { plan as undoPlan } from "../provisioning/UndoRead.ts"
import type { Actor } from "../setup/Evidence.ts"
import { SetupService } from "../setup/SetupService.ts"
import { isRetried, retryStates } from "./RetryPlan.ts"
import * as RetryRead from "./RetryRead.ts"
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

const nothingLeft = ({ census, withheld }: Run): Undone => ({
  plan: new PlanBuilder().build({ census, withheld }),
  impossible: []
})

/** Opens the connection of a run and keeps what was learnt of its server, however it ends. */
const opened = Effect.fnUntraced(function* <A, E, R>(
  { connectionId }: Run,
  use: (connected: Connected) => Effect.Effect<A, E, R>
) {
  const { open, remember } = yield* ConnectedClient
  const connected = yield* open(yield* SetupService.use((setup) => setup.get(connectionId)))
  return yield* Effect.ensuring(use(connected), remember(connected))
})

/** The runs after one; refused while another that does the same about it is not over. */
const afterOthers = Effect.fnUntraced(function* (of: Run, kind: "retry" | "undo") {
  const later = yield* RetryRead.runsAfter(of)
  for (const run of later) if (run.kind === kind && run.parent === of.id) yield* ended(run)
  return later
})

/**
 * What a run left undone and is still to be done, as a plan, and what is not tried since it moved or a later plan knows
 * better. Changes nothing. Refused while an earlier retry is not over.
 */
export const retryOf = Effect.fn("Again.retryOf")(function* (of: Run) {
  const { connectionId, id } = yield* ended(of)
  const runs = yield* Runs
  const items = (yield* runs.items(id, { states: retryStates })).filter(isRetried)
  if (items.length === 0) return nothingLeft(of)
  const later = yield* afterOthers(of, "retry")
  const managed = yield* runs.managed(connectionId)
  return yield* opened(of, (connected) => RetryRead.plan({ run: of, connected, items, later, managed }))
})

/**
 * The opposite of what a run did, as a plan, and what of it cannot be put back. Changes nothing. Refused while an earlier
 * undoing is not over.
 */
export const undoOf = Effect.fn("Again.undoOf")(function* (of: Run) {
  const { connectionId, id } = yield* ended(of)
  yield* afterOthers(of, "undo")
  const { items, managed } = yield* Runs
  const ours = (yield* managed(connectionId)).filter(({ endpoint }) => endpoint === "Users")
  const done = yield* items(id, { states: ["done", "doubtful"] })
  return yield* opened(of, (connected) => undoPlan({ connected, items: done, managed: ours }))
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

/** Begins what a run left undone as a run of its own; `run` is null when nothing is to be tried, `impossible` says what is not. */
export const retry = Effect.fn("Again.retry")(function* (of: Run, options: AgainOptions) {
  const { impossible, plan } = yield* retryOf(of)
  return { run: yield* begun(of, "retry", plan, options), impossible }
})

/** Begins the opposite of what a run did; `run` is null when nothing can be put back, `impossible` says what cannot. */
export const undo = Effect.fn("Again.undo")(function* (of: Run, options: AgainOptions) {
  const { impossible, plan } = yield* undoOf(of)
  return { run: yield* begun(of, "undo", plan, options), impossible }
})
