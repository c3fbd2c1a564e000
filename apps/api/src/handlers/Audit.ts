/** The log across the connections a caller reaches. */
import { Api } from "@loom-scim/contract/Api"
import { AuditCursor } from "@loom-scim/contract/Audit"
import { defaultLimit } from "@loom-scim/contract/Page"
import { ofStore } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import { reach } from "@loom-scim/core/ports/ApiKeys"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import { DateTime, Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { pageOf } from "./paging.ts"

export const AuditHandlers = HttpApiBuilder.group(
  Api,
  "audit",
  Effect.fnUntraced(function* (handlers) {
    const ledger = yield* Ledger
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const { grants } = yield* Principal
        const limit = query.limit ?? defaultLimit
        const before = query.cursor?.auditBefore ?? null
        const found = yield* Effect.mapError(ledger.events({ of: reach(grants), before, limit: limit + 1 }), ofStore)
        const { nextCursor, rows } = yield* pageOf(found, limit, AuditCursor, ({ at, connectionId, sequence }) => ({
          auditBefore: { at: DateTime.formatIso(at), connection: connectionId, sequence }
        }))
        return { items: rows, nextCursor }
      })
    })
  })
)
