/** Whether a connection is free for a reconcile, told before any work is put into it; the store refuses it in any case. */
import { Effect } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { type Runs, RunUnfinished } from "../ports/Runs.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import { isExclusive } from "./Run.ts"

/** Fails while a reconcile of the connection, of everybody or of the changes, is not over. */
export const refuseUnfinished = Effect.fnUntraced(function* (
  connectionId: ConnectionId,
  { list }: Pick<Runs["Service"], "list">
): Effect.fn.Return<void, JournalFailure | RunUnfinished> {
  const unfinished = yield* list({ connectionId, unfinished: true })
  const other = unfinished.find(isExclusive)
  if (other !== undefined) return yield* new RunUnfinished({ connectionId, runId: other.id })
})
