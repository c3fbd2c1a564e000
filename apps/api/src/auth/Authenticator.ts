/** Who is behind a credential: the holder of a stored key, or the subject of a token, at the pace allowed to them. */
import { NotReadyProblem, TooManyProblem, UnauthenticatedProblem } from "@loom-scim/contract/Problem"
import type { StoreProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import type { Caller } from "@loom-scim/contract/Security"
import type { ApiKey, StoredApiKey } from "@loom-scim/core/ports/ApiKeys"
import { ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import * as KeySecret from "./KeySecret.ts"
import type { Oidc } from "./Oidc.ts"
import * as RateLimit from "./RateLimit.ts"
import * as Tokens from "./Tokens.ts"

const unauthenticated = new UnauthenticatedProblem({
  detail: "The request carries no valid API key or token: it is missing, unknown, expired or revoked.",
  next: "Send it as: Authorization: Bearer lsk_…"
})

/** Compared with when there is no such key, so that an unknown id takes as long as a wrong secret. */
const nobody = KeySecret.make().hash

/** A key's use is written at most this often. */
const touchEveryMillis = 60_000

const isValid = ({ expiresAt, revokedAt }: ApiKey, now: number): boolean =>
  revokedAt === null && (expiresAt === null || DateTime.toEpochMillis(expiresAt) > now)

/** Why somebody is not let in. */
export type Refused = UnauthenticatedProblem | TooManyProblem | StoreProblem | NotReadyProblem

/** What shapes it. */
export interface AuthenticatorOptions {
  /** Requests per second and caller. */
  readonly rate: number
  /** Null when only keys are taken. */
  readonly oidc: Oidc | null
  /** For labs: the issuer's keys may come from a private network. */
  readonly allowPrivateNetwork: boolean
}

/** Turns a credential into a caller. The only place that does: API, metrics and pages ask here. */
export class Authenticator extends Context.Service<
  Authenticator,
  { readonly authenticate: (credential: Redacted.Redacted) => Effect.Effect<Caller, Refused> }
>()("loom-scim-api/auth/Authenticator") {
  /** Over the stored keys and, if one is configured, an issuer. */
  static readonly layer = ({
    allowPrivateNetwork,
    oidc,
    rate
  }: AuthenticatorOptions): Layer.Layer<Authenticator, never, ApiKeys | DomainResolver> =>
    Layer.effect(
      Authenticator,
      Effect.gen(function* () {
        const keys = yield* ApiKeys
        const waitOf = RateLimit.make(rate)
        const verify = oidc === null ? null : yield* Tokens.make(oidc, allowPrivateNetwork)

        // In milliseconds: a date is made only where one is written, which is seldom.
        const isTouched = ({ lastUsedAt }: ApiKey, now: number): boolean =>
          lastUsedAt !== null && now - DateTime.toEpochMillis(lastUsedAt) < touchEveryMillis

        /** Null for whoever keeps the pace. */
        const tooFast = (id: string, now: number): TooManyProblem | null => {
          const waitMillis = waitOf(id, now)
          if (waitMillis <= 0) return null
          const retryAfter = Math.ceil(waitMillis / 1000)
          const detail = `This caller may send ${rate} requests per second.`
          return new TooManyProblem({ detail, next: `Wait ${retryAfter} s.`, retryAfter })
        }

        const judged = (
          given: KeySecret.Given,
          found: Option.Option<StoredApiKey>,
          now: number
        ): Effect.Effect<Caller, Refused> => {
          const matches = KeySecret.sameHash(given.hash, Option.isSome(found) ? found.value.hash : nobody)
          if (Option.isNone(found) || !matches || !isValid(found.value.key, now)) return Effect.fail(unauthenticated)
          const { key } = found.value
          const refusal = tooFast(key.id, now)
          if (refusal !== null) return Effect.fail(refusal)
          const caller = { id: key.id, kind: "key", name: `${key.name} (${key.id})`, grants: key.grants } as const
          if (isTouched(key, now)) return Effect.succeed(caller)
          // A full disk must not keep people from looking at what is there.
          return Effect.as(Effect.ignore(keys.touch(key.id, DateTime.makeUnsafe(now))), caller)
        }

        const byKey = (credential: Redacted.Redacted, now: number): Effect.Effect<Caller, Refused> =>
          Option.match(KeySecret.parse(credential), {
            onNone: () => Effect.fail(unauthenticated),
            onSome: (given) =>
              Effect.matchEffect(keys.find(given.id), {
                onFailure: (failure) => Effect.fail(ofStore(failure)),
                onSuccess: (found) => judged(given, found, now)
              })
          })

        const byToken = Effect.fnUntraced(function* (
          verified: Tokens.Verify,
          credential: Redacted.Redacted,
          now: number
        ) {
          const caller = yield* Effect.mapError(
            verified(credential),
            ({ detail }) => new NotReadyProblem({ detail, next: "Try again in a moment, or use an API key." })
          )
          if (Option.isNone(caller)) return yield* unauthenticated
          const refusal = tooFast(caller.value.id, now)
          if (refusal !== null) return yield* refusal
          return caller.value
        })

        return Authenticator.of({
          authenticate: (credential) =>
            Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<Caller, Refused> =>
              verify !== null && Tokens.isToken(credential) ? byToken(verify, credential, now) : byKey(credential, now)
            )
        })
      })
    )
}
