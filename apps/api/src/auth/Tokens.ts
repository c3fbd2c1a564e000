/** Bearer tokens of an identity provider (JWT, RFC 7519 and 8725): verified, and turned into a caller. */
import type { Caller } from "@loom-scim/contract/Security"
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { DateTime, Effect, Option, Redacted } from "effect"
import type { Scope } from "effect"
import { createLocalJWKSet, errors, jwtVerify } from "jose"
import type { JWTPayload } from "jose"
import * as Jwks from "./Jwks.ts"
import { grantsFor } from "./Oidc.ts"
import type { Oidc } from "./Oidc.ts"

/** Tells a token from a key: three parts of base64url. */
export const isToken = (credential: Redacted.Redacted): boolean =>
  /^[\w-]+\.[\w-]+\.[\w-]*$/.test(Redacted.value(credential))

/** Longer ones are refused unread; a token with a few hundred groups is smaller. */
const maxLength = 12_288

/** What is recorded and logged of a subject has to be readable, and short. */
const subjectPattern = /^[\x21-\x7e]{1,200}$/

/** None for a token that is not good, whatever is wrong with it. */
export type Verify = (credential: Redacted.Redacted) => Effect.Effect<Option.Option<Caller>, Jwks.KeysUnavailable>

const callerOf = (oidc: Oidc, payload: JWTPayload): Option.Option<Caller> => {
  const { sub } = payload
  return sub === undefined || !subjectPattern.test(sub)
    ? Option.none()
    : Option.some({ id: `oidc:${sub}`, kind: "subject", name: sub, grants: grantsFor(oidc, payload[oidc.claim]) })
}

/** Verifies tokens of one issuer. */
export const make = Effect.fnUntraced(function* (
  oidc: Oidc,
  allowPrivateNetwork: boolean
): Effect.fn.Return<Verify, never, DomainResolver | Scope.Scope> {
  const jwks = yield* Jwks.make(oidc.jwksUrl, allowPrivateNetwork)

  /** With keys that do not know the token's, the answer is null: the issuer may have changed them. */
  const against = (token: string, keys: Jwks.KeySet, now: DateTime.Utc) =>
    Effect.tryPromise({
      try: async () => {
        const set = createLocalJWKSet({ keys: keys.keys.map((key) => ({ ...key, kty: String(key["kty"]) })) })
        const { payload } = await jwtVerify(token, set, {
          issuer: oidc.issuer,
          audience: oidc.audience,
          algorithms: [...oidc.algorithms],
          clockTolerance: oidc.skewSeconds,
          currentDate: DateTime.toDateUtc(now),
          requiredClaims: ["exp", "sub"]
        })
        return callerOf(oidc, payload)
      },
      catch: (error) => error
    }).pipe(
      Effect.catch((error) => Effect.succeed(error instanceof errors.JWKSNoMatchingKey ? null : Option.none<Caller>()))
    )

  return Effect.fnUntraced(function* (credential) {
    const token = Redacted.value(credential)
    if (token.length > maxLength) return Option.none()
    const now = yield* DateTime.now
    const first = yield* against(token, yield* jwks.known, now)
    if (first !== null) return first
    return (yield* against(token, yield* jwks.renewed, now)) ?? Option.none()
  })
})
