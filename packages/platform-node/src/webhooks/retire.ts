/**
 * Webhooks of a connection that was removed go too: once they have been told so, and nothing is on its way to them. Found
 * by looking, so that it comes about whoever removed the connection, and after whatever crash.
 */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Vault, type VaultFailure } from "@loom-scim/core/ports/Vault"
import { Webhooks } from "@loom-scim/core/ports/Webhooks"
import { Recorded } from "@loom-scim/core/setup/Event"
import { vaultIdOf, WebhookId } from "@loom-scim/core/webhooks/Webhook"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { reading } from "../store/StoredRows.ts"

// To the letter, as the journal keeps it: no database has to read the JSON of other events.
const removal = Schema.encodeSync(Schema.fromJsonString(Recorded.fields.event))({ _tag: "Removed" })

/** So many at a time. */
const atOnce = 100

/** Over the tables of the context's `SqlClient`; `place` is what failures call the database. */
export const make = Effect.fnUntraced(function* (
  place: string
): Effect.fn.Return<Effect.Effect<void, JournalFailure | VaultFailure>, never, SqlClient | Vault | Webhooks> {
  const sql = yield* SqlClient
  const vault = yield* Vault
  const webhooks = yield* Webhooks

  // Nothing comes after a removal in the log of a connection. Whoever hears of nothing need not have been told of it.
  const over = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Schema.Struct({ id: WebhookId }),
    execute: () => sql`SELECT w.id FROM webhooks w
      JOIN events e ON e.connection_id = w.connection_id
      WHERE e.sequence = (SELECT MAX(l.sequence) FROM events l WHERE l.connection_id = e.connection_id)
        AND e.event = ${removal}
        AND (w.enabled = 0 OR EXISTS (SELECT 1 FROM webhook_cursors k
          WHERE k.connection_id = e.connection_id AND k.sequence >= e.sequence))
        AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'pending')
      LIMIT ${atOnce}`
  })

  return Effect.gen(function* () {
    for (const { id } of yield* reading(place)("a webhook", over())) {
      yield* vault.change(vaultIdOf(id), { keep: [] }, webhooks.remove(id))
    }
  }).pipe(Effect.withSpan("Webhooks.retire"))
})
