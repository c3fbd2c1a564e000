/** The Journal port over SQL, the same code on SQLite and PostgreSQL. */
import { Journal, SequenceConflict } from "@loom-scim/core/ports/Journal"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Recorded } from "@loom-scim/core/setup/Event"
import { Array as Arr, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import { keepOf, Marks } from "./Marks.ts"
import { failure, fromSql } from "./StoreFailure.ts"
import { batch, given } from "./StoredRows.ts"
import { transaction } from "./transaction.ts"

/** A row of `events`: `Recorded` with its structured parts as JSON text. */
const Row = Schema.Struct({
  connection_id: Recorded.fields.connectionId,
  sequence: Recorded.fields.sequence,
  at: Recorded.fields.at,
  actor: Schema.fromJsonString(Recorded.fields.actor),
  event: Schema.fromJsonString(Recorded.fields.event)
})

/** Where a reader stands in the events of a connection. */
const Seen = Schema.Struct({ id: ConnectionId, after: Schema.Int })

/** To where a connection's events were read, and the mark of the database before. */
interface Read {
  readonly last: number
  readonly mark: number
}

/** So many are kept; it is the states kept by whoever asks that make them useful. */
const mostRead = 1000

const nothing = Effect.succeed<ReadonlyArray<Recorded>>([])

/** Connections whose events are read at once: SQLite holds the process up until the last row is read. */
const together = 50

const toGiven = ({ after, id }: typeof Seen.Encoded) => ({ id, after_sequence: after })

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
      const marks = yield* Marks
      const failed = fromSql(place)

      const sequenceOf = SqlSchema.findOne({
        Request: ConnectionId,
        Result: Schema.Struct({ last: Schema.Int }),
        execute: (id) => sql`SELECT COALESCE(MAX(sequence), 0) AS last FROM events WHERE connection_id = ${id}`
      })
      const decode = Schema.decodeUnknownEffect(Schema.Array(Row))
      // The join is a look-up in the primary key for each connection, and reads what is told of and nothing else.
      const rowsOfEach = SqlSchema.findAll({
        Request: Schema.Array(Seen),
        Result: Row,
        execute: (seen) =>
          sql`SELECT events.connection_id, events.sequence, at, actor, event
            FROM ${given(sql, { id: "TEXT", after_sequence: "INTEGER" }, seen.map(toGiven))}
            JOIN events ON events.connection_id = given.id AND events.sequence > given.after_sequence
            ORDER BY events.connection_id, events.sequence`
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

      const hasGap = (rows: ReadonlyArray<{ readonly sequence: number }>, after: number): boolean =>
        rows.some((row, index) => row.sequence !== after + index + 1)

      const read = new Map<ConnectionId, Read>()
      const remember = keepOf(read, mostRead)

      const rowsAfter = Effect.fnUntraced(function* (id: ConnectionId, after: number, mark: number | null) {
        const found = yield* Effect.mapError(
          sql`SELECT connection_id, sequence, at, actor, event FROM events
            WHERE connection_id = ${id} AND sequence > ${after} ORDER BY sequence`,
          failed
        )
        const rows = yield* Effect.mapError(decode(found), () => unreadable(`an event of ${id}`))
        if (hasGap(rows, after)) return yield* unreadable(`a gap in the events of ${id}`)
        if (mark !== null) remember(id, { last: rows.at(-1)?.sequence ?? after, mark })
        return rows.map(fromRow)
      })

      /** Asked on every request, and mostly there is nothing new: least of all in a database in which nothing was written. */
      const load = (id: ConnectionId, after = 0) =>
        Effect.suspend(() => {
          const mark = marks()
          const known = read.get(id)
          return known !== undefined && known.mark === mark && known.last === after
            ? nothing
            : rowsAfter(id, after, mark)
        })

      const loadSome = Effect.fnUntraced(function* (seen: ReadonlyArray<typeof Seen.Type>) {
        const rows = yield* rowsOfEach(seen).pipe(
          Effect.catchTags({
            SqlError: (error) => Effect.fail(failed(error)),
            SchemaError: () => Effect.fail(unreadable("an event"))
          })
        )
        const found = Map.groupBy(rows.map(fromRow), ({ connectionId }) => connectionId)
        const broken = seen.find(({ after, id }) => hasGap(found.get(id) ?? [], after))
        if (broken !== undefined) return yield* unreadable(`a gap in the events of ${broken.id}`)
        return [...found]
      })

      const loadEach = Effect.fn("Journal.loadEach")(function* (seen: ReadonlyArray<typeof Seen.Type>) {
        const found = yield* Effect.forEach(Arr.chunksOf(seen, together), loadSome)
        return new Map(found.flat())
      })

      const list = connections().pipe(
        Effect.map((rows) => rows.map((row) => row.connection_id)),
        Effect.catchTags({
          SqlError: (error) => Effect.fail(failed(error)),
          SchemaError: () => Effect.fail(unreadable("a connection id"))
        }),
        Effect.withSpan("Journal.list")
      )

      return Journal.of({ append, load, loadEach, list })
    })
  )
