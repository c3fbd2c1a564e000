/** Connections: list, begin, look at, remove. */
import { Api } from "@loom-scim/contract/Api"
import type { Connection as Shown } from "@loom-scim/contract/Connections"
import { ConnectionCursor } from "@loom-scim/contract/Connections"
import { defaultLimit } from "@loom-scim/contract/Page"
import { ofSetup, ofStore } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import { reach } from "@loom-scim/core/ports/ApiKeys"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import * as Progress from "@loom-scim/core/setup/Progress"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { pageOf } from "./paging.ts"
import { actor, changing, reading, versioned } from "./support.ts"

const shown = ({ id, state }: Connection): Shown => ({
  id,
  name: state.name ?? id,
  sequence: state.sequence,
  connected: state.connected !== null,
  connectedAt: state.connected?.at ?? null,
  currentStep: Progress.current(state)
})

export const ConnectionsHandlers = HttpApiBuilder.group(
  Api,
  "connections",
  Effect.fnUntraced(function* (handlers) {
    const setup = yield* SetupService
    const ledger = yield* Ledger
    return handlers.handleAll({
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
      get: Effect.fnUntraced(function* ({ params }) {
        const connection = yield* reading(setup.get(params.connection))
        return versioned(connection, shown(connection))
      }),
      remove: Effect.fnUntraced(function* ({ headers, params }) {
        const id = params.connection
        yield* changing(id, headers["if-match"], setup.remove(id, yield* actor))
      })
    })
  })
)
