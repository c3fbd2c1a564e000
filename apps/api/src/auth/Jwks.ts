/** The public keys of an issuer: fetched from a guarded address, kept for a while, and fetched again for an unknown key. */
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { AllowPrivateNetwork } from "@loom-scim/core/scim/NetworkPolicy"
import * as ScimHttpClient from "@loom-scim/platform-node/http/ScimHttpClient"
import { Clock, Effect, Ref, Schema, Semaphore, Stream } from "effect"
import type { Scope } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

/** The keys could not be fetched, and none are known. */
export class KeysUnavailable extends Schema.TaggedError<KeysUnavailable>()("KeysUnavailable", {
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/** A set of keys (RFC 7517 §5); what is in each is judged by whoever verifies with it. */
export const KeySet = Schema.Struct({
  keys: Schema.Array(Schema.Record(Schema.String, Schema.Json)).check(Schema.isMaxLength(100))
})
export type KeySet = typeof KeySet.Type

/** A set is used this long before it is looked for again; a revoked key works no longer than that. */
const freshMillis = 600_000
/** Tokens with made-up key ids must not make this server hammer the issuer. */
const leastMillis = 30_000
const maxBytes = 262_144
const timeoutMillis = 5000

interface Cached {
  readonly keys: KeySet | null
  /** When they were last asked for, whatever came of it. */
  readonly askedAt: number
}

/** The keys as they are known; `renewed` asks the issuer again, if it was not asked just now. */
export interface Jwks {
  readonly known: Effect.Effect<KeySet, KeysUnavailable>
  readonly renewed: Effect.Effect<KeySet, KeysUnavailable>
}

const unavailable = (detail: string) => () => new KeysUnavailable({ detail })

/** Of one URL. Redirects are not followed. */
export const make = Effect.fnUntraced(function* (
  url: string,
  allowPrivateNetwork: boolean
): Effect.fn.Return<Jwks, never, DomainResolver | Scope.Scope> {
  // Only a certificate authority could be rejected, and none is given.
  const client = yield* Effect.orDie(ScimHttpClient.make({ timeoutMillis }))
  const cache = yield* Ref.make<Cached>({ keys: null, askedAt: Number.NEGATIVE_INFINITY })
  const one = yield* Semaphore.make(1)
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(KeySet))

  const fetched = Effect.gen(function* () {
    const request = HttpClientRequest.get(url, { headers: { accept: "application/json" } })
    const response = yield* HttpClient.execute(request)
    if (response.status !== 200) return yield* new KeysUnavailable({ detail: `answered ${response.status}` })
    const chunks: Array<Uint8Array> = []
    let size = 0
    yield* Stream.runForEach(response.stream, (chunk) => {
      size += chunk.byteLength
      chunks.push(chunk)
      return size > maxBytes ? Effect.fail(new KeysUnavailable({ detail: "too large" })) : Effect.void
    })
    return yield* decode(Buffer.concat(chunks).toString("utf8"))
  }).pipe(
    Effect.timeout(timeoutMillis),
    Effect.provideService(HttpClient.HttpClient, client),
    Effect.provideService(AllowPrivateNetwork, allowPrivateNetwork),
    Effect.tapError((error) => Effect.logWarning("the issuer's keys cannot be fetched", error.message)),
    Effect.mapError(unavailable("The keys of the token's issuer cannot be fetched now."))
  )

  /** Old keys go on being used when the issuer does not answer: an outage there is not one here. */
  const atLeast = (maxAge: number) =>
    one.withPermit(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const { askedAt, keys } = yield* Ref.get(cache)
        const isYoung = now - askedAt < maxAge
        if (isYoung && keys !== null) return keys
        if (isYoung && now - askedAt < leastMillis) {
          return yield* new KeysUnavailable({ detail: "The keys of the token's issuer could not be fetched just now." })
        }
        yield* Ref.set(cache, { keys, askedAt: now })
        const fresh = yield* keys === null ? fetched : Effect.orElseSucceed(fetched, () => keys)
        yield* Ref.set(cache, { keys: fresh, askedAt: now })
        return fresh
      })
    )

  return { known: atLeast(freshMillis), renewed: atLeast(leastMillis) }
})
