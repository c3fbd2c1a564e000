/** The deliveries of webhooks and their attempts as rows. */
import type { Claimed } from "@loom-scim/core/ports/Webhooks"
import type { Next } from "@loom-scim/core/webhooks/Delivery"
import { Attempt, Delivery, DeliveryId, type DeliveryState, WebhookId } from "@loom-scim/core/webhooks/Webhook"
import { Array as Arr, DateTime, Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { fromSql } from "./StoreFailure.ts"
import { batch, reading } from "./StoredRows.ts"
import { transaction } from "./transaction.ts"

const { fields } = Delivery

/** A row of `webhook_deliveries`, without whose it is. */
export const Row = Schema.Struct({
  id: fields.id,
  webhook_id: fields.webhookId,
  type: fields.type,
  payload: fields.payload,
  created_at: fields.createdAt,
  state: fields.state,
  attempts: fields.attempts,
  next_at: fields.nextAt
})

/** A delivery from its row. */
export const fromRow = ({ created_at, next_at, webhook_id, ...rest }: typeof Row.Type): Delivery => ({
  ...rest,
  webhookId: webhook_id,
  createdAt: created_at,
  nextAt: next_at
})

const toRow = ({ createdAt, nextAt, webhookId, ...rest }: Delivery): typeof Row.Type => ({
  ...rest,
  webhook_id: webhookId,
  created_at: createdAt,
  next_at: nextAt
})

const stateAfter: Readonly<Record<Next["_tag"], DeliveryState>> = {
  Delivered: "delivered",
  Retry: "pending",
  Fail: "failed",
  Disable: "failed"
}

const what = "a delivery of a webhook"

/** The queries; `place` is what failures call the database. */
export const make = Effect.fnUntraced(function* (place: string) {
  const sql = yield* SqlClient
  const failed = fromSql(place)
  const read = reading(place)
  const columns = sql.literal(Object.keys(Row.fields).join(", "))
  const encode = Schema.encodeEffect(Schema.Array(Row))
  const encodeAttempt = Schema.encodeEffect(Attempt)

  const rowOf = SqlSchema.findOneOption({
    Request: DeliveryId,
    Result: Row,
    execute: (id) => sql`SELECT ${columns} FROM webhook_deliveries WHERE id = ${id}`
  })
  const rows = SqlSchema.findAll({
    Request: Schema.Struct({ id: WebhookId, before: Schema.NullOr(DeliveryId), limit: Schema.Int }),
    Result: Row,
    execute: ({ before, id, limit }) => {
      const older =
        before === null
          ? sql.literal("")
          : sql`AND position < (SELECT position FROM webhook_deliveries WHERE id = ${before})`
      return sql`SELECT ${columns} FROM webhook_deliveries WHERE webhook_id = ${id} ${older}
        ORDER BY position DESC LIMIT ${limit}`
    }
  })
  const attemptsOf = SqlSchema.findAll({
    Request: DeliveryId,
    Result: Attempt,
    execute: (id) =>
      sql`SELECT number, at, millis, status, reason FROM webhook_attempts WHERE delivery_id = ${id} ORDER BY number`
  })

  const send = Effect.fnUntraced(function* (deliveries: ReadonlyArray<Delivery>) {
    const encoded = yield* Effect.orDie(encode(deliveries.map(toRow)))
    const write = Effect.forEach(
      Arr.chunksOf(encoded, batch),
      (some) => sql`INSERT INTO webhook_deliveries ${sql.insert(some)}`,
      { discard: true }
    )
    yield* transaction(sql, write).pipe(Effect.mapError(failed))
  })

  /** Records an attempt in the transaction of the caller, if the claim still holds. */
  const settled = Effect.fnUntraced(function* ({ claim, delivery }: Claimed, attempt: Attempt, next: Next) {
    const millis = next._tag === "Retry" ? attempt.millis + next.afterMillis : 0
    const values = {
      state: stateAfter[next._tag],
      attempts: attempt.number,
      next_at: next._tag === "Retry" ? DateTime.formatIso(DateTime.addDuration(attempt.at, millis)) : null,
      claim: null,
      claimed_until: null
    }
    const changed = yield* sql`UPDATE webhook_deliveries SET ${sql.update(values)}
      WHERE id = ${delivery.id} AND claim = ${claim} RETURNING id`
    if (changed.length === 0) return false
    const row = yield* Effect.orDie(encodeAttempt(attempt))
    yield* sql`INSERT INTO webhook_attempts ${sql.insert({ ...row, delivery_id: delivery.id })}`
    return true
  })

  const release = Effect.fn("Webhooks.release")(function* ({ claim, delivery }: Claimed) {
    yield* sql`UPDATE webhook_deliveries SET claim = NULL, claimed_until = NULL
      WHERE id = ${delivery.id} AND claim = ${claim}`.pipe(Effect.mapError(failed))
  })

  /** Makes a delivery due in the transaction of the caller, unless somebody is sending it; false when there is none. */
  const due = Effect.fnUntraced(function* (webhookId: WebhookId, id: DeliveryId, at: DateTime.Utc) {
    const now = DateTime.formatIso(at)
    const found = yield* sql`SELECT id FROM webhook_deliveries WHERE id = ${id} AND webhook_id = ${webhookId}`
    yield* sql`UPDATE webhook_deliveries
      SET ${sql.update({ state: "pending", next_at: now, claim: null, claimed_until: null })}
      WHERE id = ${id} AND webhook_id = ${webhookId} AND (claim IS NULL OR claimed_until <= ${now})`
    return found.length > 0
  })

  const list = Effect.fnUntraced(function* (id: WebhookId, before: DeliveryId | null, limit: number) {
    return (yield* read(what, rows({ id, before, limit }))).map(fromRow)
  })

  const find = Effect.fnUntraced(function* (id: DeliveryId) {
    return Option.map(yield* read(what, rowOf(id)), fromRow)
  })

  const attempts = Effect.fn("Webhooks.attempts")((id: DeliveryId) =>
    read("an attempt to deliver a webhook", attemptsOf(id))
  )

  const forget = Effect.fn("Webhooks.forget")(function* (before: DateTime.Utc) {
    yield* sql`DELETE FROM webhook_deliveries WHERE created_at < ${DateTime.formatIso(before)}
      AND state <> 'pending'`.pipe(Effect.mapError(failed))
  })

  return { columns, send, settled, release, due, list, find, attempts, forget }
})
