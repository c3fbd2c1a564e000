/** The two databases the store contract runs on. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Journal } from "@loom-scim/core/ports/Journal"
import { ConfigProvider, Context, Effect, FileSystem, Layer, Redacted } from "effect"
import type { Scope } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import * as SqliteClient from "../../src/store/SqliteClient.ts"
import { layerEmbedded, layerPostgres } from "../../src/store/Storage.ts"
import type { Storage } from "../../src/store/Storage.ts"

/** One empty database with its data directory. */
export interface Store {
  readonly directory: string
  /** Which kind of database, and its file or URL: for another process. */
  readonly location: readonly [kind: "sqlite" | "postgres", place: string]
  /** Opens it the way the program does, under these environment variables and no others. */
  readonly open: (environment?: Record<string, string>) => Storage
  /** Goes around the store, as an administrator or an attacker would. */
  readonly around: Layer.Layer<SqlClient>
  /** A second writer that does not know of the opened store: another process where the database allows one. */
  readonly rival: Effect.Effect<Journal["Service"], never, Journal | Scope.Scope>
}

/** A kind of database. */
export interface Backend {
  readonly name: string
  readonly fresh: Effect.Effect<Store, never, Scope.Scope>
}

/** A directory that goes away with the scope. */
export const temporaryDirectory: Effect.Effect<string, never, Scope.Scope> = Effect.flatMap(
  FileSystem.FileSystem,
  (files) => files.makeTempDirectoryScoped({ prefix: "loom-scim-store-" })
).pipe(Effect.provide(NodeFileSystem.layer), Effect.orDie)

/** Only these variables, not those of the machine the tests run on. */
export const environment = (variables: Record<string, string>) =>
  ConfigProvider.layer(ConfigProvider.fromUnknown(variables))

export const sqlite: Backend = {
  name: "SQLite",
  fresh: Effect.gen(function* () {
    const directory = join(yield* temporaryDirectory, "data")
    return {
      directory,
      location: ["sqlite", join(directory, "loom-scim.db")],
      open: (variables = {}) => layerEmbedded({ directory, face: "cli" }).pipe(Layer.provide(environment(variables))),
      around: Layer.orDie(SqliteClient.layer({ filename: join(directory, "loom-scim.db") })),
      rival: Effect.service(Journal)
    }
  })
}

const server = process.env["LOOM_SCIM_TEST_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/postgres"

const administrator = PgClient.layer({ url: Redacted.make(server), maxConnections: 1, connectTimeout: "3 seconds" })

/** Runs a statement as the administrator of the server. */
export const administer = (statement: string) =>
  Effect.flatMap(SqlClient, (sql) => sql.unsafe(statement)).pipe(Effect.provide(administrator))

/** Whether a PostgreSQL answers; where one must (`LOOM_SCIM_REQUIRE_POSTGRES=1`), silence is an error. */
export const postgresAnswers: Effect.Effect<boolean> = administer("SELECT 1").pipe(
  Effect.as(true),
  Effect.catch((error) =>
    process.env["LOOM_SCIM_REQUIRE_POSTGRES"] === "1" ? Effect.die(error) : Effect.succeed(false)
  )
)

export const postgres: Backend = {
  name: "PostgreSQL",
  fresh: Effect.gen(function* () {
    const directory = join(yield* temporaryDirectory, "data")
    const name = `loom_scim_test_${randomBytes(6).toString("hex")}`
    yield* Effect.acquireRelease(Effect.orDie(administer(`CREATE DATABASE ${name}`)), () =>
      Effect.orDie(administer(`DROP DATABASE ${name} WITH (FORCE)`))
    )
    // Only a crash of the server itself could lose what is not waited for, and no test crashes it.
    yield* Effect.orDie(administer(`ALTER DATABASE ${name} SET synchronous_commit TO off`))
    const url = new URL(server)
    url.pathname = `/${name}`
    const options = { url: Redacted.make(url.href), directory }
    const open: Store["open"] = (variables = {}) => layerPostgres(options).pipe(Layer.provide(environment(variables)))
    return {
      directory,
      location: ["postgres", url.href],
      open,
      around: Layer.orDie(PgClient.layer({ url: options.url, maxConnections: 1 })),
      rival: Effect.map(Layer.build(Layer.fresh(Layer.orDie(open()))), (context) => Context.get(context, Journal))
    }
  })
}
