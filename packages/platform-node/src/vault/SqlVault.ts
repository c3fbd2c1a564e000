/** The Vault port over SQL: tokens sealed with AES-256-GCM, beside each the id of its key. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Vault, VaultFailure } from "@loom-scim/core/ports/Vault"
import type { Fingerprint, TokenChange } from "@loom-scim/core/ports/Vault"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import * as Aead from "effect/crypto/Aead"
import type { SqlClient } from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
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

      /** Seals in the transaction of the caller. The key is chosen in it: a rotation then is over, or waits and seals this too. */
      const put = Effect.fnUntraced(
        function* (id: ConnectionId, token: Redacted.Redacted) {
          const key = yield* keys.current
          yield* table.put(yield* Seal.seal(key, id, Seal.fingerprintOf(token), token))
        },
        Effect.provideService(Aead.Aead, aead),
        // Encrypting with a key and nonce of the right length does not fail.
        Effect.catchTag("CryptoError", Effect.die)
      )

      const sealing = <A, E, R>(
        id: ConnectionId,
        work: Effect.Effect<A, E, R>
      ): Effect.Effect<A, E | VaultFailure, R> =>
        table.sealing(work).pipe(Effect.catchIf(isSqlError, failuresOf(id).handlers.SqlError))

      const seal = Effect.fn("Vault.seal")(function* (id: ConnectionId, token: Redacted.Redacted) {
        const { handlers } = failuresOf(id)
        yield* sealing(
          id,
          put(id, token).pipe(Effect.catchTags({ KeyFailure: handlers.KeyFailure, SqlError: handlers.SqlError }))
        )
        return Seal.fingerprintOf(token)
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

      const fingerprintOf = (token: Redacted.Redacted) => Effect.sync(() => Seal.fingerprintOf(token))

      const change = <A, E, R>(id: ConnectionId, tokens: TokenChange, recording: Effect.Effect<A, E, R>) => {
        const { keep, seal: token } = tokens
        const { handlers } = failuresOf(id)
        const moved = Effect.gen(function* () {
          if (token === undefined) return yield* table.prune(id, keep)
          yield* put(id, token)
          return yield* table.prune(id, [...keep, Seal.fingerprintOf(token)])
        }).pipe(Effect.catchTags({ KeyFailure: handlers.KeyFailure, SqlError: handlers.SqlError }))
        return sealing(
          id,
          Effect.tap(recording, () => moved)
        ).pipe(Effect.withSpan("Vault.change"))
      }

      return Vault.of({ fingerprintOf, seal, open, change })
    })
  ).pipe(Layer.provide(NodeCrypto.layerAead))
