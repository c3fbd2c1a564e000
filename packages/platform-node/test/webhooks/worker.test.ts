/** Telling webhooks things over real sockets, on both databases. */
import { assert, describe, it } from "@effect/vitest"
import { Runs } from "@loom-scim/core/ports/Runs"
import { Webhooks } from "@loom-scim/core/ports/Webhooks"
import { fromName } from "@loom-scim/core/setup/ConnectionId"
import type { Delivery } from "@loom-scim/core/webhooks/Webhook"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { spawn } from "node:child_process"
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import { fileURLToPath } from "node:url"
import { postgres, postgresAnswers, sqlite, type Store } from "../store/backend.ts"
import { opened } from "../store/contract.ts"
import { change, run } from "../store/runs.sample.ts"
import { receiver, service, settings, told, until, verify, working } from "./receiver.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

const detailsOf = Effect.fnUntraced(function* ({ id, webhookId }: Delivery) {
  return yield* (yield* service).delivery(webhookId, id)
})

/** Tells a webhook something with a worker of its own under way, and waits until it was attempted. */
const attempted = Effect.fnUntraced(function* (url: string, allowPrivateNetwork = true, address?: string) {
  const hooks = yield* service
  const { webhook } = yield* hooks.create(settings(url, allowPrivateNetwork), "ci")
  const sent = yield* told(webhook)
  yield* working({ timeoutMillis: 400 }, address)
  const seen = yield* until(detailsOf(sent), ({ attempts }) => attempts.length > 0)
  return { ...seen, first: seen.attempts[0], webhook: yield* hooks.get(webhook.id) }
}, Effect.scoped)

/** Has another process tell webhooks what happens, until it is killed, at the latest with the scope. */
const otherProcess = Effect.fnUntraced(function* (
  { directory, location: [kind, place] }: Store,
  { concurrency, leaseMillis }: { readonly concurrency: number; readonly leaseMillis: number }
) {
  const script = fileURLToPath(new URL("worker.child.ts", import.meta.url))
  const args = ["--no-warnings", script, kind, directory, place, String(concurrency), String(leaseMillis)]
  const child = spawn(process.execPath, args, { stdio: "inherit" })
  const closed = once(child, "close")
  const kill = Effect.promise(async () => {
    child.kill("SIGKILL")
    await closed
  })
  yield* Effect.addFinalizer(() => kill)
  return kill
})

/** As if the time of every wait had passed. */
const hurry = Effect.flatMap(
  SqlClient,
  (sql) => sql`UPDATE webhook_deliveries SET next_at = created_at WHERE next_at IS NOT NULL`
)

