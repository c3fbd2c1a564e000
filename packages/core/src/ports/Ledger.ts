/** The port that reads across connections page by page, in a time that does not grow with how many there are. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import { ConnectionId } from "../setup/ConnectionId.ts"
import type { Recorded } from "../setup/Event.ts"
import type { JournalFailure } from "./Journal.ts"

/** A place in the list of connections. */
export const Position = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const at = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/))

/** A moment in the log of all connections: the place in front of everything that happened then. */
export const LogMoment = Schema.Struct({ at })
export type LogMoment = typeof LogMoment.Type

/** A place in the log of all connections, which is ordered by moment, connection and sequence. */
export const LogPlace = Schema.Struct({
  /** As it is stored: ISO 8601 with milliseconds. */
  at,
  connection: ConnectionId,
  sequence: Schema.Int.check(Schema.isGreaterThan(0))
})
export type LogPlace = typeof LogPlace.Type

/** Lists over everything. `of` narrows to some connections, null reads all. */
export class Ledger extends Context.Service<
  Ledger,
  {
    /** Up to `limit` connections after a position, in the order they were begun, removed ones among them. */
    readonly connections: (options: {
      readonly of: ReadonlyArray<ConnectionId> | null
      readonly after: number
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<{ readonly position: number; readonly id: ConnectionId }>, JournalFailure>
    /** Up to `limit` events of one connection after a sequence, the oldest first. */
    readonly log: (
      id: ConnectionId,
      after: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Recorded>, JournalFailure>
    /** Up to `limit` events before a place, or before a moment, the newest first. */
    readonly events: (options: {
      readonly of: ReadonlyArray<ConnectionId> | null
      readonly before: LogPlace | LogMoment | null
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<Recorded>, JournalFailure>
  }
>()("@loom-scim/core/ports/Ledger") {}
