/** The Jobs port over SQL, and its table. */
import { JobId, Jobs, KeptJob } from "@loom-scim/core/ports/Jobs"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { fromSql } from "./StoreFailure.ts"
import { reading } from "./StoredRows.ts"

/** The table of jobs. */
export const jobsTable = Effect.flatMap(SqlClient, (sql) =>
  Effect.andThen(
    sql.unsafe("CREATE TABLE jobs (id TEXT NOT NULL PRIMARY KEY, seen_at TEXT NOT NULL, job TEXT NOT NULL)"),
    sql.unsafe("CREATE INDEX jobs_by_age ON jobs (seen_at)")
  )
)

const JobText = Schema.fromJsonString(KeptJob)

/** Keeps them in the `jobs` table of the context's `SqlClient`; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<Jobs, never, SqlClient> =>
  Layer.effect(
    Jobs,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const failed = fromSql(place)
      const read = reading(place)

      const rowOf = SqlSchema.findOneOption({
        Request: JobId,
        Result: Schema.Struct({ job: JobText }),
        execute: (id) => sql`SELECT job FROM jobs WHERE id = ${id}`
      })

      const keep = Effect.fn("Jobs.keep")(function* (job: KeptJob) {
        const text = yield* Effect.orDie(Schema.encodeEffect(JobText)(job))
        const row = { id: job.id, seen_at: DateTime.formatIso(job.seenAt), job: text }
        yield* sql`INSERT INTO jobs ${sql.insert(row)}
          ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, job = excluded.job`.pipe(Effect.mapError(failed))
      })

      const prune = Effect.fn("Jobs.prune")(function* (before: DateTime.Utc) {
        yield* sql`DELETE FROM jobs WHERE seen_at < ${DateTime.formatIso(before)}`.pipe(Effect.mapError(failed))
      })

      return Jobs.of({
        keep,
        find: (id) =>
          Effect.map(
            read(`job ${id}`, rowOf(id)),
            Option.map(({ job }) => job)
          ),
        prune
      })
    })
  )