describe("an attempt to tell a webhook something", () => {
  it.live("is repeated with the same id after a failure, and the log holds both", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const { received, url } = yield* receiver(
          (response) => void response.writeHead(received.length > 1 ? 200 : 500).end()
        )
        const { delivery, first } = yield* attempted(url)
        assert.deepInclude(first, { number: 1, status: 500, reason: null })
        assert.deepInclude(delivery, { state: "pending", attempts: 1 })
        yield* working()
        yield* hurry
        const after = yield* until(detailsOf(delivery), ({ attempts }) => attempts.length > 1)
        assert.deepInclude(after.delivery, { state: "delivered", attempts: 2, nextAt: null })
        assert.deepStrictEqual(
          after.attempts.map(({ status }) => status),
          [500, 200]
        )
        assert.deepStrictEqual(
          received.map(({ id, body }) => [id, body]),
          [
            [delivery.id, delivery.payload],
            [delivery.id, delivery.payload]
          ]
        )
      }).pipe(Effect.scoped)
    )
  )

  it.live("that is answered with 410 ends the webhook", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const { url } = yield* receiver((response) => void response.writeHead(410).end())
        const { delivery, first, webhook } = yield* attempted(url)
        assert.deepInclude(first, { status: 410 })
        assert.deepInclude(delivery, { state: "failed", nextAt: null })
        assert.strictEqual(webhook.disabled?.because, "gone")
      }).pipe(Effect.scoped)
    )
  )

  it.live("that a person asked for is one, and ends nothing but itself", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const { received, url } = yield* receiver((response) => void response.writeHead(503).end())
        const hooks = yield* service
        const { webhook } = yield* hooks.create(settings(url), "ci")
        const sent = yield* hooks.test(webhook.id)
        yield* working()
        const once = yield* until(detailsOf(sent), ({ delivery }) => delivery.attempts > 0)
        assert.deepInclude(once.delivery, { state: "failed", nextAt: null })
        yield* hooks.redeliver(webhook.id, sent.id)
        const twice = yield* until(detailsOf(sent), ({ delivery }) => delivery.attempts > 1)
        assert.deepInclude(twice.delivery, { state: "failed", nextAt: null })
        assert.deepStrictEqual(
          received.map(({ id }) => id),
          [sent.id, sent.id]
        )
        assert.isNull((yield* hooks.get(webhook.id)).disabled)
      }).pipe(Effect.scoped)
    )
  )

  it.live("is given back when the worker stops meanwhile, and made by the next one", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const { received, url } = yield* receiver((response) => {
          if (received.length > 1) response.writeHead(204).end()
        })
        const hooks = yield* service
        const { webhook } = yield* hooks.create(settings(url), "ci")
        const sent = yield* told(webhook)
        const arrived = until(
          Effect.sync(() => received.length),
          (count) => count > 0
        )
        yield* Effect.scoped(Effect.andThen(working(), arrived))
        assert.deepInclude((yield* detailsOf(sent)).delivery, { state: "pending", attempts: 0 })
        // Its lease would still hold for a minute.
        yield* working()
        const seen = yield* until(detailsOf(sent), ({ delivery }) => delivery.state === "delivered")
        assert.deepStrictEqual([seen.delivery.attempts, received.length], [1, 2])
      }).pipe(Effect.scoped)
    )
  )

  it.live("does not follow a redirect", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const { received, url } = yield* receiver(
          (response) => void response.writeHead(307, { location: "/other" }).end()
        )
        const { delivery, first } = yield* attempted(url)
        assert.deepInclude(first, { status: 307 })
        assert.strictEqual(delivery.state, "pending")
        assert.deepStrictEqual(
          received.map(({ path }) => path),
          ["/hook?key=1"]
        )
      }).pipe(Effect.scoped)
    )
  )

  it.live("ends when no whole answer comes in time, or the answer has no end", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const silent = yield* receiver(() => undefined)
        const { delivery, first } = yield* attempted(silent.url)
        assert.deepInclude(first, { status: null })
        assert.match(first?.reason ?? "", /^127\.0\.0\.1 .*(second|time)/)
        assert.deepInclude(delivery, { state: "pending", attempts: 1 })
        const endless = yield* receiver((response) => {
          response.writeHead(200)
          response.write("x".repeat(100_000))
        })
        assert.deepInclude((yield* attempted(endless.url)).first, { status: 200 })
      }).pipe(Effect.scoped)
    )
  )

  it.live("goes to no address inside from a process that does not allow it, whatever was allowed to the webhook", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        const { received, url } = yield* receiver()
        const hooks = yield* service
        const { webhook } = yield* hooks.create(settings(url), "ci")
        const sent = yield* hooks.test(webhook.id)
        yield* working({ allowPrivateNetwork: false })
        const { attempts } = yield* until(detailsOf(sent), ({ delivery }) => delivery.state === "failed")
        assert.include(attempts[0]?.reason ?? "", "127.0.0.1 is in this machine itself; nothing is sent there.")
        assert.deepStrictEqual(received, [])
      }).pipe(Effect.scoped)
    )
  )

  it.live("goes to no address inside, whatever the name led to when the webhook was made", () =>
    opened(sqlite, () =>
      Effect.gen(function* () {
        for (const address of ["127.0.0.1", "10.1.2.3", "169.254.169.254"]) {
          const { first } = yield* attempted("https://hooks.example.com/?key=s3cr3t", false, address)
          assert.deepInclude(first, { status: null })
          assert.include(first?.reason ?? "", `hooks.example.com (${address}) is in `)
          assert.notInclude(first?.reason ?? "", "s3cr3t")
        }
      }).pipe(Effect.scoped)
    )
  )
})

