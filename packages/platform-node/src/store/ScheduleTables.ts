/** The tables of schedules and of what came of their due moments. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"

const statements = [
  `CREATE TABLE schedules (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    version INTEGER NOT NULL,
    compared_at TEXT,
    next_due_at TEXT,
    definition TEXT NOT NULL
  )`,
  "CREATE INDEX schedules_by_connection ON schedules (connection_id, id)",
  "CREATE INDEX schedules_due ON schedules (next_due_at) WHERE enabled = 1",
  `CREATE TABLE schedule_firings (
    schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    due_at TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    ended_at TEXT,
    asked_by TEXT,
    run_id TEXT,
    outcome TEXT,
    PRIMARY KEY (schedule_id, due_at)
  )`,
  // Of one schedule one firing is at work, whoever begins it.
  "CREATE UNIQUE INDEX schedule_firings_one_at_work ON schedule_firings (schedule_id) WHERE outcome IS NULL",
  "CREATE INDEX schedule_firings_silent ON schedule_firings (seen_at) WHERE outcome IS NULL"
]

/** The step that makes them. */
export const scheduleTables = Effect.flatMap(SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
