/** The tables, as one list of steps that SQLite and PostgreSQL both run. A step, once released, is never changed. */
import { Effect, Schema } from "effect"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import * as Migrator from "effect/sql/Migrator"
import { SqlClient } from "effect/sql/SqlClient"
import { isSqlError } from "effect/sql/SqlError"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import { scheduleTables } from "./ScheduleTables.ts"
import { auditTable, intentTable } from "./SqlAuditLog.ts"
import { jobsTable } from "./SqlJobs.ts"
import { failure, fromSql } from "./StoreFailure.ts"
import { webhookConnections, webhookTables } from "./WebhookTables.ts"

const table = "loom_scim_migrations"

/** Runs the statements one after the other: PostgreSQL's prepared statements take one at a time. */
const each = (statements: ReadonlyArray<string>): Effect.Effect<void, SqlError, SqlClient> =>
  Effect.flatMap(SqlClient, (sql) =>
    Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  )

const journalTables = Effect.gen(function* () {
  const sql = yield* SqlClient
  const position = sql.onDialectOrElse({
    pg: () => "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    orElse: () => "INTEGER PRIMARY KEY AUTOINCREMENT"
  })
  yield* each([
    `CREATE TABLE connections (position ${position}, connection_id TEXT NOT NULL UNIQUE)`,
    `CREATE TABLE events (
      connection_id TEXT NOT NULL REFERENCES connections (connection_id),
      sequence INTEGER NOT NULL CHECK (sequence > 0),
      at TEXT NOT NULL,
      actor TEXT NOT NULL,
      event TEXT NOT NULL,
      PRIMARY KEY (connection_id, sequence)
    )`
  ])
  yield* sql.onDialectOrElse({
    pg: () =>
      each([
        `CREATE FUNCTION loom_scim_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE EXCEPTION 'events are append-only'; END
        $$`,
        `CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
          FOR EACH STATEMENT EXECUTE FUNCTION loom_scim_refuse()`
      ]),
    orElse: () =>
      each([
        "CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        "CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END",
        // INSERT OR REPLACE deletes the old row without waking the DELETE trigger.
        `CREATE TRIGGER events_no_replace BEFORE INSERT ON events
          WHEN EXISTS (SELECT 1 FROM events WHERE connection_id = NEW.connection_id AND sequence = NEW.sequence)
          BEGIN SELECT RAISE(ABORT, 'events are append-only'); END`
      ])
  })
})

const vaultTable = Effect.gen(function* () {
  const sql = yield* SqlClient
  const bytes = sql.onDialectOrElse({ pg: () => "BYTEA", orElse: () => "BLOB" })
  yield* each([
    `CREATE TABLE secrets (
      connection_id TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      key_id TEXT NOT NULL,
      nonce ${bytes} NOT NULL,
      sealed ${bytes} NOT NULL,
      sealed_at TEXT NOT NULL,
      PRIMARY KEY (connection_id, fingerprint)
    )`
  ])
})

const profilesTable = each([
  "CREATE TABLE profiles (connection_id TEXT NOT NULL PRIMARY KEY, url TEXT NOT NULL, profile TEXT NOT NULL)"
])

const runsTables = Effect.gen(function* () {
  const sql = yield* SqlClient
  const position = sql.onDialectOrElse({
    pg: () => "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    orElse: () => "INTEGER PRIMARY KEY AUTOINCREMENT"
  })
  yield* each([
    `CREATE TABLE runs (
      id TEXT NOT NULL PRIMARY KEY,
      connection_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      parent TEXT,
      started_at TEXT NOT NULL,
      started_by TEXT NOT NULL,
      ended_at TEXT,
      source TEXT NOT NULL,
      census TEXT NOT NULL,
      withheld TEXT NOT NULL,
      plan TEXT NOT NULL,
      judgement TEXT NOT NULL,
      status TEXT NOT NULL,
      stops INTEGER NOT NULL,
      cancelled_by TEXT
    )`,
    "CREATE INDEX runs_by_connection ON runs (connection_id, started_at)",
    // Of two processes that begin a reconcile at the same time, of everybody or of the changes, one is refused.
    `CREATE UNIQUE INDEX runs_one_reconcile ON runs (connection_id)
      WHERE kind IN ('reconcile', 'incremental') AND ended_at IS NULL`,
    // The long columns stand last, so that whoever looks for a state need not read over them.
    `CREATE TABLE run_items (
      run_id TEXT NOT NULL REFERENCES runs (id),
      position INTEGER NOT NULL,
      phase TEXT,
      state TEXT NOT NULL,
      intended_at TEXT,
      settled_at TEXT,
      action TEXT NOT NULL,
      outcome TEXT,
      PRIMARY KEY (run_id, position)
    )`,
    `CREATE TABLE run_decisions (
      position ${position},
      run_id TEXT NOT NULL REFERENCES runs (id),
      decision TEXT NOT NULL
    )`,
    "CREATE INDEX run_decisions_by_run ON run_decisions (run_id, position)",
    `CREATE TABLE managed (
      connection_id TEXT NOT NULL,
      endpoint TEXT NOT NULL,
      resource_id TEXT NOT NULL,
      "key" TEXT NOT NULL,
      digest TEXT,
      "groups" TEXT NOT NULL,
      PRIMARY KEY (connection_id, endpoint, resource_id)
    )`,
    `CREATE INDEX managed_by_key ON managed (connection_id, endpoint, "key")`
  ])
})

