/** The AuditLog port over SQL: a page is one look-up in an index, however many entries there are. */
import { AuditEntry, AuditLog, AuditPlace, IntentId } from "@loom-scim/core/ports/AuditLog"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { randomUUID } from "node:crypto"
import { fromSql } from "./StoreFailure.ts"
import { reading } from "./StoredRows.ts"
import { transaction } from "./transaction.ts"

const statements = (position: string): ReadonlyArray<string> => [
  `CREATE TABLE audit_entries (
    position ${position},
    connection_id TEXT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    event TEXT NOT NULL
  )`,
  "CREATE INDEX audit_entries_by_moment ON audit_entries (at, position)",
  "CREATE INDEX audit_entries_by_connection ON audit_entries (connection_id, at, position)"
]

const postgresGuards = [
  `CREATE FUNCTION loom_scim_refuse_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'audit entries are append-only'; END
  $$`,
  `CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION loom_scim_refuse_audit()`
]

const sqliteGuards = ["UPDATE", "DELETE"].map(
  (change) =>
    `CREATE TRIGGER audit_entries_no_${change.toLowerCase()} BEFORE ${change} ON audit_entries
      BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END`
)

/** The step that makes its table. */
export const auditTable = Effect.gen(function* () {
  const sql = yield* SqlClient
  const all = sql.onDialectOrElse({
    pg: () => [...statements("INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY"), ...postgresGuards],
    orElse: () => [...statements("INTEGER PRIMARY KEY AUTOINCREMENT"), ...sqliteGuards]
  })
  yield* Effect.forEach(all, (statement) => sql.unsafe(statement), { discard: true })
})

/** The step that makes the table of what is intended. */
export const intentTable = Effect.gen(function* () {
  const sql = yield* SqlClient
  const all = [
    `CREATE TABLE audit_intents (
      id TEXT PRIMARY KEY,
      seen_at TEXT NOT NULL,
      connection_id TEXT,
      at TEXT NOT NULL,
      actor TEXT NOT NULL,
      event TEXT NOT NULL
    )`,
    "CREATE INDEX audit_intents_by_moment ON audit_intents (seen_at)"
  ]
  yield* Effect.forEach(all, (statement) => sql.unsafe(statement), { discard: true })
})

const Row = Schema.Struct({
  connection_id: AuditEntry.fields.connectionId,
  at: AuditEntry.fields.at,
  actor: Schema.fromJsonString(AuditEntry.fields.actor),
  event: Schema.fromJsonString(AuditEntry.fields.event)
})

const toRow = ({ connectionId, ...rest }: AuditEntry): typeof Row.Type => ({ connection_id: connectionId, ...rest })
const ofRow = ({ connection_id, ...rest }: typeof Row.Type): AuditEntry => ({ connectionId: connection_id, ...rest })

const Page = Schema.Struct({
  of: Schema.NullOr(Schema.Array(ConnectionId)),
  before: Schema.NullOr(AuditPlace),
  limit: Schema.Int
})

/** Keeps entries in the `audit_entries` table of the context's `SqlClient`; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<AuditLog, never, SqlClient> =>
  Layer.effect(
    AuditLog,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const failed = fromSql(place)
      const encode = Schema.encodeEffect(Row)

      const rows = SqlSchema.findAll({
        Request: Page,
        Result: Schema.Struct({ position: Schema.Int, ...Row.fields }),
        execute: ({ before, limit, of }) => {
          const among = of === null ? sql`1 = 1` : of.length === 0 ? sql`1 = 0` : sql.in("connection_id", of)
          const earlier =
            before === null
              ? sql`1 = 1`
              : before.position === null
                ? sql`at <= ${before.at}`
                : sql`(at, position) < (${before.at}, ${before.position})`
          return sql`SELECT position, connection_id, at, actor, event FROM audit_entries WHERE ${earlier} AND ${among}
            ORDER BY at DESC, position DESC LIMIT ${limit}`
        }
      })

      const insert = Effect.fnUntraced(function* (entry: AuditEntry) {
        const row = yield* Effect.orDie(encode(toRow(entry)))
        yield* sql`INSERT INTO audit_entries ${sql.insert(row)}`
      })

      const intend = Effect.fn("AuditLog.intend")(function* (entry: AuditEntry) {
        const id = IntentId.make(randomUUID())
        const row = yield* Effect.orDie(encode(toRow(entry)))
        yield* sql`INSERT INTO audit_intents ${sql.insert({ ...row, id, seen_at: row.at })}`
        return id
      }, Effect.mapError(failed))

      const renew = Effect.fn("AuditLog.renew")(function* (intents: ReadonlyArray<IntentId>, at: DateTime.Utc) {
        if (intents.length === 0) return
        yield* sql`UPDATE audit_intents SET seen_at = ${DateTime.formatIso(at)} WHERE ${sql.in("id", intents)}`
      }, Effect.mapError(failed))

      const settle = Effect.fn("AuditLog.settle")(function* (intent: IntentId, entry: AuditEntry | null) {
        const given = sql`DELETE FROM audit_intents WHERE id = ${intent}`
        yield* entry === null ? given : transaction(sql, Effect.andThen(given, insert(entry)))
      }, Effect.mapError(failed))

      // Whoever deletes them records them, so that of several processes one does.
      const abandoned = SqlSchema.findAll({
        Request: Schema.DateTimeUtcFromString,
        Result: Row,
        execute: (before) =>
          sql`DELETE FROM audit_intents WHERE seen_at < ${before} RETURNING connection_id, at, actor, event`
      })
      const recover = Effect.fn("AuditLog.recover")((before: DateTime.Utc) =>
        transaction(
          sql,
          Effect.flatMap(reading(place)("an audit intent", abandoned(before)), (rows) =>
            Effect.forEach(rows, (row) => insert(ofRow(row)), { discard: true })
          )
        ).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(failed(error))))
      )

      const along = <A, R>(change: Effect.Effect<A, JournalFailure, R>, entryOf: (result: A) => AuditEntry | null) =>
        transaction(
          sql,
          Effect.tap(change, (result) => {
            const entry = entryOf(result)
            return entry === null ? Effect.void : insert(entry)
          })
        ).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(failed(error))))

      const list = Effect.fn("AuditLog.list")(function* (options: typeof Page.Type) {
        const found = yield* reading(place)("an audit entry", rows(options))
        return found.map(({ position, ...row }) => ({ position, entry: ofRow(row) }))
      })

      return AuditLog.of({ intend, renew, settle, recover, along, list })
    })
  )
