/** Remembers what was sent of people once it was sent, so that whoever stays the same costs no request. */
import { Array, Effect } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { type ManagedChange, Runs } from "../ports/Runs.ts"
import { settled } from "../provisioning/SubsetKeep.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import { isOver, type Run } from "./Run.ts"
import type { ItemState } from "./RunItem.ts"
import type { Prepared } from "./SyncPlan.ts"

const openStates = ["planned", "intended", "doubtful", "failed", "dropped"] as const satisfies ReadonlyArray<ItemState>

/** The actions of a run that were not done for certain. */
export const openActions = Effect.fnUntraced(function* ({ id }: Pick<Run, "id">) {
  const items = yield* Runs.use((runs) => runs.items(id, { states: openStates }))
  return items.map(({ action }) => action)
})

/** Whether nothing else was begun on the connection since the plan was made, nor is going on. */
const isUndisturbed = Effect.fnUntraced(function* ({ after, connectionId }: Prepared, run: Run | null) {
  const { list } = yield* Runs
  const [newest] = yield* list({ connectionId, limit: 1 })
  const unfinished = yield* list({ connectionId, unfinished: true, limit: 1 })
  return unfinished.length === 0 && (newest?.id ?? null) === (run?.id ?? after)
})

// As much as a store likes to take at once; each of them is right on its own.
const atOnce = 1000

const manage = Effect.fnUntraced(function* (id: ConnectionId, changes: ReadonlyArray<ManagedChange>) {
  const runs = yield* Runs
  yield* Effect.forEach(Array.chunksOf(changes, atOnce), (some) => runs.manage(id, some), { discard: true })
})

/**
 * Keeps the digests of a plan: once its run is over, or of a plan that nothing is done about, at once (`run` is null).
 * Whoever the plan or the run left something open about is looked at again. Where another run came in between, nobody
 * knows which of the two the server has, and nothing is kept: that costs requests, and is never wrong.
 */
export const settle = Effect.fn("Sync.settle")(function* (
  prepared: Prepared,
  run: Run | null
): Effect.fn.Return<void, JournalFailure, Runs> {
  if (run !== null && !isOver(run.status)) return
  const { connectionId, digests, plan, recognised } = prepared
  const isSure = yield* isUndisturbed(prepared, run)
  if (run === null) {
    const known = isSure ? recognised : recognised.map((resource) => ({ ...resource, digest: null }))
    yield* manage(
      connectionId,
      known.map((resource) => ({ _tag: "Keep", resource }))
    )
  }
  if (!isSure) return
  const open = run === null ? plan.actions : yield* openActions(run)
  const managed = yield* Runs.use((runs) => runs.managed(connectionId))
  yield* manage(connectionId, settled(managed, digests, open))
})