const apiTables = each([
  `CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    grants TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    last_used_at TEXT,
    first INTEGER UNIQUE CHECK (first = 1)
  )`,
  `CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    "key" TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    claimed_at TEXT NOT NULL,
    answer TEXT,
    PRIMARY KEY (owner, "key")
  )`,
  "CREATE INDEX idempotency_by_age ON idempotency (claimed_at)",
  "CREATE INDEX events_by_moment ON events (at, connection_id, sequence)"
])

/** A plan is as private as its source, and goes with its time. */
const plansTables = each([
  `CREATE TABLE plans (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    kept TEXT NOT NULL,
    head TEXT NOT NULL
  )`,
  "CREATE INDEX plans_by_end ON plans (expires_at)",
  `CREATE TABLE plan_parts (
    plan_id TEXT NOT NULL REFERENCES plans (id),
    part TEXT NOT NULL,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (plan_id, part, position)
  )`
])

// Who carries a run out, and the order in which outcomes were kept.
const holdColumns = each([
  "ALTER TABLE runs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE runs ADD COLUMN beat INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE runs ADD COLUMN outcomes INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE run_items ADD COLUMN number INTEGER",
  "CREATE INDEX run_items_by_number ON run_items (run_id, number)"
])

// Who asked for a run to be paused, wherever it is carried out.
const pauseColumn = each(["ALTER TABLE runs ADD COLUMN paused_by TEXT"])

const reportsTable = each([
  `CREATE TABLE reports (
    connection_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    running INTEGER NOT NULL,
    seen_at TEXT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (connection_id, kind)
  )`
])

const steps = {
  "0001_journal": journalTables,
  "0002_vault": vaultTable,
  "0003_profiles": profilesTable,
  "0004_runs": runsTables,
  "0005_api": apiTables,
  "0006_plans": plansTables,
  "0007_holds": holdColumns,
  "0008_reports": reportsTable,
  "0009_webhooks": webhookTables,
  "0010_schedules": scheduleTables,
  "0011_pauses": pauseColumn,
  "0012_audit": auditTable,
  "0013_jobs": jobsTable,
  "0014_intents": intentTable,
  "0015_webhook_connections": webhookConnections
}

/** The version this program knows. */
const latest = Object.keys(steps).length

const newest = SqlSchema.findOne({
  Request: Schema.Void,
  Result: Schema.Struct({ version: Schema.Int }),
  execute: () =>
    Effect.flatMap(SqlClient, (sql) => sql.unsafe(`SELECT COALESCE(MAX(migration_id), 0) AS version FROM ${table}`))
})

/**
 * Brings the database at `place` up to date, in one transaction; harmless when it is, and when several processes do
 * it at once. A database written by a newer program is refused and left as it is.
 */
export const run = (place: string): Effect.Effect<void, JournalFailure, SqlClient> =>
  Effect.gen(function* () {
    yield* Migrator.make({})({ loader: Migrator.fromRecord(steps), table })
    const { version } = yield* newest()
    if (version > latest) {
      return yield* failure(
        "unavailable",
        `${place} was written by a newer loom-scim (its tables are at version ${version}, this program knows ${latest})`,
        "Update loom-scim; nothing was changed"
      )
    }
  }).pipe(
    Effect.catchTags({
      SqlError: (error) => Effect.fail(fromSql(place)(error)),
      MigrationError: (error) =>
        Effect.fail(
          isSqlError(error.cause) ? fromSql(place)(error.cause) : failure("unavailable", `${place}: ${error.message}`)
        ),
      SchemaError: () => Effect.fail(failure("corrupt", `${place} has an unreadable list of migrations`)),
      NoSuchElementError: () => Effect.fail(failure("corrupt", `${place} has no list of migrations`))
    })
  )
