/** The Journal port over SQL, the same code on SQLite and PostgreSQL. */
import { Journal, SequenceConflict } from "@loom-scim/core/ports/Journal"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Recorded } from "@loom-scim/core/setup/Event"
import { Array as Arr, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import { failure, fromSql } from "./StoreFailure.ts"
import { transaction } from "./transaction.ts"

/** A row of `events`: `Recorded` with its structured parts as JSON text. */
const Row = Schema.Struct({
  connection_id: Recorded.fields.connectionId,
  sequence: Recorded.fields.sequence,
  at: Recorded.fields.at,
  actor: Schema.fromJsonString(Recorded.fields.actor),
  event: Schema.fromJsonString(Recorded.fields.event)
})

/** Rows an INSERT carries at once: five parameters each, far below the limits of both databases. */
const batch = 500

const toRow = ({ connectionId, ...rest }: Recorded): typeof Row.Type => ({ connection_id: connectionId, ...rest })
const fromRow = ({ connection_id, ...rest }: typeof Row.Type): Recorded => ({ connectionId: connection_id, ...rest })

/**
 * Keeps the journal in the `SqlClient` of the context, whose tables `Migrations.run` has made; `place` is what failures
 * call the database.
 *
 * Two writers that append at the same time both try the same primary key: one wins, the other gets `SequenceConflict`.
 * Entries that are not one gapless run of events of that connection are a defect of the caller and die.
 */
export const layer = (place: string): Layer.Layer<Journal, never, SqlClient> =>
  Layer.effect(
    Journal,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const failed = fromSql(place)

      const sequenceOf = SqlSchema.findOne({
        Request: ConnectionId,
        Result: Schema.Struct({ last: Schema.Int }),
        execute: (id) => sql`SELECT COALESCE(MAX(sequence), 0) AS last FROM events WHERE connection_id = ${id}`
      })
      const rowsOf = SqlSchema.findAll({
        Request: ConnectionId,
        Result: Row,
        execute: (id) =>
          sql`SELECT connection_id, sequence, at, actor, event FROM events WHERE connection_id = ${id} ORDER BY sequence`
      })
      const connections = SqlSchema.findAll({
        Request: Schema.Void,
        Result: Schema.Struct({ connection_id: ConnectionId }),
        execute: () => sql`SELECT connection_id FROM connections ORDER BY position`
      })
      const encode = Schema.encodeEffect(Schema.Array(Row))

      const unreadable = (what: string) =>
        failure(
          "corrupt",
          `${place} holds ${what} that this program cannot read`,
          "If a newer loom-scim wrote it, update this one; else keep a copy and restore a backup. Nothing was changed"
        )

      const lastOf = (id: ConnectionId): Effect.Effect<number, JournalFailure> =>
        sequenceOf(id).pipe(
          Effect.map((row) => row.last),
          Effect.catchTags({
            SqlError: (error) => Effect.fail(failed(error)),
            SchemaError: () => Effect.fail(unreadable(`a sequence of ${id}`)),
            NoSuchElementError: () => Effect.fail(unreadable(`no sequence of ${id}`))
          })
        )

      const insert = (rows: ReadonlyArray<typeof Row.Encoded>): Effect.Effect<void, SqlError> =>
        Effect.forEach(Arr.chunksOf(rows, batch), (some) => sql`INSERT INTO events ${sql.insert(some)}`, {
          discard: true
        })

      const append = Effect.fn("Journal.append")(function* (
        id: ConnectionId,
        expected: number,
        entries: Arr.NonEmptyReadonlyArray<Recorded>
      ): Effect.fn.Return<void, SequenceConflict | JournalFailure> {
        const first = Arr.headNonEmpty(entries).sequence
        if (entries.some((entry, index) => entry.connectionId !== id || entry.sequence !== first + index)) {
          return yield* Effect.die(new Error(`the entries are not one gapless run of events of ${id}`))
        }
        const rows = yield* Effect.orDie(encode(entries.map(toRow)))
        const conflict = (actual: number) => new SequenceConflict({ connectionId: id, expected, actual })

        const write = Effect.gen(function* () {
          if (expected === 0) {
            yield* sql`INSERT INTO connections (connection_id) VALUES (${id}) ON CONFLICT (connection_id) DO NOTHING`
          }
          const actual = yield* lastOf(id)
          if (actual !== expected || first !== expected + 1) return yield* conflict(actual)
          yield* insert(rows)
        })

        yield* transaction(sql, write).pipe(
          Effect.catchTag("SqlError", (error) =>
            Effect.flatMap(lastOf(id), (actual) =>
              // PostgreSQL lets both writers read the same last event; the key tells the later one here.
              Effect.fail(actual === expected ? failed(error) : conflict(actual))
            ).pipe(Effect.catchTag("JournalFailure", () => Effect.fail(failed(error))))
          )
        )
      })

      const load = Effect.fn("Journal.load")(function* (id: ConnectionId) {
        const rows = yield* rowsOf(id).pipe(
          Effect.catchTags({
            SqlError: (error) => Effect.fail(failed(error)),
            SchemaError: () => Effect.fail(unreadable(`an event of ${id}`))
          })
        )
        if (rows.some((row, index) => row.sequence !== index + 1))
          return yield* unreadable(`a gap in the events of ${id}`)
        return rows.map(fromRow)
      })

      const list = connections().pipe(
        Effect.map((rows) => rows.map((row) => row.connection_id)),
        Effect.catchTags({
          SqlError: (error) => Effect.fail(failed(error)),
          SchemaError: () => Effect.fail(unreadable("a connection id"))
        }),
        Effect.withSpan("Journal.list")
      )

      return Journal.of({ append, load, list })
    })
  )
