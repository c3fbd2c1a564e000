/** How a run stands before anything of its plan was done, and how it stood when somebody decided about it. */
import type { ItemCount } from "@loom-scim/core/ports/Runs"
import type { Plan } from "@loom-scim/core/provisioning/Plan"
import type { Run, RunId } from "@loom-scim/core/runs/Run"
import { phaseOf } from "@loom-scim/core/runs/RunItem"
import type { RunReport } from "@loom-scim/core/runs/RunService"
import { Context, Effect, Layer } from "effect"
import { Whereabouts } from "./Whereabouts.ts"

const asBegun = (plan: Plan): ReadonlyArray<ItemCount> => {
  const counts = new Map<string, ItemCount>()
  for (const action of plan.actions) {
    const phase = phaseOf(action)
    const { count } = counts.get(String(phase)) ?? { count: 0 }
    counts.set(String(phase), { phase, state: phase === null ? "dropped" : "planned", count: count + 1 })
  }
  return [...counts.values()]
}

/**
 * A server does at once what it is told. How a run stood before that is kept, and told once in place of how it stands by
 * then, so that all that comes of it is told as well.
 */
export class Standings extends Context.Service<
  Standings,
  {
    readonly begun: (run: Run, plan: Plan) => void
    readonly keep: (report: RunReport) => void
    /** What was kept of a run, if it was not told yet. */
    readonly take: (id: RunId) => RunReport | undefined
  }
>()("loom-scim/remote/Standings") {
  static readonly layer: Layer.Layer<Standings, never, Whereabouts> = Layer.effect(
    Standings,
    Effect.map(Whereabouts, ({ note }) => {
      const kept = new Map<RunId, RunReport>()
      const keep = (report: RunReport) => {
        note(report.run.id, report.run.connectionId)
        kept.set(report.run.id, report)
      }
      return Standings.of({
        begun: (run, plan) =>
          keep({ run: { ...run, status: { _tag: "Running" }, endedAt: null }, counts: asBegun(plan), decisions: [] }),
        keep,
        take: (id) => {
          const report = kept.get(id)
          kept.delete(id)
          return report
        }
      })
    })
  )
}
