/** The Ledger port over SQL: every page is one look-up in an index, however many pages there are. */
import { Ledger, LogMoment, LogPlace, Position } from "@loom-scim/core/ports/Ledger"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Recorded } from "@loom-scim/core/setup/Event"
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { reading } from "./StoredRows.ts"

const Of = Schema.NullOr(Schema.Array(ConnectionId))

const ConnectionsPage = Schema.Struct({ of: Of, after: Position, limit: Schema.Int })
const EventsPage = Schema.Struct({
  of: Of,
  before: Schema.NullOr(Schema.Union([LogPlace, LogMoment])),
  limit: Schema.Int
})

const Event = Schema.Struct({
  connection_id: Recorded.fields.connectionId,
  sequence: Recorded.fields.sequence,
  at: Recorded.fields.at,
  actor: Schema.fromJsonString(Recorded.fields.actor),
  event: Schema.fromJsonString(Recorded.fields.event)
})

const fromRow = ({ connection_id, ...rest }: typeof Event.Type): Recorded => ({ connectionId: connection_id, ...rest })

/** Reads the `connections` and `events` tables of the context's `SqlClient`; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<Ledger, never, SqlClient> =>
  Layer.effect(
    Ledger,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const read = reading(place)
      const among = (of: typeof Of.Encoded) => (of === null ? sql`1 = 1` : sql.in("connection_id", of))

      const connectionRows = SqlSchema.findAll({
        Request: ConnectionsPage,
        Result: Schema.Struct({ position: Position, connection_id: ConnectionId }),
        execute: ({ after, limit, of }) =>
          sql`SELECT position, connection_id FROM connections WHERE position > ${after} AND ${among(of)}
            ORDER BY position LIMIT ${limit}`
      })
      const eventRows = SqlSchema.findAll({
        Request: EventsPage,
        Result: Event,
        execute: ({ before, limit, of }) => {
          const earlier =
            before === null
              ? sql`1 = 1`
              : !("connection" in before)
                ? sql`at < ${before.at}`
                : sql`(at, connection_id, sequence) < (${before.at}, ${before.connection}, ${before.sequence})`
          return sql`SELECT connection_id, sequence, at, actor, event FROM events WHERE ${earlier} AND ${among(of)}
            ORDER BY at DESC, connection_id DESC, sequence DESC LIMIT ${limit}`
        }
      })

      const logRows = SqlSchema.findAll({
        Request: Schema.Struct({ id: ConnectionId, after: Position, limit: Schema.Int }),
        Result: Event,
        execute: ({ after, id, limit }) =>
          sql`SELECT connection_id, sequence, at, actor, event FROM events
            WHERE connection_id = ${id} AND sequence > ${after} ORDER BY sequence LIMIT ${limit}`
      })

      const connections = Effect.fn("Ledger.connections")(function* (options: typeof ConnectionsPage.Type) {
        const rows = yield* read("a connection", connectionRows(options))
        return rows.map(({ connection_id, position }) => ({ position, id: connection_id }))
      })

      const events = Effect.fn("Ledger.events")(function* (options: typeof EventsPage.Type) {
        const rows = yield* read("an event", eventRows(options))
        return rows.map(fromRow)
      })

      const log = Effect.fn("Ledger.log")(function* (id: ConnectionId, after: number, limit: number) {
        return (yield* read("an event", logRows({ id, after, limit }))).map(fromRow)
      })

      return Ledger.of({ connections, log, events })
    })
  )
