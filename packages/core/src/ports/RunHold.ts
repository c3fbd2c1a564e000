/** Who carries a run out, as the store knows it. */
import { Context } from "effect"
import type { RunId } from "../runs/Run.ts"

/** The number grows with each node that takes the run; the beat with each sign of life, and is 0 when it was let go. */
export interface RunHold {
  readonly epoch: number
  readonly beat: number
}

/**
 * The epoch under which the store is written, given beside the calls. What changes where that run stands, or which of its
 * items were sent, then only counts while this is the newest epoch. Null counts always: there is one process.
 */
export const RunEpoch = Context.Reference<{ readonly id: RunId; readonly epoch: number } | null>(
  "@loom-scim/core/ports/RunEpoch",
  { defaultValue: () => null }
)
