/** Whether a run that stopped for somebody has got what it stopped for. */
import { Effect } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { Runs } from "../ports/Runs.ts"
import { standing } from "../provisioning/Decision.ts"
import type { Run } from "./Run.ts"

/** A decision about what the guard holds, or that it be cancelled. */
export const isAnswered = Effect.fnUntraced(function* (run: Run): Effect.fn.Return<boolean, JournalFailure, Runs> {
  if (run.cancelledBy !== null) return true
  if (run.status._tag !== "Waiting") return false
  const decisions = yield* Runs.use((runs) => runs.decisions(run.id))
  return standing(run.plan, run.judgement, decisions)._tag !== "Waits"
})
