/** The Authorization middleware over the stored keys. */
import type { StoreProblem } from "@loom-scim/contract/Problem"
import { TooManyProblem, UnauthenticatedProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import type { Caller } from "@loom-scim/contract/Security"
import { Authorization, Needs, Principal } from "@loom-scim/contract/Security"
import type { ApiKey } from "@loom-scim/core/ports/ApiKeys"
import { ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import { Context, DateTime, Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { RouteContext } from "effect/http/HttpRouter"
import { admit } from "./Admit.ts"
import * as KeySecret from "./KeySecret.ts"
import * as RateLimit from "./RateLimit.ts"

const unauthenticated = new UnauthenticatedProblem({
  detail: "The request carries no valid API key: it is missing, unknown, expired or revoked.",
  next: "Send it as: Authorization: Bearer lsk_…"
})

/** Compared with when there is no such key, so that an unknown id takes as long as a wrong secret. */
const nobody = KeySecret.make().hash

/** A key's use is written at most this often. */
const touchEveryMillis = 60_000

const isValid = ({ expiresAt, revokedAt }: ApiKey, now: DateTime.Utc): boolean =>
  revokedAt === null && (expiresAt === null || DateTime.isGreaterThan(expiresAt, now))

/** Lets in who has a valid key for what the endpoint needs; `rate` is requests per second and key. */
export const layer = (rate: number): Layer.Layer<Authorization, never, ApiKeys> =>
  Layer.effect(
    Authorization,
    Effect.gen(function* () {
      const keys = yield* ApiKeys
      const waitOf = RateLimit.make(rate)

      const authenticate = Effect.fnUntraced(function* (
        credential: Redacted.Redacted,
        now: DateTime.Utc
      ): Effect.fn.Return<ApiKey, UnauthenticatedProblem | StoreProblem> {
        const given = KeySecret.parse(credential)
        if (Option.isNone(given)) return yield* unauthenticated
        const found = yield* Effect.mapError(keys.find(given.value.id), ofStore)
        const matches = KeySecret.sameHash(given.value.hash, Option.isSome(found) ? found.value.hash : nobody)
        if (Option.isNone(found) || !matches || !isValid(found.value.key, now)) return yield* unauthenticated
        return found.value.key
      })

      const touch = ({ id, lastUsedAt }: ApiKey, now: DateTime.Utc): Effect.Effect<void> =>
        lastUsedAt !== null && DateTime.toEpochMillis(now) - DateTime.toEpochMillis(lastUsedAt) < touchEveryMillis
          ? Effect.void
          : // A full disk must not keep people from looking at what is there.
            Effect.ignore(keys.touch(id, now))

      return Authorization.of({
        bearer: Effect.fnUntraced(function* (app, { credential, endpoint }) {
          const now = yield* DateTime.now
          const key = yield* authenticate(credential, now)
          const waitMillis = waitOf(key.id, DateTime.toEpochMillis(now))
          if (waitMillis > 0) {
            const retryAfter = Math.ceil(waitMillis / 1000)
            const detail = `This key may send ${rate} requests per second.`
            return yield* new TooManyProblem({ detail, next: `Wait ${retryAfter} s.`, retryAfter })
          }
          yield* touch(key, now)
          const { params } = yield* RouteContext
          yield* Effect.fromResult(
            admit(key.grants, Context.getOption(endpoint.annotations, Needs), params["connection"])
          )
          const caller: Caller = { id: key.id, name: `${key.name} (${key.id})`, grants: key.grants }
          return yield* app.pipe(Effect.provideService(Principal, caller), Effect.annotateLogs({ key: key.id }))
        })
      })
    })
  )
