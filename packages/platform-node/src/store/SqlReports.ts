/** The Reports port over SQL: of several processes that begin an examination of one connection, one may. */
import type { KeptChecks } from "@loom-scim/core/ports/Reports"
import { KeptChecks as Checks, KeptExamination as Examination, Reports } from "@loom-scim/core/ports/Reports"
import type { KeptExamination } from "@loom-scim/core/ports/Reports"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { fromSql } from "./StoreFailure.ts"

const ChecksText = Schema.fromJsonString(Checks)
const ExaminationText = Schema.fromJsonString(Examination)

/** Keeps them in the `reports` table of the context's `SqlClient`; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<Reports, never, SqlClient> =>
  Layer.effect(
    Reports,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const failed = fromSql(place)

      const text = SqlSchema.findOneOption({
        Request: Schema.Struct({ id: Schema.String, kind: Schema.String }),
        Result: Schema.Struct({ report: Schema.String }),
        execute: ({ id, kind }) => sql`SELECT report FROM reports WHERE connection_id = ${id} AND kind = ${kind}`
      })
      const find = (id: ConnectionId, kind: string) =>
        text({ id, kind }).pipe(
          Effect.catchTags({
            SqlError: (error) => Effect.fail(failed(error)),
            SchemaError: () => Effect.succeed(Option.none<{ readonly report: string }>())
          })
        )

      const upsert = (id: ConnectionId, kind: string, seenAt: DateTime.Utc, running: boolean, report: string) => {
        const values = {
          connection_id: id,
          kind,
          running: running ? 1 : 0,
          seen_at: DateTime.formatIso(seenAt),
          report
        }
        return sql`INSERT INTO reports ${sql.insert(values)} ON CONFLICT (connection_id, kind)
          DO UPDATE SET running = excluded.running, seen_at = excluded.seen_at, report = excluded.report`
      }

      const keepChecks = Effect.fn("Reports.keepChecks")(function* (id: ConnectionId, checks: KeptChecks) {
        const report = yield* Effect.orDie(Schema.encodeEffect(ChecksText)(checks))
        yield* Effect.mapError(upsert(id, "checks", checks.at, false, report), failed)
      })

      const keepExamination = Effect.fn("Reports.keepExamination")(function* (
        id: ConnectionId,
        examination: KeptExamination
      ) {
        const report = yield* Effect.orDie(Schema.encodeEffect(ExaminationText)(examination))
        const { seenAt, status } = examination
        yield* Effect.mapError(upsert(id, "doctor", seenAt, status === "running", report), failed)
      })

      const begin = Effect.fn("Reports.begin")(function* (
        id: ConnectionId,
        examination: KeptExamination,
        abandonedBefore: DateTime.Utc
      ) {
        const report = yield* Effect.orDie(Schema.encodeEffect(ExaminationText)(examination))
        const write = upsert(id, "doctor", examination.seenAt, true, report)
        const abandoned = DateTime.formatIso(abandonedBefore)
        // One statement decides, so that two processes cannot both believe that they may.
        const rows = yield* sql`${write} WHERE reports.running = 0 OR reports.seen_at < ${abandoned}
          RETURNING connection_id`.pipe(Effect.mapError(failed))
        return rows.length > 0
      })

      return Reports.of({
        checks: (id) =>
          Effect.map(
            find(id, "checks"),
            Option.flatMap(({ report }) => Schema.decodeOption(ChecksText)(report))
          ),
        examination: (id) =>
          Effect.map(
            find(id, "doctor"),
            Option.flatMap(({ report }) => Schema.decodeOption(ExaminationText)(report))
          ),
        keepChecks,
        begin,
        keepExamination
      })
    })
  )
