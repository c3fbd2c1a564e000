/** Remembers what was sent of people once it was sent, so that whoever stays the same costs no request. */
import { Array, Effect } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { type ManagedChange, Runs } from "../ports/Runs.ts"
import type { Action } from "../provisioning/Action.ts"
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
const isUndisturbed = Effect.fnUntraced(function* (
  { after, connectionId }: Pick<Prepared, "after" | "connectionId">,
  run: Run | null
) {
  const { list } = yield* Runs
  const [newest, previous] = yield* list({ connectionId, limit: 2 })
  const unfinished = yield* list({ connectionId, unfinished: true, limit: 1 })
  // A plan may have been kept for days before its run was begun.
  const isNext = run === null || newest?.id === run.id
  return unfinished.length === 0 && isNext && ((run === null ? newest : previous)?.id ?? null) === after
})

// As much as a store likes to take at once; each of them is right on its own.
const atOnce = 1000

const manage = Effect.fnUntraced(function* (id: ConnectionId, changes: ReadonlyArray<ManagedChange>) {
  const runs = yield* Runs
  yield* Effect.forEach(Array.chunksOf(changes, atOnce), (some) => runs.manage(id, some), { discard: true })
})

/** What of a plan is kept once it is known what came of it. */
type Kept = Pick<Prepared, "connectionId" | "digests" | "after">

const keep = Effect.fnUntraced(function* ({ connectionId, digests }: Kept, open: ReadonlyArray<Action>) {
  const managed = yield* Runs.use((runs) => runs.managed(connectionId))
  yield* manage(connectionId, settled(managed, digests, open))
})

/**
 * Keeps the digests of a plan once its run is over. Whoever the run left something open about is looked at again. Where
 * another run came in between, nobody knows which of the two the server has, and nothing is kept: that costs requests,
 * and is never wrong.
 */
export const settleRun = Effect.fn("Sync.settleRun")(function* (
  kept: Kept,
  run: Run
): Effect.fn.Return<void, JournalFailure, Runs> {
  if (!isOver(run.status) || !(yield* isUndisturbed(kept, run))) return
  yield* keep(kept, yield* openActions(run))
})

/** The same at once for a plan that nothing is done about. Who was recognised is managed from then on. */
export const settleIdle = Effect.fn("Sync.settleIdle")(function* (
  prepared: Kept & Pick<Prepared, "plan" | "recognised">
): Effect.fn.Return<void, JournalFailure, Runs> {
  const { connectionId, plan, recognised } = prepared
  const isSure = yield* isUndisturbed(prepared, null)
  const known = isSure ? recognised : recognised.map((resource) => ({ ...resource, digest: null }))
  yield* manage(
    connectionId,
    known.map((resource) => ({ _tag: "Keep", resource }))
  )
  if (isSure) yield* keep(prepared, plan.actions)
})
