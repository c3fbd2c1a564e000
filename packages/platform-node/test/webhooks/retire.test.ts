/** Webhooks of a removed connection, on both databases. */
import { assert, describe, it } from "@effect/vitest"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Vault } from "@loom-scim/core/ports/Vault"
import type { Recorded } from "@loom-scim/core/setup/Event"
import { vaultIdOf, type Webhook } from "@loom-scim/core/webhooks/Webhook"
import { DateTime, Effect, Exit } from "effect"
import { postgres, postgresAnswers, sqlite } from "../store/backend.ts"
import { opened } from "../store/contract.ts"
import { acme, beta, entry } from "../store/sample.ts"
import { receiver, service, settings, until, working } from "./receiver.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

for (const backend of backends) {
  describe(`webhooks of a removed connection on ${backend.name}`, () => {
    it.live("go once they were told, whoever looks; those of others and of all stay", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const { received, url } = yield* receiver()
          const hooks = yield* service
          const { append } = yield* Journal
          const vault = yield* Vault
          // What PostgreSQL cannot read as JSON: such a name was taken once.
          const begun: Recorded = { ...entry(beta, 1), event: { _tag: "Begun", name: "a\u0000b" } }
          yield* append(acme, 0, [entry(acme, 1)])
          yield* append(beta, 0, [begun])
          const make = (connectionId: Webhook["connectionId"]) =>
            Effect.map(
              hooks.create(
                { ...settings(url), description: "\u0000", connectionId, events: ["connection.removed"] },
                "ci"
              ),
              ({ webhook }) => webhook
            )
          const [own, disabled, other, every] = [
            yield* make(acme),
            yield* make(acme),
            yield* make(beta),
            yield* make(null)
          ]
          yield* hooks.disable(disabled.id)
          // Two processes look at once.
          yield* working()
          yield* working()
          const removed: Recorded = { ...entry(acme, 2), at: yield* DateTime.now, event: { _tag: "Removed" } }
          yield* append(acme, 1, [removed])
          const left = yield* until(hooks.list({ of: null, after: null, limit: 10 }), ({ length }) => length === 2)
          assert.sameMembers(
            left.map(({ id }) => id),
            [other.id, every.id]
          )
          yield* until(
            Effect.sync(() => received.length),
            (count) => count === 2
          )
          for (const { id, secret } of [own, disabled]) {
            assert.isTrue(Exit.isFailure(yield* Effect.exit(vault.open(vaultIdOf(id), secret))))
          }
          assert.isTrue(Exit.isSuccess(yield* Effect.exit(vault.open(vaultIdOf(other.id), other.secret))))
        }).pipe(Effect.scoped)
      )
    )
  })
}
