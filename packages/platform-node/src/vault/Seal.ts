/** Sealing and opening one token with AES-256-GCM. */
import { Fingerprint } from "@loom-scim/core/ports/Vault"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Effect, Redacted } from "effect"
import * as Aead from "effect/crypto/Aead"
import type { CryptoError } from "effect/crypto/CryptoError"
import { createHash, randomBytes } from "node:crypto"
import type { Row } from "./SecretsTable.ts"
import type { SealingKey } from "./SealingKey.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Tells tokens apart without telling what they are. */
export const fingerprintOf = (token: Redacted.Redacted): Fingerprint =>
  Fingerprint.make(createHash("sha256").update(Redacted.value(token)).digest("hex").slice(0, 12))

/** Binds the sealed bytes to their row: moved to another connection or fingerprint, they do not open. */
const associated = (id: ConnectionId, which: Fingerprint): Uint8Array => encoder.encode(`${id}\n${which}`)

const keyOf = (key: SealingKey) => Aead.key(Aead.aes256Gcm, Redacted.value(key.bytes))

/** Seals under a fresh random nonce; so few tokens are ever sealed with one key that nonces cannot meet. */
export const seal = Effect.fnUntraced(function* (
  key: SealingKey,
  id: ConnectionId,
  which: Fingerprint,
  token: Redacted.Redacted
): Effect.fn.Return<Row, CryptoError, Aead.Aead> {
  const aead = yield* Aead.Aead
  const nonce = new Uint8Array(randomBytes(Aead.aes256Gcm.nonceLength))
  const sealed = yield* aead.encrypt(yield* keyOf(key), encoder.encode(Redacted.value(token)), {
    nonce,
    aad: associated(id, which)
  })
  return { connection_id: id, fingerprint: which, key_id: key.id, nonce, sealed, sealed_at: yield* DateTime.now }
})

/** Opens a row with the key it names. Any error means that the row is not what was once written. */
export const open = Effect.fnUntraced(function* (
  key: SealingKey,
  row: Row
): Effect.fn.Return<Redacted.Redacted, CryptoError, Aead.Aead> {
  const aead = yield* Aead.Aead
  const bytes = yield* aead.decrypt(yield* keyOf(key), row.sealed, {
    nonce: row.nonce,
    aad: associated(row.connection_id, row.fingerprint)
  })
  return Redacted.make(decoder.decode(bytes))
})
