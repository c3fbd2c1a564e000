/** A run about another run: what it left undone once more, or the opposite of what it did. */
import { Effect } from "effect"
import { ConnectedClient } from "../operations/ConnectedClient.ts"
import { Runs } from "../ports/Runs.ts"
import type { GuardPolicy } from "../provisioning/Guard.ts"
import { isEmpty } from "../provisioning/Plan.ts"
import type { Impossible } from "../provisioning/UndoOutcome.ts"
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

/** Begins what a run left undone as a run of its own; null when it left nothing that can be tried again. */
export const retry = Effect.fn("Again.retry")(function* (of: Run, policy: GuardPolicy, by: Actor) {
  const { connectionId, id } = yield* ended(of)
  const plan = retryPlan(of, yield* Runs.use((runs) => runs.items(id, { states: retryStates })))
  if (isEmpty(plan)) return null
  const run = {
    connectionId,
    kind: "retry",
    parent: id,
    source: `run ${id}`,
    plan,
    policy,
    by,
    recognised: []
  } as const
  return yield* RunService.use((service) => service.begin(run))
})

/** Begins the opposite of what a run did; `run` is null when nothing can be put back, `impossible` says what cannot. */
export const undo = Effect.fn("Again.undo")(function* (of: Run, policy: GuardPolicy, by: Actor) {
  const { connectionId, id } = yield* ended(of)
  const { items, managed } = yield* Runs
  const { open, remember } = yield* ConnectedClient
  const connected = yield* open(yield* SetupService.use((setup) => setup.get(connectionId)))
  const ours = yield* managed(connectionId)
  const made = yield* Effect.ensuring(
    undoPlan({
      connected,
      items: yield* items(id, { states: ["done", "doubtful"] }),
      managed: ours.filter(({ endpoint }) => endpoint === "Users").length
    }),
    remember(connected)
  )
  const { impossible, plan } = made
  const nothing: { readonly run: Run | null; readonly impossible: ReadonlyArray<Impossible> } = {
    run: null,
    impossible
  }
  if (isEmpty(plan)) return nothing
  const run = { connectionId, kind: "undo", parent: id, source: `run ${id}`, plan, policy, by, recognised: [] } as const
  return { run: yield* RunService.use((service) => service.begin(run)), impossible }
})
