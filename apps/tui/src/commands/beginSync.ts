/** From a plan of core's `Sync` that a person has seen to its run, and to what is remembered of it. */
import { RunService } from "@loom-scim/core/runs/RunService"
import { isWork } from "@loom-scim/core/runs/Sync"
import type { Prepared } from "@loom-scim/core/runs/SyncPlan"
import { Console, Effect, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { agreed, type Asking } from "./begin.ts"
import { carry } from "./carry.ts"
import { Reconciling } from "./reconciling.ts"
import { actingAs, faceOf } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"

/** Where there are only conflicts, a person has to act. */
export const unresolved = ({ plan }: Pick<Prepared, "plan">): Effect.Effect<void, Ended> =>
  plan.actions.length === 0 || isWork(plan)
    ? Effect.void
    : Effect.fail(
        new Ended({
          code: codes.checkFailed,
          reason: "Conflict",
          detail: "It cannot be told what is to be done; resolve the conflict above first."
        })
      )

/** Asks when there is anything to do, then does it. What was sent is remembered, also when nothing had to be. */
export const beginSync = Effect.fn("runs.beginSync")(function* (
  flags: SharedFlags,
  prepared: Prepared,
  asking: Asking
) {
  if (isWork(prepared.plan)) yield* agreed(prepared.plan.actions.length, asking)
  const reconciling = yield* Reconciling
  const { report } = yield* RunService
  const actor = actingAs(faceOf(flags), Option.none())
  const run = yield* reconciling.begin(prepared, actor)
  if (run === null) {
    yield* Console.log(flags.json ? JSON.stringify({ _tag: "NothingToDo" }) : "Nothing to do.")
    return yield* unresolved(prepared)
  }
  if (!flags.json) yield* Console.log(`Run ${run.id}`)
  const settled = Effect.flatMap(report(run.id), (after) => reconciling.settle(prepared, after.run))
  return yield* Effect.ensuring(carry(flags, run.id, { actor, isResumed: false }), Effect.ignore(settled))
})
