/** A 256-bit key that seals tokens, and the name it goes by. */
import { Option, Redacted, Schema } from "effect"
import { createHash, randomBytes } from "node:crypto"

/** The first 8 hex digits of the key's SHA-256: names a key without telling anything of use about it. */
export const KeyId = Schema.String.check(Schema.isPattern(/^[0-9a-f]{8}$/)).pipe(Schema.brand("KeyId"))
export type KeyId = typeof KeyId.Type

/** A key with its id. The bytes are 32 and never printed. */
export interface SealingKey {
  readonly id: KeyId
  readonly bytes: Redacted.Redacted<Uint8Array>
}

const length = 32

const fromBytes = (bytes: Uint8Array): SealingKey => ({
  id: KeyId.make(createHash("sha256").update(bytes).digest("hex").slice(0, 8)),
  bytes: Redacted.make(bytes, { label: "sealing key" })
})

/** A new random key. */
export const generate = (): SealingKey => fromBytes(randomBytes(length))

const hex = /^[0-9a-fA-F]{64}$/
const base64 = /^[A-Za-z0-9+/_-]{43}=?$/

/** Reads 32 bytes written in hex (64 digits) or base64 (either alphabet); nothing else is a key. */
export const parse = (text: Redacted.Redacted): Option.Option<SealingKey> => {
  const written = Redacted.value(text).trim()
  if (hex.test(written)) return Option.some(fromBytes(Buffer.from(written, "hex")))
  if (base64.test(written)) return Option.some(fromBytes(Buffer.from(written, "base64")))
  return Option.none()
}

/** The key as base64, for the key file and nothing else. */
export const toBase64 = (key: SealingKey): Redacted.Redacted =>
  Redacted.make(Buffer.from(Redacted.value(key.bytes)).toString("base64"), { label: "sealing key" })
