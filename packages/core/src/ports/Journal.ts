/** The port that keeps the events of every journey: append-only, sequence-checked. */
import { Context, Schema } from "effect"
import type { Array as Arr, Effect } from "effect"
import { ConnectionId } from "../setup/ConnectionId.ts"
import type { Recorded } from "../setup/Event.ts"

/** Two writers met: the other one was first, nothing of this one was written. */
export class SequenceConflict extends Schema.TaggedError<SequenceConflict>()("SequenceConflict", {
  connectionId: ConnectionId,
  expected: Schema.Int,
  actual: Schema.Int
}) {
  override get message(): string {
    return `${this.connectionId} was changed by someone else meanwhile (at event ${this.actual}, expected ${this.expected}). Look at the new state and try again.`
  }
}

/** The store cannot be read or written. Nothing was written. */
export class JournalFailure extends Schema.TaggedError<JournalFailure>()("JournalFailure", {
  reason: Schema.Literals(["unavailable", "full", "readOnly", "corrupt", "held"]),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail}. ${this.next}`
  }
}

/** The events of every connection. */
export class Journal extends Context.Service<
  Journal,
  {
    /**
     * Appends in one transaction. The first entry must carry sequence `expected + 1`, where `expected` is the sequence
     * of the last event the writer has seen (0 for a new connection); otherwise `SequenceConflict`.
     */
    readonly append: (
      id: ConnectionId,
      expected: number,
      entries: Arr.NonEmptyReadonlyArray<Recorded>
    ) => Effect.Effect<void, SequenceConflict | JournalFailure>
    /** The events of a connection in order, those after a sequence if one is given; empty when there is none. */
    readonly load: (id: ConnectionId, after?: number) => Effect.Effect<ReadonlyArray<Recorded>, JournalFailure>
    /** The events of several connections, of each those after a sequence, in order; nothing of one without such events. */
    readonly loadEach: (
      seen: ReadonlyArray<{ readonly id: ConnectionId; readonly after: number }>
    ) => Effect.Effect<ReadonlyMap<ConnectionId, ReadonlyArray<Recorded>>, JournalFailure>
    /** Every connection that has events, in order of its first event. */
    readonly list: Effect.Effect<ReadonlyArray<ConnectionId>, JournalFailure>
  }
>()("@loom-scim/core/ports/Journal") {}
