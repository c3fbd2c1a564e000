/** The API's own keys. */
import { Api } from "@loom-scim/contract/Api"
import { KeyCursor } from "@loom-scim/contract/Keys"
import { defaultLimit } from "@loom-scim/contract/Page"
import { InvalidInputProblem, NotFoundProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import type { ApiKey, Grant } from "@loom-scim/core/ports/ApiKeys"
import { ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { DateTime, Effect, Redacted } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as KeySecret from "../auth/KeySecret.ts"
import { group } from "./group.ts"
import { pageOf } from "./paging.ts"

const defaultDays = 90

export const KeysHandlers = group(
  Effect.gen(function* () {
    const keys = yield* ApiKeys
    const setup = yield* SetupService

    /** A grant over what does not exist would wait for whoever takes that name later. */
    const known = Effect.fnUntraced(function* ({ connection }: Grant) {
      if (connection === "*") return
      yield* setup.get(connection).pipe(
        Effect.mapError((error) =>
          error._tag === "JournalFailure"
            ? ofStore(error)
            : new InvalidInputProblem({
                detail: `There is no connection ${connection}.`,
                next: "List the connections: GET /v1/connections",
                reason: "unknownConnection",
                missing: null
              })
        )
      )
    })

    return HttpApiBuilder.group(Api, "keys", (handlers) =>
      handlers.handleAll({
        list: Effect.fnUntraced(function* ({ query }) {
          const limit = query.limit ?? defaultLimit
          const found = yield* Effect.mapError(keys.list(query.cursor?.keysAfter ?? null, limit + 1), ofStore)
          const { nextCursor, rows } = yield* pageOf(found, limit, KeyCursor, ({ id }) => ({ keysAfter: id }))
          return { items: rows, nextCursor }
        }),
        create: Effect.fnUntraced(function* ({ payload }) {
          yield* Effect.forEach(payload.grants, known, { discard: true })
          const { name } = yield* Principal
          const now = yield* DateTime.now
          const fresh = KeySecret.make()
          const key: ApiKey = {
            id: fresh.id,
            name: payload.name,
            grants: payload.grants,
            createdAt: now,
            createdBy: name,
            expiresAt: DateTime.add(now, { days: payload.expiresInDays ?? defaultDays }),
            revokedAt: null,
            lastUsedAt: null
          }
          yield* Effect.mapError(keys.insert({ key, hash: fresh.hash }), ofStore)
          return { ...key, secret: Redacted.value(fresh.whole) }
        }),
        revoke: Effect.fnUntraced(function* ({ params }) {
          const existed = yield* Effect.mapError(keys.revoke(params.key, yield* DateTime.now), ofStore)
          if (existed) return
          return yield* new NotFoundProblem({ detail: "There is no such key.", next: "List them: GET /v1/keys" })
        })
      })
    )
  })
)
