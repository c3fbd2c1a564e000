/** The tables of webhooks, and the triggers that note each change of a run's status for them. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"

const position = { pg: "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY", other: "INTEGER PRIMARY KEY AUTOINCREMENT" }

const tables = (key: string): ReadonlyArray<string> => [
  "CREATE TABLE webhooks (id TEXT NOT NULL PRIMARY KEY, enabled INTEGER NOT NULL, definition TEXT NOT NULL)",
  `CREATE TABLE webhook_deliveries (
    position ${key},
    id TEXT NOT NULL UNIQUE,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    created_at TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at TEXT,
    claim TEXT,
    claimed_until TEXT,
    payload TEXT NOT NULL
  )`,
  "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at, position) WHERE state = 'pending'",
  "CREATE INDEX webhook_deliveries_claimed ON webhook_deliveries (webhook_id) WHERE claim IS NOT NULL",
  "CREATE INDEX webhook_deliveries_log ON webhook_deliveries (webhook_id, position)",
  "CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at)",
  `CREATE TABLE webhook_attempts (
    delivery_id TEXT NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    millis INTEGER NOT NULL,
    status INTEGER,
    reason TEXT,
    PRIMARY KEY (delivery_id, number)
  )`,
  // How far the journal of a connection has been told.
  "CREATE TABLE webhook_cursors (connection_id TEXT NOT NULL PRIMARY KEY, sequence INTEGER NOT NULL)",
  // What is still to be told of runs, since a run keeps only its present status.
  `CREATE TABLE run_changes (
    position ${key},
    run_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    old_status TEXT,
    new_status TEXT NOT NULL,
    at TEXT NOT NULL
  )`
]

// Where nobody listens nothing is noted, so that the table does not grow where nothing empties it.
const postgresTriggers = [
  `CREATE FUNCTION loom_scim_note_run() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE old_status TEXT;
    BEGIN
      IF TG_OP = 'UPDATE' THEN old_status := OLD.status; END IF;
      IF EXISTS (SELECT 1 FROM webhooks WHERE enabled = 1) THEN
        INSERT INTO run_changes (run_id, connection_id, kind, old_status, new_status, at)
        VALUES (NEW.id, NEW.connection_id, NEW.kind, old_status, NEW.status,
          to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
      END IF;
      RETURN NULL;
    END
  $$`,
  "CREATE TRIGGER runs_begun AFTER INSERT ON runs FOR EACH ROW EXECUTE FUNCTION loom_scim_note_run()",
  `CREATE TRIGGER runs_changed AFTER UPDATE OF status ON runs FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION loom_scim_note_run()`
]

const sqliteTrigger = (name: string, when: string, condition: string, before: string) =>
  `CREATE TRIGGER ${name} AFTER ${when} ON runs WHEN ${condition}EXISTS (SELECT 1 FROM webhooks WHERE enabled = 1)
    BEGIN INSERT INTO run_changes (run_id, connection_id, kind, old_status, new_status, at)
    VALUES (NEW.id, NEW.connection_id, NEW.kind, ${before}, NEW.status, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')); END`

const sqliteTriggers = [
  sqliteTrigger("runs_begun", "INSERT", "", "NULL"),
  sqliteTrigger("runs_changed", "UPDATE OF status", "OLD.status <> NEW.status AND ", "OLD.status")
]

/** The step that makes them. */
export const webhookTables = Effect.gen(function* () {
  const sql = yield* SqlClient
  const statements = sql.onDialectOrElse({
    pg: () => [...tables(position.pg), ...postgresTriggers],
    orElse: () => [...tables(position.other), ...sqliteTriggers]
  })
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})

const Before = Schema.Struct({
  id: Schema.String,
  definition: Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json))
})

const before = SqlSchema.findAll({
  Request: Schema.Void,
  Result: Before,
  execute: () => Effect.flatMap(SqlClient, (sql) => sql`SELECT id, definition FROM webhooks`)
})

/**
 * The step that lets webhooks be found by their connection without reading their JSON, which PostgreSQL refuses to read
 * where somebody's text has a NUL; and that makes a list of the secret before the present one.
 */
export const webhookConnections = Effect.gen(function* () {
  const sql = yield* SqlClient
  yield* sql.unsafe("ALTER TABLE webhooks ADD COLUMN connection_id TEXT")
  yield* sql.unsafe("CREATE INDEX webhooks_by_connection ON webhooks (connection_id, id)")
  for (const { definition, id } of yield* before()) {
    const { connectionId, previous } = definition
    const text = JSON.stringify({ ...definition, previous: previous === null ? [] : [previous] })
    const connection = typeof connectionId === "string" ? connectionId : null
    yield* sql`UPDATE webhooks SET ${sql.update({ connection_id: connection, definition: text })} WHERE id = ${id}`
  }
})
