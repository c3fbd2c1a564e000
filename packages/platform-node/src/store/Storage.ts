/** The whole store, composed: every port over SQL, on SQLite in a data directory or on PostgreSQL. */
import type { ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import type { AuditLog } from "@loom-scim/core/ports/AuditLog"
import type { Idempotency } from "@loom-scim/core/ports/Idempotency"
import type { Jobs } from "@loom-scim/core/ports/Jobs"
import type { Journal, JournalFailure } from "@loom-scim/core/ports/Journal"
import type { Ledger } from "@loom-scim/core/ports/Ledger"
import type { Plans } from "@loom-scim/core/ports/Plans"
import type { Profiles } from "@loom-scim/core/ports/Profiles"
import type { Reports } from "@loom-scim/core/ports/Reports"
import type { Runs } from "@loom-scim/core/ports/Runs"
import type { Schedules } from "@loom-scim/core/ports/Schedules"
import type { Vault } from "@loom-scim/core/ports/Vault"
import type { Webhooks } from "@loom-scim/core/ports/Webhooks"
import type { Face } from "@loom-scim/core/setup/Evidence"
import { Config, Effect, Layer, Option, Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { KeyFailure } from "../vault/KeyFailure.ts"
import { KeyRing } from "../vault/KeyRing.ts"
import * as Keys from "../vault/Keys.ts"
import * as SqlVault from "../vault/SqlVault.ts"
import * as DatabaseFile from "./DatabaseFile.ts"
import { DataDirectory, keyFileIn } from "./DataDirectory.ts"
import * as Migrations from "./Migrations.ts"
import * as SqliteClient from "./SqliteClient.ts"
import * as SqlApiKeys from "./SqlApiKeys.ts"
import * as SqlAuditLog from "./SqlAuditLog.ts"
import * as SqlIdempotency from "./SqlIdempotency.ts"
import * as SqlJobs from "./SqlJobs.ts"
import * as SqlJournal from "./SqlJournal.ts"
import * as SqlLedger from "./SqlLedger.ts"
import * as SqlPlans from "./SqlPlans.ts"
import * as SqlProfiles from "./SqlProfiles.ts"
import * as SqlReports from "./SqlReports.ts"
import * as SqlRuns from "./SqlRuns.ts"
import * as SqlSchedules from "./SqlSchedules.ts"
import * as SqlWebhooks from "./SqlWebhooks.ts"
import { fromSql } from "./StoreFailure.ts"

/** What every store provides; beside the ports the database itself, where the workflow engine keeps its own tables. */
export type Services =
  | ApiKeys
  | AuditLog
  | Idempotency
  | Jobs
  | Journal
  | Ledger
  | Plans
  | Profiles
  | Reports
  | Runs
  | Schedules
  | Vault
  | Webhooks
  | KeyRing
  | SqlClient

/** A store, or why it cannot be opened; in every case of failure the data is as it was. */
export type Storage = Layer.Layer<Services, JournalFailure | KeyFailure>

const services = (
  place: string,
  client: Layer.Layer<SqlClient, SqlError>,
  keys: Layer.Layer<Keys.Keys, KeyFailure>
): Storage => {
  const database = Layer.effectDiscard(Migrations.run(place)).pipe(
    Layer.provideMerge(client),
    Layer.catchTag("SqlError", (error) => Layer.effectContext(Effect.fail(fromSql(place)(error))))
  )
  return Layer.mergeAll(
    SqlApiKeys.layer(place),
    SqlAuditLog.layer(place),
    SqlIdempotency.layer(place),
    SqlJobs.layer(place),
    SqlJournal.layer(place),
    SqlLedger.layer(place),
    SqlPlans.layer(place),
    SqlProfiles.layer(place),
    SqlReports.layer(place),
    SqlRuns.layer(place),
    SqlSchedules.layer(place),
    SqlVault.layer(place),
    SqlWebhooks.layer(place),
    KeyRing.layer(place)
  ).pipe(Layer.provide(keys), Layer.provideMerge(database))
}

/**
 * SQLite in `directory`, which this process then holds alone. The key comes from the environment or from the file
 * `key` in that directory.
 *
 * Fails with `JournalFailure` (`held`, `corrupt`, `readOnly`, `full`, `unavailable`) or `KeyFailure`.
 */
export const layerEmbedded = (options: { readonly directory: string; readonly face: Face }): Storage =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { path, database } = yield* DataDirectory
      yield* DatabaseFile.ensure(database)
      return services(
        database,
        SqliteClient.layer({ filename: database }),
        Keys.layer({ file: keyFileIn(path), besideData: true })
      )
    })
  ).pipe(Layer.provide(DataDirectory.layer(options)))

/** The database without user and password, for messages. */
const nameOf = (url: Redacted.Redacted): string => {
  const parsed = URL.parse(Redacted.value(url))
  return parsed === null ? "The database of DATABASE_URL" : `PostgreSQL at ${parsed.host}${parsed.pathname}`
}

/** A process that is frozen or cut off in a transaction would otherwise keep its rows from all others, for hours. */
const startupParameters = { idle_in_transaction_session_timeout: "8000" }

/**
 * PostgreSQL, which several processes may share. The key comes from the environment or from the file `key` in
 * `directory`; processes on different machines need the same key, so give it as `LOOM_SCIM_KEY` there.
 *
 * The driver is only loaded here, so that embedded use does not wait for it.
 */
export const layerPostgres = (options: { readonly url: Redacted.Redacted; readonly directory: string }): Storage => {
  const client = Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("@effect/sql-pg/PgClient")),
      (PgClient) => PgClient.layer({ url: options.url, applicationName: "loom-scim", startupParameters })
    )
  )
  return services(nameOf(options.url), client, Keys.layer({ file: keyFileIn(options.directory), besideData: false }))
}

/** PostgreSQL when `DATABASE_URL` is set, else SQLite in `directory`. */
export const layerFromEnv = (options: { readonly directory: string; readonly face: Face }): Storage =>
  Layer.unwrap(
    Config.Redacted("DATABASE_URL").pipe(
      Config.option,
      Effect.orDie,
      Effect.map(
        Option.match({
          onNone: () => layerEmbedded(options),
          onSome: (url) => layerPostgres({ url, directory: options.directory })
        })
      )
    )
  )