for (const backend of backends) {
  describe(`webhooks over ${backend.name}`, () => {
    it.live("hear what happened, signed so that the specification's own library believes it", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const { received, url } = yield* receiver()
          const hooks = yield* service
          const { secret, webhook } = yield* hooks.create(settings(url), "ci")
          yield* working()
          yield* (yield* Runs).begin(run(1), [change(0)])
          const [first] = yield* until(
            Effect.sync(() => received.slice()),
            (seen) => seen.length > 0
          )
          assert(first !== undefined)
          assert.deepInclude(verify(secret, first), { type: "run.started" })
          assert.strictEqual(first.headers["content-type"], "application/json")
          assert.throws(() => verify(secret, { ...first, body: `${first.body} ` }))

          // During the overlap both secrets are believed, without one only the new one.
          const rotated = yield* hooks.rotate(webhook.id, "1 hour")
          yield* hooks.test(webhook.id)
          yield* until(
            Effect.sync(() => received.length),
            (count) => count > 1
          )
          const [, second] = received
          assert(second !== undefined)
          for (const each of [secret, rotated.secret])
            assert.deepInclude(verify(each, second), { type: "webhook.test" })
          const last = yield* hooks.rotate(webhook.id, 0)
          yield* hooks.test(webhook.id)
          yield* until(
            Effect.sync(() => received.length),
            (count) => count > 2
          )
          const [, , third] = received
          assert(third !== undefined)
          assert.deepInclude(verify(last.secret, third), { type: "webhook.test" })
          assert.throws(() => verify(rotated.secret, third))
          // What was promised of the first one stays.
          assert.deepInclude(verify(secret, third), { type: "webhook.test" })
        }).pipe(Effect.scoped)
      )
    )

    it.live("hear each thing once, though two workers race", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const { received, url } = yield* receiver(
            (response) => void setTimeout(() => response.writeHead(204).end(), 5)
          )
          const hooks = yield* service
          const made = yield* Effect.forEach(Array.from({ length: 8 }), () => hooks.create(settings(url), "ci"))
          const sent = yield* Effect.forEach(
            Array.from({ length: 40 }, (_, index) => made[index % made.length]),
            (each) => (each === undefined ? Effect.die("none") : hooks.test(each.webhook.id))
          )
          yield* working()
          // On PostgreSQL the other worker has connections of its own, as another process would have.
          if (backend === postgres) {
            yield* Effect.provideContext(working(), yield* Layer.build(Layer.fresh(store.open())))
          } else yield* working()
          const states = Effect.forEach(sent, (each) => Effect.map(detailsOf(each), ({ delivery }) => delivery))
          const ended = yield* until(states, (all) => all.every(({ state }) => state === "delivered"))
          assert.deepStrictEqual(new Set(ended.map(({ attempts }) => attempts)), new Set([1]))
          assert.deepStrictEqual(received.map(({ id }) => id).toSorted(), sent.map(({ id }) => id).toSorted())
        }).pipe(Effect.scoped)
      )
    )

    if (backend === postgres) {
      it.live("hear each thing once, though two processes share the database", () =>
        Effect.gen(function* () {
          const store = yield* backend.fresh
          // The first one is answered when there is a second, which only the other process can send meanwhile.
          const waiting: Array<ServerResponse> = []
          const { received, url } = yield* receiver((response) => {
            waiting.push(response)
            if (received.length > 1) for (const each of waiting.splice(0)) each.writeHead(204).end()
          })
          for (let count = 0; count < 2; count++) yield* otherProcess(store, { concurrency: 1, leaseMillis: 60_000 })
          yield* Effect.gen(function* () {
            const webhooks = yield* Webhooks
            const hooks = yield* service
            const made = yield* Effect.forEach(Array.from({ length: 6 }), () => hooks.create(settings(url), "ci"))
            // Both processes look for what happened, so each of these could be told twice.
            for (let seconds = 1; seconds <= 6; seconds++) {
              const connectionId = fromName(`Acme ${seconds}`, new Set())
              yield* (yield* Runs).begin(run(seconds, { connectionId }), [change(0)])
            }
            const all = Effect.forEach(made, ({ webhook }) => webhooks.deliveries(webhook.id, null, 100))
            const ended = yield* until(all, (logs) =>
              logs.every((log) => log.length >= 6 && log.every(({ state }) => state === "delivered"))
            )
            const sent = ended.flat()
            assert.deepStrictEqual(new Set(sent.map(({ attempts }) => attempts)), new Set([1]))
            assert.lengthOf(sent, 36)
            assert.deepStrictEqual(received.map(({ id }) => id).toSorted(), sent.map(({ id }) => id).toSorted())
            const runs = received.map(({ body }) => body).toSorted()
            assert.strictEqual(new Set(runs).size, 6)
          }).pipe(Effect.provide(Layer.fresh(store.open())))
        }).pipe(Effect.scoped)
      )
    }

    it.live("hear it again under the same id when the process died before it noted the answer", () =>
      Effect.gen(function* () {
        const store = yield* backend.fresh
        const { received, url } = yield* receiver((response) => {
          // The first attempt is never answered: the process dies while it waits.
          if (received.length > 1) response.writeHead(204).end()
        })
        const sent = yield* Effect.gen(function* () {
          const hooks = yield* service
          const { webhook } = yield* hooks.create(settings(url), "ci")
          return yield* hooks.test(webhook.id)
        }).pipe(Effect.provide(Layer.fresh(store.open())))
        const kill = yield* otherProcess(store, { concurrency: 8, leaseMillis: 1000 })
        yield* until(
          Effect.sync(() => received.length),
          (count) => count > 0
        )
        yield* kill
        yield* Effect.gen(function* () {
          const webhooks = yield* Webhooks
          assert.deepStrictEqual(yield* webhooks.attempts(sent.id), [])
          yield* working()
          const seen = yield* until(detailsOf(sent), ({ delivery }) => delivery.state === "delivered")
          assert.strictEqual(seen.delivery.attempts, 1)
        }).pipe(Effect.scoped, Effect.provide(Layer.fresh(store.open())))
        assert.deepStrictEqual(
          received.map(({ id }) => id),
          [sent.id, sent.id]
        )
      }).pipe(Effect.scoped)
    )
  })
}
