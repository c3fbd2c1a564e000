/** Whether a connection is free for a run that may be about many, told before any work is put into it. */
import { Effect } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { type Runs, RunUnfinished } from "../ports/Runs.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import { isOfMany } from "./Run.ts"

/** Fails while a run of the connection is not over, unless that is about one person. */
export const refuseUnfinished = Effect.fnUntraced(function* (
  connectionId: ConnectionId,
  { list }: Pick<Runs["Service"], "list">
): Effect.fn.Return<void, JournalFailure | RunUnfinished> {
  const unfinished = yield* list({ connectionId, unfinished: true })
  const other = unfinished.find(isOfMany)
  if (other !== undefined) return yield* new RunUnfinished({ connectionId, runId: other.id })
})
