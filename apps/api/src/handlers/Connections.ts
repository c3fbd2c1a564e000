/** Connections: list, begin, look at, remove. */
import { Api } from "@loom-scim/contract/Api"
import { Connection as Shown, ConnectionCursor } from "@loom-scim/contract/Connections"
import { EntityTag } from "@loom-scim/contract/EntityTag"
import { defaultLimit } from "@loom-scim/contract/Page"
import { ofSetup, ofStore } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import { reach } from "@loom-scim/core/ports/ApiKeys"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import { RunAttendant } from "@loom-scim/core/runs/RunAttendant"
import * as Progress from "@loom-scim/core/setup/Progress"
import type { RemovalServices } from "@loom-scim/core/setup/Removal"
import { removed } from "@loom-scim/core/setup/Removal"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { State } from "@loom-scim/core/setup/State"
import { Effect, Schema } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { dressed } from "../http/Rendering.ts"
import { group } from "./group.ts"
import { pageOf } from "./paging.ts"
import { actor, changingIn, reading, versioned } from "./support.ts"

const shown = ({ id, state }: Connection): typeof Shown.Type => ({
  id,
  name: state.name ?? id,
  sequence: state.sequence,
  connected: state.connected !== null,
  connectedAt: state.connected?.at ?? null,
  currentStep: Progress.current(state)
})

const encode = Schema.encodeEffect(Shown)
const tagOf = Schema.encodeSync(EntityTag)

/** Answers by the state they show. A state never changes, so what is asked most often is written out once. */
const written = new WeakMap<State, HttpServerResponse.HttpServerResponse>()

const answerOf = (connection: Connection) => {
  const { state } = connection
  const known = written.get(state)
  if (known !== undefined) return Effect.succeed(known)
  return Effect.map(Effect.orDie(encode(shown(connection))), (body) => {
    const answer = dressed(HttpServerResponse.jsonUnsafe(body, { headers: { etag: tagOf(state.sequence) } }))
    written.set(state, answer)
    return answer
  })
}

export const ConnectionsHandlers = group(
  Effect.gen(function* () {
    const setup = yield* SetupService
    const changing = changingIn(setup)
    const ledger = yield* Ledger
    const { cancel } = yield* RunAttendant
    const services = yield* Effect.context<RemovalServices>()
    return HttpApiBuilder.group(Api, "connections", (handlers) =>
      handlers.handleAll({
        list: Effect.fnUntraced(function* ({ query }) {
          const { grants } = yield* Principal
          const limit = query.limit ?? defaultLimit
          const after = query.cursor?.connectionsAfter ?? 0
          const found = yield* Effect.mapError(
            ledger.connections({ of: reach(grants), after, limit: limit + 1 }),
            ofStore
          )
          const { nextCursor, rows } = yield* pageOf(found, limit, ConnectionCursor, ({ position }) => ({
            connectionsAfter: position
          }))
          // A removed connection keeps its place in the list, so a page may be shorter than asked for.
          const items = yield* Effect.mapError(setup.present(rows.map(({ id }) => id)), ofStore)
          return { items: items.map(shown), nextCursor }
        }),
        create: Effect.fnUntraced(function* ({ payload }) {
          const connection = yield* Effect.mapError(setup.begin(payload.name, yield* actor), (error) => ofSetup(error))
          return versioned(connection, shown(connection))
        }),
        get: ({ params }) => Effect.flatMap(reading(setup.get(params.connection)), answerOf),
        remove: Effect.fnUntraced(function* ({ headers, params }) {
          const id = params.connection
          yield* changing(id, headers["if-match"], Effect.provideContext(removed(id, yield* actor, cancel), services))
        })
      })
    )
  })
)
