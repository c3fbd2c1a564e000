/** What the store of webhooks must do, whatever database it is on. */
import { assert, describe, it } from "@effect/vitest"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Runs } from "@loom-scim/core/ports/Runs"
import { Vault } from "@loom-scim/core/ports/Vault"
import { Webhooks } from "@loom-scim/core/ports/Webhooks"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { type Delivery, DeliveryId, vaultIdOf, type WebhookId } from "@loom-scim/core/webhooks/Webhook"
import type { WebhookSettings } from "@loom-scim/core/webhooks/WebhookService"
import { DateTime, Effect, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Outbox from "../../src/webhooks/outbox.ts"
import type { Backend } from "./backend.ts"
import { around, opened } from "./contract.ts"
import { ada, change, run } from "./runs.sample.ts"
import { acme, beta, start } from "./sample.ts"
import { service } from "../webhooks/receiver.ts"

const settings: WebhookSettings = {
  url: "https://hooks.example.com/loom?key=a'b",
  description: "O'Neil's \"hook\" № 1",
  connectionId: null,
  events: ["setup.step_completed", "connection.removed", "run.started", "run.paused", "run.cancelled"],
  allowPrivateNetwork: false
}

const lease = (claim: string, now: DateTime.Utc, millis = 60_000) => ({
  claim,
  now,
  until: DateTime.addDuration(now, millis)
})

const delivery = (webhookId: WebhookId, number: number, nextAt = start): Delivery => ({
  id: DeliveryId.make(`msg_${String(number).padStart(32, "0")}`),
  webhookId,
  type: "run.started",
  payload: '{"data":"\\u0000 ë"}',
  createdAt: start,
  state: "pending",
  attempts: 0,
  nextAt
})

const attempt = (number: number, at: DateTime.Utc, status: number | null) => ({
  number,
  at,
  millis: 20,
  status,
  reason: status === null ? "it's silent" : null
})

const told = Effect.fnUntraced(function* (id: WebhookId) {
  const log = yield* (yield* Webhooks).deliveries(id, null, 100)
  return log.toReversed().map(({ payload }): unknown => JSON.parse(payload))
})

const turn = Effect.flatMap(Outbox.make("the test"), (outbox) => outbox.turn)

const kept = (backend: Backend): void => {
  describe(`webhooks on ${backend.name}`, () => {
    it.live("are made, changed, given another secret and removed, each with a secret that is sealed", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const hooks = yield* service
          const vault = yield* Vault
          const { secret, webhook } = yield* hooks.create(settings, "key ci")
          const { id } = webhook
          assert.deepStrictEqual(yield* hooks.get(id), webhook)
          assert.match(Redacted.value(secret), /^whsec_[A-Za-z0-9+/]{43}=$/)
          assert.deepStrictEqual(yield* vault.open(vaultIdOf(id), webhook.secret), secret)
          const dump = JSON.stringify(yield* around(store, "SELECT * FROM webhooks"))
          assert.notInclude(dump, Redacted.value(secret))

          const updated = yield* hooks.update(id, { connectionId: beta, url: "https://other.example.com" })
          assert.deepStrictEqual(updated, { ...webhook, connectionId: beta, url: updated.url })
          assert.strictEqual(updated.url, "https://other.example.com/")
          const rotated = yield* hooks.rotate(id, "1 hour")
          assert.strictEqual(rotated.webhook.previous[0]?.secret, webhook.secret)
          assert.deepStrictEqual(yield* vault.open(vaultIdOf(id), rotated.webhook.secret), rotated.secret)
          assert.notDeepEqual(Redacted.value(rotated.secret), Redacted.value(secret))

          const { webhook: second } = yield* hooks.create(settings, "key ci")
          const ids = [id, second.id].toSorted()
          assert.deepStrictEqual(
            (yield* hooks.list({ of: null, after: null, limit: 5 })).map((each) => each.id),
            ids
          )
          assert.deepStrictEqual(
            (yield* hooks.list({ of: null, after: ids[0] ?? null, limit: 5 })).map((each) => each.id),
            [ids[1]]
          )
          // The second one hears of every connection, so it is not one of this connection's.
          const among = (...of: ReadonlyArray<ConnectionId>) =>
            Effect.map(hooks.list({ of, after: null, limit: 5 }), (all) => all.map((each) => each.id))
          assert.deepStrictEqual([yield* among(acme, beta), yield* among(acme), yield* among()], [[id], [], []])
          yield* hooks.remove(id)
          assert.strictEqual((yield* Effect.flip(hooks.get(id)))._tag, "WebhookRefused")
          const missing = yield* Effect.flip(vault.open(vaultIdOf(id), rotated.webhook.secret))
          assert.strictEqual(missing.reason, "missing")
        })
      )
    )

    it.live("refuse an address inside, and a change of somebody who has not seen the last one", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const hooks = yield* service
          const webhooks = yield* Webhooks
          for (const url of ["https://10.0.0.1/x", "https://inside.example.com/x"]) {
            const refused = yield* Effect.flip(hooks.create({ ...settings, url }, "ci"))
            assert.strictEqual(refused._tag === "WebhookRefused" && refused.reason, "invalidUrl")
          }
          assert.deepStrictEqual(yield* hooks.list({ of: null, after: null, limit: 5 }), [])
          const { webhook } = yield* hooks.create(settings, "ci")
          assert.isTrue(yield* webhooks.update(webhook, { ...webhook, description: "a" }))
          assert.isFalse(yield* webhooks.update(webhook, { ...webhook, description: "b" }))
          assert.strictEqual((yield* hooks.get(webhook.id)).description, "a")
        })
      )
    )

    it.live("drop what is on its way when they are disabled, and say since when they listen again", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const hooks = yield* service
          const { webhook } = yield* hooks.create(settings, "ci")
          const sent = yield* hooks.test(webhook.id)
          assert.strictEqual((yield* hooks.disable(webhook.id)).disabled?.because, "person")
          const { delivery: after } = yield* hooks.delivery(webhook.id, sent.id)
          assert.deepStrictEqual(after, { ...sent, state: "dropped", nextAt: null })
          const refused = yield* Effect.flip(hooks.test(webhook.id))
          assert.strictEqual(refused._tag === "WebhookRefused" && refused.reason, "disabled")
          const enabled = yield* hooks.enable(webhook.id)
          assert.isNull(enabled.disabled)
          assert.isTrue(DateTime.isGreaterThanOrEqualTo(enabled.since, webhook.since))
          const { webhook: other } = yield* hooks.create(settings, "ci")
          assert.strictEqual((yield* Effect.flip(hooks.delivery(other.id, sent.id)))._tag, "WebhookRefused")
        })
      )
    )

    it.live(
      "send again what is over, wherever it stood, but nothing that is being sent or of one that is disabled",
      () =>
        opened(backend, () =>
          Effect.gen(function* () {
            const hooks = yield* service
            const webhooks = yield* Webhooks
            const { webhook } = yield* hooks.create(settings, "ci")
            const { id } = webhook
            yield* webhooks.send([delivery(id, 1)])
            const first = delivery(id, 1)
            const claimed = Option.getOrThrow(yield* webhooks.claim(lease("a", start)))
            // It is being sent by somebody whose lease has not ended.
            assert.isTrue(yield* webhooks.redeliver(id, first.id, start))
            assert.isTrue(yield* webhooks.settle(claimed, attempt(1, start, 200), { _tag: "Delivered" }))
            const again = yield* hooks.redeliver(id, first.id)
            assert.deepInclude(again, { state: "pending", attempts: 1, payload: first.payload })
            assert.isNotNull(again.nextAt)
            yield* hooks.disable(id)
            const refused = yield* Effect.flip(hooks.redeliver(id, first.id))
            assert.strictEqual(refused._tag === "WebhookRefused" && refused.reason, "disabled")
            assert.strictEqual((yield* hooks.delivery(id, first.id)).delivery.state, "dropped")
            // Whoever had not seen that it was disabled may still put something on its way; nobody takes it.
            yield* webhooks.send([delivery(id, 2)])
            assert.deepStrictEqual(yield* webhooks.claim(lease("b", start)), Option.none())
            yield* hooks.enable(id)
            assert.strictEqual((yield* hooks.redeliver(id, first.id)).state, "pending")
            const { webhook: other } = yield* hooks.create(settings, "ci")
            assert.strictEqual((yield* Effect.flip(hooks.redeliver(other.id, first.id)))._tag, "WebhookRefused")
            assert.isFalse(yield* webhooks.redeliver(other.id, first.id, start))
          })
        )
    )
  })
}

