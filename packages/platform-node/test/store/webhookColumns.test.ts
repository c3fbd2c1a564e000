/** Webhooks by their connection, on both databases. */
import { assert, describe, it } from "@effect/vitest"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect } from "effect"
import * as Migrations from "../../src/store/Migrations.ts"
import { service, settings as settingsOf } from "../webhooks/receiver.ts"
import { postgres, postgresAnswers, sqlite } from "./backend.ts"
import { around, opened } from "./contract.ts"
import { acme, beta } from "./sample.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

const settings = settingsOf("https://hooks.example.com/")

for (const backend of backends) {
  describe(`webhooks of a connection on ${backend.name}`, () => {
    it.live("are found by their connection, whatever the texts of others", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const hooks = yield* service
          const { webhook } = yield* hooks.create({ ...settings, connectionId: acme }, "ci")
          const steering = { ...settings, connectionId: beta, description: "a\u0000b \ud800" }
          const { webhook: other } = yield* hooks.create(steering, "ci\u0000")
          const among = (...of: ReadonlyArray<ConnectionId>) => hooks.list({ of, after: null, limit: 5 })
          assert.deepStrictEqual(yield* among(acme), [webhook])
          assert.deepStrictEqual(yield* among(beta), [other])
        })
      )
    )

    it.live("from before their connection had a column are found by it, and keep the secret that signs too", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const hooks = yield* service
          const { webhook } = yield* hooks.create({ ...settings, connectionId: acme, description: "\u0000" }, "ci")
          const { webhook: plain } = yield* hooks.create(settings, "ci")
          const old = (yield* hooks.rotate(webhook.id, "1 hour")).webhook
          const [row] = yield* around(store, `SELECT definition FROM webhooks WHERE id = '${webhook.id}'`)
          const { previous, ...rest } = JSON.parse(String(row?.["definition"]))
          const before = JSON.stringify({ ...rest, previous: previous[0] })
          const at = backend.name === "SQLite" ? "?" : "$1"
          yield* around(store, `UPDATE webhooks SET definition = ${at} WHERE id = '${webhook.id}'`, [before])
          yield* around(
            store,
            `UPDATE webhooks SET definition = REPLACE(definition, '"previous":[]', '"previous":null') WHERE id = '${plain.id}'`
          )
          yield* around(store, "DROP INDEX webhooks_by_connection")
          yield* around(store, "ALTER TABLE webhooks DROP COLUMN connection_id")
          yield* around(store, "DELETE FROM loom_scim_migrations WHERE migration_id = 15")
          yield* Migrations.run("the test")
          assert.deepStrictEqual(yield* hooks.list({ of: [acme], after: null, limit: 5 }), [old])
          assert.deepStrictEqual(yield* hooks.get(plain.id), plain)
        })
      )
    )
  })
}
