/** The secrets of webhooks, on both databases. */
import { assert, describe, it } from "@effect/vitest"
import { Vault } from "@loom-scim/core/ports/Vault"
import { Webhooks } from "@loom-scim/core/ports/Webhooks"
import { DateTime, Effect, Result } from "effect"
import { endOverlaps } from "../../src/webhooks/overlap.ts"
import { postgres, postgresAnswers, sqlite } from "../store/backend.ts"
import { around, opened } from "../store/contract.ts"
import { service, settings } from "./receiver.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

const hook = settings("https://hooks.example.com/")

for (const backend of backends) {
  describe(`the secrets of a webhook on ${backend.name}`, () => {
    it.live("sign until the end of each, and are forgotten then", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const hooks = yield* service
          const webhooks = yield* Webhooks
          const vault = yield* Vault
          const { webhook: first } = yield* hooks.create(hook, "ci")
          const { id } = first
          const second = (yield* hooks.rotate(id, "24 hours")).webhook
          const third = (yield* hooks.rotate(id, "1 hour")).webhook
          assert.deepStrictEqual(
            third.previous.map(({ secret }) => secret),
            [second.secret, first.secret]
          )
          assert.deepStrictEqual(third.previous[1], second.previous[0])
          const sealed = Effect.map(around(store, "SELECT fingerprint FROM secrets ORDER BY fingerprint"), (rows) =>
            rows.map(({ fingerprint }) => fingerprint)
          )
          const every = [first.secret, second.secret, third.secret]
          assert.deepStrictEqual(yield* sealed, every.toSorted())
          const now = yield* DateTime.now
          yield* endOverlaps(webhooks, vault, now)
          assert.deepStrictEqual(yield* hooks.get(id), third)
          yield* endOverlaps(webhooks, vault, DateTime.addDuration(now, "2 hours"))
          assert.deepStrictEqual((yield* hooks.get(id)).previous, second.previous)
          assert.deepStrictEqual(yield* sealed, [first.secret, third.secret].toSorted())
          // Without an overlap the present one ends at once; what was promised of the first one stays.
          const fourth = (yield* hooks.rotate(id, 0)).webhook
          assert.deepStrictEqual(fourth.previous, second.previous)
          assert.deepStrictEqual(yield* sealed, [first.secret, fourth.secret].toSorted())

          for (let n = 1; n < 5; n++) yield* hooks.rotate(id, "1 hour")
          const refused = yield* Effect.flip(hooks.rotate(id, "1 hour"))
          assert.strictEqual(refused._tag === "WebhookRefused" && refused.reason, "tooManySecrets")
          yield* hooks.rotate(id, 0)
        })
      )
    )

    it.live("are replaced by one at a time, however many ask for another at once", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const hooks = yield* service
          const { webhook } = yield* hooks.create(hook, "ci")
          const { id } = webhook
          const rotated = yield* Effect.forEach([1, 2, 3, 4], () => Effect.result(hooks.rotate(id, 0)), {
            concurrency: "unbounded"
          })
          assert.isTrue(rotated.some(Result.isSuccess))
          for (const failed of rotated.filter(Result.isFailure)) {
            assert.strictEqual(failed.failure._tag === "WebhookRefused" && failed.failure.reason, "changed")
          }
          const { secret } = yield* hooks.get(id)
          assert.deepStrictEqual(yield* around(store, "SELECT fingerprint FROM secrets"), [{ fingerprint: secret }])
        })
      )
    )
  })
}