const claims = (backend: Backend): void => {
  describe(`deliveries on ${backend.name}`, () => {
    it.live("are one worker's until they are settled or the lease ends; a late worker settles nothing", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const webhooks = yield* Webhooks
          const { webhook } = yield* (yield* service).create(settings, "ci")
          const later = DateTime.addDuration(start, "1 hour")
          yield* webhooks.send([delivery(webhook.id, 1), delivery(webhook.id, 2, later)])
          const first = Option.getOrThrow(yield* webhooks.claim(lease("a", start, 1000)))
          assert.deepStrictEqual(first, { delivery: delivery(webhook.id, 1), webhook, claim: "a" })
          assert.deepStrictEqual(yield* webhooks.claim(lease("b", start)), Option.none())
          const second = Option.getOrThrow(yield* webhooks.claim(lease("c", DateTime.addDuration(start, 1000))))
          assert.strictEqual(second.delivery.id, first.delivery.id)
          assert.isFalse(yield* webhooks.settle(first, attempt(1, start, 200), { _tag: "Delivered" }))
          assert.deepStrictEqual(yield* webhooks.attempts(first.delivery.id), [])
          const again = { _tag: "Retry", afterMillis: 980 } as const
          assert.isTrue(yield* webhooks.settle(second, attempt(1, start, null), again))
          assert.deepStrictEqual(yield* webhooks.attempts(first.delivery.id), [attempt(1, start, null)])
          const due = DateTime.addDuration(start, 1000)
          assert.deepStrictEqual(
            yield* webhooks.delivery(first.delivery.id),
            Option.some({ ...first.delivery, attempts: 1, nextAt: due })
          )
          assert.deepStrictEqual(yield* webhooks.claim(lease("d", DateTime.addDuration(start, 999))), Option.none())
          const third = Option.getOrThrow(yield* webhooks.claim(lease("e", due)))
          yield* webhooks.release(third)
          assert.isTrue(Option.isSome(yield* webhooks.claim(lease("f", due))))
        })
      )
    )

    it.live("are handed to one of many who ask at once, a few of one webhook at a time", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const webhooks = yield* Webhooks
          const hooks = yield* service
          const made = yield* Effect.forEach(Array.from({ length: 10 }), () => hooks.create(settings, "ci"))
          yield* webhooks.send(made.map(({ webhook }, index) => delivery(webhook.id, index)))
          const taken = yield* Effect.forEach(
            Array.from({ length: 20 }, (_, index) => `claim ${index}`),
            (claim) => webhooks.claim(lease(claim, start)),
            { concurrency: "unbounded" }
          )
          // Some may find nothing because others have just locked what they looked at; nothing is handed out twice.
          const ids = taken.flatMap(Option.toArray).map((each) => each.delivery.id)
          assert.strictEqual(new Set(ids).size, ids.length)
          let more = yield* webhooks.claim(lease("rest", start))
          while (Option.isSome(more)) {
            ids.push(more.value.delivery.id)
            more = yield* webhooks.claim(lease("rest", start))
          }
          assert.strictEqual(new Set(ids).size, 10)

          const [one] = made
          if (one === undefined) throw new Error("none")
          const { id } = one.webhook
          yield* webhooks.send([20, 21, 22, 23].map((number) => delivery(id, number)))
          const held = yield* Effect.forEach(["x", "y"], (claim) => webhooks.claim(lease(claim, start)))
          // One of that webhook is held from before.
          assert.deepStrictEqual(held.map(Option.isSome), [true, false])
        })
      )
    )

    it.live("end a webhook that is gone, with everything else on its way to it; the log goes page by page", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const webhooks = yield* Webhooks
          const hooks = yield* service
          const { webhook } = yield* hooks.create(settings, "ci")
          const { id } = webhook
          yield* webhooks.send([1, 2, 3].map((number) => delivery(id, number)))
          const claimed = Option.getOrThrow(yield* webhooks.claim(lease("a", start)))
          const gone = { _tag: "Disable", because: "gone" } as const
          assert.isTrue(yield* webhooks.settle(claimed, attempt(1, start, 410), gone))
          assert.deepStrictEqual((yield* hooks.get(id)).disabled, { because: "gone", at: start })
          const newest = yield* hooks.deliveries(id, null, 2)
          assert.deepStrictEqual(
            newest.map(({ id: each }) => Number(each.slice(-2))),
            [3, 2]
          )
          const rest = yield* hooks.deliveries(id, newest[1]?.id ?? null, 2)
          const states = [...newest, ...rest].map(({ attempts, state }) => [state, attempts])
          assert.deepStrictEqual(states, [
            ["dropped", 0],
            ["dropped", 0],
            ["failed", 1]
          ])
          yield* webhooks.forget(start)
          assert.lengthOf(yield* hooks.deliveries(id, null, 5), 3)
          yield* webhooks.forget(DateTime.addDuration(start, 1))
          assert.deepStrictEqual(yield* hooks.deliveries(id, null, 5), [])
        })
      )
    )
  })
}

