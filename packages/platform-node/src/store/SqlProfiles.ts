/** The Profiles port over SQL. */
import { Profiles } from "@loom-scim/core/ports/Profiles"
import { Profile } from "@loom-scim/core/scim/Profile"
import type { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { fromSql } from "./StoreFailure.ts"

const Stored = Schema.fromJsonString(Profile)

/** Keeps profiles in the `profiles` table of the context's `SqlClient`; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<Profiles, never, SqlClient> =>
  Layer.effect(
    Profiles,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const row = SqlSchema.findOneOption({
        Request: Schema.Struct({ id: Schema.String, url: Schema.String }),
        Result: Schema.Struct({ profile: Stored }),
        execute: ({ id, url }) => sql`SELECT profile FROM profiles WHERE connection_id = ${id} AND url = ${url}`
      })

      const find = Effect.fn("Profiles.find")(function* (id: ConnectionId, url: BridgeUrl) {
        const found = yield* row({ id, url }).pipe(
          Effect.catchTags({
            SqlError: (error) => Effect.fail(fromSql(place)(error)),
            // Written by a newer or an older program: what a server does can be learnt again.
            SchemaError: () => Effect.succeed(Option.none<{ readonly profile: Profile }>())
          })
        )
        return Option.map(found, ({ profile }) => profile)
      })

      const keep = Effect.fn("Profiles.keep")(function* (id: ConnectionId, url: BridgeUrl, profile: Profile) {
        const text = yield* Effect.orDie(Schema.encodeEffect(Stored)(profile))
        const values = { connection_id: id, url, profile: text }
        yield* sql`INSERT INTO profiles ${sql.insert(values)}
          ON CONFLICT (connection_id) DO UPDATE SET url = excluded.url, profile = excluded.profile`.pipe(
          Effect.mapError(fromSql(place))
        )
      })

      return Profiles.of({ find, keep })
    })
  )
