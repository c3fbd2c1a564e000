/** The Vault port over SQL: tokens sealed with AES-256-GCM, beside each the id of its key. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Vault, VaultFailure } from "@loom-scim/core/ports/Vault"
import type { Fingerprint } from "@loom-scim/core/ports/Vault"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import * as Aead from "effect/crypto/Aead"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { fromSql } from "../store/StoreFailure.ts"
import type { KeyFailure } from "./KeyFailure.ts"
import * as Keys from "./Keys.ts"
import * as Seal from "./Seal.ts"
import * as SecretsTable from "./SecretsTable.ts"

const again = "Save the token again in the setup; if you no longer have it, generate a new one in the identity bridge."

/**
 * Keeps tokens in the `secrets` table of the context's `SqlClient`, sealed with the context's `Keys`; `place` is what
 * failures call the database.
 *
 * `VaultFailure` reasons: `missing` (no such token), `wrongKey` (its key is not at hand), `tampered` (it is not what
 * was sealed for this connection), `keyUnreadable`, `storage`. None of them changes anything.
 */
export const layer = (place: string): Layer.Layer<Vault, never, SqlClient | Keys.Keys> =>
  Layer.effect(
    Vault,
    Effect.gen(function* () {
      const table = yield* SecretsTable.make
      const keys = yield* Keys.Keys
      const aead = yield* Aead.Aead

      const failuresOf = (connectionId: ConnectionId) => {
        const fail = (reason: VaultFailure["reason"], detail: string, next: string) =>
          new VaultFailure({ connectionId, reason, detail, next })
        return {
          fail,
          handlers: {
            SqlError: (error: SqlError) => {
              const { detail, next } = fromSql(place)(error)
              return Effect.fail(fail("storage", detail, next))
            },
            KeyFailure: ({ detail, next }: KeyFailure) => Effect.fail(fail("keyUnreadable", detail, next)),
            CryptoError: () =>
              Effect.fail(fail("tampered", `A token of ${connectionId} is not what was once sealed`, again)),
            SchemaError: () =>
              Effect.fail(fail("tampered", `A token of ${connectionId} is stored in a form nobody sealed`, again))
          }
        }
      }

      const seal = Effect.fn("Vault.seal")(function* (id: ConnectionId, token: Redacted.Redacted) {
        const which = Seal.fingerprintOf(token)
        // The key is chosen inside the transaction: a rotation then either is over, or waits and seals this one too.
        const work = Effect.gen(function* () {
          const key = yield* keys.current
          const row = yield* Seal.seal(key, id, which, token)
          yield* table.put(row)
        })
        const { handlers } = failuresOf(id)
        yield* table.sealing(work).pipe(
          Effect.provideService(Aead.Aead, aead),
          Effect.catchTags({
            SqlError: handlers.SqlError,
            KeyFailure: handlers.KeyFailure,
            // Encrypting with a key and nonce of the right length does not fail.
            CryptoError: Effect.die
          })
        )
        return which
      })

      const open = Effect.fn("Vault.open")(function* (id: ConnectionId, which: Fingerprint) {
        const { fail, handlers } = failuresOf(id)
        return yield* Effect.gen(function* () {
          const row = yield* table.find({ id, which })
          if (Option.isNone(row)) {
            return yield* fail("missing", `No token ${which} is kept for ${id}`, again)
          }
          const key = yield* Keys.find(keys, row.value.key_id)
          if (Option.isNone(key)) {
            return yield* fail(
              "wrongKey",
              `The token of ${id} was sealed with key ${row.value.key_id}, which is not here`,
              keys.location.kind === "environment"
                ? "Set LOOM_SCIM_KEY (or LOOM_SCIM_KEY_PREVIOUS) to that key, or save the token again."
                : `Restore ${keys.location.path} from a backup, set LOOM_SCIM_KEY to that key, or save the token again.`
            )
          }
          return yield* Seal.open(key.value, row.value)
        }).pipe(Effect.provideService(Aead.Aead, aead), Effect.catchTags(handlers))
      })

      const prune = Effect.fn("Vault.prune")(function* (id: ConnectionId, keep: ReadonlyArray<Fingerprint>) {
        yield* table.prune(id, keep).pipe(Effect.catchTag("SqlError", failuresOf(id).handlers.SqlError))
      })

      return Vault.of({ seal, open, prune })
    })
  ).pipe(Layer.provide(NodeCrypto.layerAead))