const outbox = (backend: Backend): void => {
  const attested = (prerequisite: "enterprisePlan" | "samlSso", at: DateTime.Utc) =>
    ({
      _tag: "PrerequisiteAttested",
      prerequisite,
      evidence: { _tag: "Attested", by: ada, at, statement: "yes" }
    }) as const

  describe(`what has happened on ${backend.name}`, () => {
    it.live("is told once of a journey, to whom it concerns, and nothing from before there was a listener", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const journal = yield* Journal
          const hooks = yield* service
          const old = { connectionId: acme, sequence: 1, at: start, actor: ada } as const
          const plan = { ...old, sequence: 2, event: attested("enterprisePlan", start) }
          yield* journal.append(acme, 0, [{ ...old, event: { _tag: "Begun", name: "Acme" } }, plan])
          const { webhook } = yield* hooks.create(settings, "ci")
          const { webhook: foreign } = yield* hooks.create({ ...settings, connectionId: beta }, "ci")
          yield* turn
          const at = DateTime.addDuration(webhook.since, "1 second")
          yield* journal.append(acme, 2, [
            { ...old, at, sequence: 3, event: attested("samlSso", at) },
            { ...old, at, sequence: 4, event: { _tag: "Removed" } }
          ])
          yield* Effect.all([turn, turn, turn], { concurrency: "unbounded" })
          yield* turn
          const timestamp = DateTime.formatIso(at)
          assert.deepStrictEqual(yield* told(webhook.id), [
            { type: "setup.step_completed", timestamp, data: { connectionId: acme, step: "prerequisites" } },
            { type: "connection.removed", timestamp, data: { connectionId: acme } }
          ])
          assert.deepStrictEqual(yield* told(foreign.id), [])
        })
      )
    )

    it.live("is told of every change of a run, also of one that did not last", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const runs = yield* Runs
          const hooks = yield* service
          yield* runs.begin(run(0, { connectionId: beta }), [change(0)])
          assert.deepStrictEqual(yield* around(store, "SELECT * FROM run_changes"), [])
          const { webhook } = yield* hooks.create(settings, "ci")
          const { id } = run(1)
          yield* runs.begin(run(1), [change(0)])
          const paused = { _tag: "Paused", reason: "forbidden", detail: "d", next: "it's \u0000", until: null } as const
          yield* runs.stop(id, 1, paused, start)
          yield* runs.setStatus(id, { _tag: "Running" }, start)
          yield* runs.setStatus(id, { _tag: "Running" }, start)
          yield* runs.setStatus(id, { _tag: "Rejected", by: ada }, start)
          yield* Effect.all([turn, turn, turn], { concurrency: "unbounded" })
          yield* turn
          const seen = (yield* told(webhook.id)).map((event) => {
            assert(typeof event === "object" && event !== null && "type" in event && "data" in event)
            return [event.type, event.data]
          })
          const data = { connectionId: acme, runId: id, kind: "reconcile" }
          // It was not asked to tell that the run went on.
          assert.deepStrictEqual(seen, [
            ["run.started", data],
            ["run.paused", { ...data, reason: "forbidden", next: "it's \u0000" }],
            ["run.cancelled", { ...data, outcome: "rejected" }]
          ])
          assert.deepStrictEqual(yield* around(store, "SELECT * FROM run_changes"), [])
        })
      )
    )

    it.live("is put on its way wholly or not at all", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const sql = yield* SqlClient
          const journal = yield* Journal
          const hooks = yield* service
          const { webhook } = yield* hooks.create(settings, "ci")
          const at = DateTime.addDuration(webhook.since, "1 second")
          const entry = { connectionId: acme, sequence: 1, at, actor: ada } as const
          yield* journal.append(acme, 0, [{ ...entry, event: { _tag: "Begun", name: "Acme" } }])
          yield* journal.append(acme, 1, [{ ...entry, sequence: 2, event: { _tag: "Removed" } }])
          // The cursor cannot be moved any more when the deliveries are written already.
          yield* sql`INSERT INTO webhook_cursors ${sql.insert({ connection_id: beta, sequence: 2 })}`
          yield* sql`CREATE UNIQUE INDEX unlucky ON webhook_cursors (sequence) WHERE sequence > 1`
          const error = yield* Effect.flip(turn)
          assert.strictEqual(error._tag, "JournalFailure")
          yield* sql`DROP INDEX unlucky`
          assert.deepStrictEqual(yield* told(webhook.id), [])
          yield* turn
          assert.lengthOf(yield* told(webhook.id), 1)
        })
      )
    )
  })
}

export const webhooksContract = (backend: Backend): void => {
  kept(backend)
  claims(backend)
  outbox(backend)
}
