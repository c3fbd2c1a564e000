/** The Webhooks port over SQL, the same code on SQLite and PostgreSQL. */
import { type Claimed, type Lease, type Listed, Webhooks } from "@loom-scim/core/ports/Webhooks"
import type { Next } from "@loom-scim/core/webhooks/Delivery"
import type { Attempt, Delivery, DeliveryId, DisabledBecause } from "@loom-scim/core/webhooks/Webhook"
import { Webhook, WebhookId } from "@loom-scim/core/webhooks/Webhook"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import * as SqlDeliveries from "./SqlDeliveries.ts"
import { fromSql } from "./StoreFailure.ts"
import { reading } from "./StoredRows.ts"
import { transaction } from "./transaction.ts"

const Row = Schema.Struct({ definition: Schema.fromJsonString(Webhook) })

/** How many deliveries of one webhook are on their way at a time. */
const atOnce = 2

const what = "a webhook"

/** Keeps webhooks in the `SqlClient` of the context; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<Webhooks, never, SqlClient> =>
  Layer.effect(
    Webhooks,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const failed = fromSql(place)
      const read = reading(place)
      const log = yield* SqlDeliveries.make(place)
      // SQLite has one writer at a time and knows no locks on rows.
      const forUpdate = sql.onDialectOrElse({ pg: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
      const skipLocked = sql.onDialectOrElse({
        pg: () => sql.literal("FOR UPDATE OF waiting SKIP LOCKED"),
        orElse: () => sql.literal("")
      })

      const among = (of: ReadonlyArray<string> | null) => {
        if (of === null) return sql`1 = 1`
        return of.length === 0 ? sql`1 = 0` : sql.in("connection_id", of)
      }

      const rowOf = SqlSchema.findOneOption({
        Request: WebhookId,
        Result: Row,
        execute: (id) => sql`SELECT definition FROM webhooks WHERE id = ${id}`
      })
      const lockedRowOf = SqlSchema.findOneOption({
        Request: WebhookId,
        Result: Row,
        execute: (id) => sql`SELECT definition FROM webhooks WHERE id = ${id} ${forUpdate}`
      })
      const rows = SqlSchema.findAll({
        Request: Schema.Struct({
          of: Schema.NullOr(Schema.Array(ConnectionId)),
          after: Schema.NullOr(WebhookId),
          limit: Schema.Int
        }),
        Result: Row,
        execute: ({ after, limit, of }) =>
          sql`SELECT definition FROM webhooks WHERE id > ${after ?? ""} AND ${among(of)} ORDER BY id LIMIT ${limit}`
      })
      const taken = SqlSchema.findOneOption({
        Request: Schema.Struct({ claim: Schema.String, now: Schema.String, until: Schema.String }),
        Result: SqlDeliveries.Row,
        // One statement finds and takes; what another transaction is about to take is passed over.
        execute: ({ claim, now, until }) => sql`WITH due AS MATERIALIZED (
            SELECT waiting.position FROM webhook_deliveries AS waiting
            WHERE waiting.state = 'pending' AND waiting.next_at <= ${now}
              AND (waiting.claim IS NULL OR waiting.claimed_until <= ${now})
              AND EXISTS (SELECT 1 FROM webhooks WHERE webhooks.id = waiting.webhook_id AND webhooks.enabled = 1)
              AND (SELECT COUNT(*) FROM webhook_deliveries AS other WHERE other.webhook_id = waiting.webhook_id
                AND other.claim IS NOT NULL AND other.claimed_until > ${now}) < ${atOnce}
            ORDER BY waiting.next_at, waiting.position LIMIT 1 ${skipLocked}
          )
          UPDATE webhook_deliveries SET claim = ${claim}, claimed_until = ${until}
          WHERE position IN (SELECT position FROM due) RETURNING ${log.columns}`
      })
      const encode = Schema.encodeEffect(Row)
      const definitionOf = (webhook: Webhook) =>
        Effect.map(Effect.orDie(encode({ definition: webhook })), ({ definition }) => definition)
      const enabledOf = (webhook: Webhook) => (webhook.disabled === null ? 1 : 0)

      const columnsOf = Effect.fnUntraced(function* (webhook: Webhook) {
        const definition = yield* definitionOf(webhook)
        return { enabled: enabledOf(webhook), connection_id: webhook.connectionId, definition }
      })

      const insert = Effect.fn("Webhooks.insert")(function* (webhook: Webhook) {
        const values = { id: webhook.id, ...(yield* columnsOf(webhook)) }
        yield* sql`INSERT INTO webhooks ${sql.insert(values)}`.pipe(Effect.mapError(failed))
      })

      const find = Effect.fn("Webhooks.find")(function* (id: WebhookId) {
        return Option.map(yield* read(what, rowOf(id)), ({ definition }) => definition)
      })

      const list = Effect.fn("Webhooks.list")(function* (which: Listed) {
        return (yield* read(what, rows(which))).map(({ definition }) => definition)
      })

      const update = Effect.fn("Webhooks.update")(function* (seen: Webhook, webhook: Webhook) {
        const values = yield* columnsOf(webhook)
        const before = yield* definitionOf(seen)
        const changed = yield* sql`UPDATE webhooks SET ${sql.update(values)}
          WHERE id = ${seen.id} AND definition = ${before} RETURNING id`.pipe(Effect.mapError(failed))
        return changed.length > 0
      })

      /** Disables in the transaction of the caller; false when there is no such webhook. */
      const disabling = Effect.fnUntraced(function* (id: WebhookId, because: DisabledBecause, at: DateTime.Utc) {
        const found = yield* lockedRowOf(id)
        if (Option.isNone(found)) return false
        const { definition: webhook } = found.value
        if (webhook.disabled === null) {
          const definition = yield* definitionOf({ ...webhook, disabled: { because, at } })
          yield* sql`UPDATE webhooks SET ${sql.update({ enabled: 0, definition })} WHERE id = ${id}`
        }
        yield* sql`UPDATE webhook_deliveries SET state = 'dropped', next_at = NULL, claim = NULL, claimed_until = NULL
          WHERE webhook_id = ${id} AND state = 'pending'`
        return true
      })

      const whole = <A>(effect: Effect.Effect<A, SqlError | Schema.SchemaError>) => read(what, transaction(sql, effect))

      const disable = Effect.fn("Webhooks.disable")((id: WebhookId, because: DisabledBecause, at: DateTime.Utc) =>
        whole(disabling(id, because, at))
      )

      const remove = Effect.fn("Webhooks.remove")(function* (id: WebhookId) {
        const removed = yield* sql`DELETE FROM webhooks WHERE id = ${id} RETURNING id`.pipe(Effect.mapError(failed))
        return removed.length > 0
      })

      const claim = Effect.fn("Webhooks.claim")(function* (lease: Lease) {
        const now = DateTime.formatIso(lease.now)
        const work = Effect.gen(function* () {
          const row = yield* taken({ claim: lease.claim, now, until: DateTime.formatIso(lease.until) })
          if (Option.isNone(row)) return Option.none<Claimed>()
          const delivery = SqlDeliveries.fromRow(row.value)
          return Option.map(yield* rowOf(delivery.webhookId), ({ definition }): Claimed => ({
            delivery,
            webhook: definition,
            claim: lease.claim
          }))
        })
        return yield* whole(work)
      })

      const settle = Effect.fn("Webhooks.settle")((claimed: Claimed, attempt: Attempt, next: Next) =>
        whole(
          Effect.gen(function* () {
            // The webhook first, as everybody does who locks both.
            if (next._tag === "Disable") yield* lockedRowOf(claimed.webhook.id)
            if (!(yield* log.settled(claimed, attempt, next))) return false
            if (next._tag === "Disable") yield* disabling(claimed.webhook.id, next.because, attempt.at)
            return true
          })
        )
      )

      const redeliver = Effect.fn("Webhooks.redeliver")((webhookId: WebhookId, id: DeliveryId, at: DateTime.Utc) =>
        whole(
          Effect.gen(function* () {
            // The webhook first, as everybody does who locks both; so that nobody disables it meanwhile.
            const found = yield* lockedRowOf(webhookId)
            if (Option.isNone(found) || found.value.definition.disabled !== null) return false
            return yield* log.due(webhookId, id, at)
          })
        )
      )

      const deliveries = Effect.fn("Webhooks.deliveries")(log.list)
      const send = Effect.fn("Webhooks.send")((all: ReadonlyArray<Delivery>) => log.send(all))
      const delivery = Effect.fn("Webhooks.delivery")((id: DeliveryId) => log.find(id))

      return Webhooks.of({
        insert,
        find,
        list,
        update,
        disable,
        remove,
        send,
        claim,
        settle,
        release: log.release,
        redeliver,
        deliveries,
        delivery,
        attempts: log.attempts,
        forget: log.forget
      })
    })
  )
