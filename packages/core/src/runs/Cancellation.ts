/** Whether somebody, perhaps in another process, has asked for a run to be cancelled. */
import { Effect, Option } from "effect"
import { Runs } from "../ports/Runs.ts"
import { patiently } from "./Patience.ts"
import type { RunId } from "./Run.ts"

/** Who asked for it; null while nobody did. */
export const cancellerOf = Effect.fnUntraced(function* (id: RunId) {
  const runs = yield* Runs
  const run = yield* patiently(id, runs.find(id))
  return Option.isSome(run) ? run.value.cancelledBy : null
})
