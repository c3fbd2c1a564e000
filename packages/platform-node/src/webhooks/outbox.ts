/**
 * From what has happened to deliveries. What is told and the note that it was told are one transaction, so that a process
 * that dies in between neither forgets an event nor tells it as two.
 */
import { Journal, type JournalFailure } from "@loom-scim/core/ports/Journal"
import { Webhooks } from "@loom-scim/core/ports/Webhooks"
import { RunId, RunKind, RunStatus } from "@loom-scim/core/runs/Run"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Webhook } from "@loom-scim/core/webhooks/Webhook"
import * as WebhookEvent from "@loom-scim/core/webhooks/WebhookEvent"
import { deliveryOf } from "@loom-scim/core/webhooks/WebhookService"
import { DateTime, Effect, Schema } from "effect"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import { failure, fromSql } from "../store/StoreFailure.ts"
import { transaction } from "../store/transaction.ts"
import { everyWebhook } from "./everyWebhook.ts"

/** Connections or changes of runs that are looked at in one turn. */
const atOnce = 100

const Change = Schema.Struct({
  position: Schema.Int,
  run_id: RunId,
  connection_id: ConnectionId,
  kind: RunKind,
  old_status: Schema.NullOr(Schema.fromJsonString(RunStatus)),
  new_status: Schema.fromJsonString(RunStatus),
  at: Schema.DateTimeUtcFromString
})

const toChange = (row: typeof Change.Type): WebhookEvent.RunChange => ({
  runId: row.run_id,
  connectionId: row.connection_id,
  kind: row.kind,
  before: row.old_status,
  after: row.new_status,
  at: row.at
})

/** One turn of the outbox. */
export interface Outbox {
  /** Puts what has happened since the last turn on its way; true when there may be more at once. */
  readonly turn: Effect.Effect<boolean, JournalFailure>
}

/** Over the tables of the context's `SqlClient`; `place` is what failures call the database. Any number may work on one. */
export const make = Effect.fnUntraced(function* (
  place: string
): Effect.fn.Return<Outbox, never, SqlClient | Journal | Webhooks> {
  const sql = yield* SqlClient
  const journal = yield* Journal
  const webhooks = yield* Webhooks
  const readable = <A>(effect: Effect.Effect<A, JournalFailure | SqlError | Schema.SchemaError>) =>
    Effect.catchTags(effect, {
      SqlError: (error) => Effect.fail(fromSql(place)(error)),
      SchemaError: () =>
        Effect.fail(
          failure(
            "corrupt",
            `${place} holds something to tell webhooks that this program cannot read`,
            "If a newer loom-scim wrote it, update this one; nothing was told and nothing is lost"
          )
        )
    })
  // SQLite has one writer at a time and knows no locks on rows.
  const forUpdate = sql.onDialectOrElse({ pg: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
  const skipLocked = sql.onDialectOrElse({
    pg: () => sql.literal("FOR UPDATE SKIP LOCKED"),
    orElse: () => sql.literal("")
  })

  const behind = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Schema.Struct({ connection_id: ConnectionId }),
    execute: () => sql`SELECT c.connection_id FROM connections c
      LEFT JOIN webhook_cursors k ON k.connection_id = c.connection_id
      WHERE EXISTS (SELECT 1 FROM events e
        WHERE e.connection_id = c.connection_id AND e.sequence > COALESCE(k.sequence, 0))
      ORDER BY c.position LIMIT ${atOnce}`
  })
  const cursorOf = SqlSchema.findOne({
    Request: ConnectionId,
    Result: Schema.Struct({ sequence: Schema.Int }),
    execute: (id) => sql`SELECT sequence FROM webhook_cursors WHERE connection_id = ${id} ${forUpdate}`
  })
  const changes = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Change,
    execute: () => sql`SELECT * FROM run_changes ORDER BY position LIMIT ${atOnce} ${skipLocked}`
  })

  const enabled = Effect.map(everyWebhook(webhooks), (all) => all.filter(({ disabled }) => disabled === null))

  const tell = Effect.fnUntraced(function* (
    events: ReadonlyArray<WebhookEvent.WebhookEvent>,
    audience: ReadonlyArray<Webhook>
  ) {
    const at = yield* DateTime.now
    const told = events.flatMap((event) =>
      audience.filter((webhook) => WebhookEvent.isFor(event, webhook)).map((webhook) => ({ event, webhook }))
    )
    yield* webhooks.send(yield* Effect.forEach(told, ({ event, webhook }) => deliveryOf(webhook, event, at)))
  }, Effect.provide(layerWebCrypto))

  const tellJourney = Effect.fnUntraced(function* (id: ConnectionId, audience: ReadonlyArray<Webhook>) {
    yield* sql`INSERT INTO webhook_cursors ${sql.insert({ connection_id: id, sequence: 0 })}
      ON CONFLICT (connection_id) DO NOTHING`
    const { sequence: seen } = yield* Effect.catchTag(cursorOf(id), "NoSuchElementError", Effect.die)
    const recorded = yield* journal.load(id)
    const last = recorded.at(-1)?.sequence ?? 0
    if (last <= seen) return
    yield* tell(WebhookEvent.ofJourney(recorded, seen), audience)
    yield* sql`UPDATE webhook_cursors SET sequence = ${last} WHERE connection_id = ${id}`
  })

  const tellRuns = Effect.fnUntraced(function* (audience: ReadonlyArray<Webhook>) {
    const rows = yield* changes()
    if (rows.length === 0) return 0
    const events = rows.map((row) => WebhookEvent.ofRun(toChange(row))).filter((event) => event !== null)
    yield* tell(events, audience)
    yield* sql`DELETE FROM run_changes WHERE ${sql.in(
      "position",
      rows.map(({ position }) => position)
    )}`
    return rows.length
  })

  const turn = Effect.gen(function* () {
    const audience = yield* enabled
    const runs = yield* readable(transaction(sql, tellRuns(audience)))
    // Where nobody listens the journal need not be read: what is old by then is not told.
    if (audience.length === 0) return runs === atOnce
    const ids = yield* readable(behind())
    for (const { connection_id } of ids) {
      yield* readable(transaction(sql, tellJourney(connection_id, audience)))
    }
    return runs === atOnce || ids.length === atOnce
  }).pipe(Effect.withSpan("Webhooks.outbox"))

  return { turn }
})
