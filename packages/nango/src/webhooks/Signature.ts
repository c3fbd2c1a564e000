/**
 * Who a webhook is from. Nango signs the bytes it sends: `X-Nango-Hmac-Sha256` is the HMAC-SHA-256 of the raw body in
 * hex, with the webhook signing key of the environment, which is not its secret key. `X-Nango-Signature` is a plain hash
 * that can be lengthened by others; it is never looked at.
 */
import { Effect, Redacted, Result, Schema } from "effect"
import * as Mac from "effect/crypto/Mac"
import * as Hex from "effect/encoding/Hex"

/** Name of the header, in lower case. */
export const header = "x-nango-hmac-sha256"

/** The signature is missing or another one than that of the body. Which of them is not said. */
export class NotFromNango extends Schema.TaggedError<NotFromNango>()("NotFromNango", {
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`
  }
}

/** Whether the body is signed with the key, in constant time. */
export const isSigned = Effect.fnUntraced(function* (
  signingKey: Redacted.Redacted,
  body: Uint8Array,
  signature: string | undefined
) {
  const tag = Hex.decode(signature ?? "")
  if (Result.isFailure(tag)) return false
  const mac = yield* Mac.Mac
  const key = yield* Mac.key(Mac.hmacSha256, new TextEncoder().encode(Redacted.value(signingKey)))
  return yield* mac.verify(key, tag.success, body)
}, Effect.orDie)

/** Fails unless it is. */
export const verify = Effect.fnUntraced(function* (
  signingKey: Redacted.Redacted,
  body: Uint8Array,
  signature: string | undefined
) {
  if (yield* isSigned(signingKey, body, signature)) return
  return yield* new NotFromNango({
    detail: "The body is not signed with the webhook signing key of the environment.",
    next: "Copy the key from Nango (Environment settings, Webhooks): it is another one than the secret key."
  })
})
