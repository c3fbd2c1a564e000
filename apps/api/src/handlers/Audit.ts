/** The log across the connections a caller reaches, and of what is beside them. */
import { Api } from "@loom-scim/contract/Api"
import type { AuditEntry } from "@loom-scim/contract/Audit"
import { AuditCursor } from "@loom-scim/contract/Audit"
import { defaultLimit } from "@loom-scim/contract/Page"
import { ofStore } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import { reach } from "@loom-scim/core/ports/ApiKeys"
import type { AuditPlace, KeptEntry } from "@loom-scim/core/ports/AuditLog"
import { AuditLog } from "@loom-scim/core/ports/AuditLog"
import type { LogMoment, LogPlace } from "@loom-scim/core/ports/Ledger"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import type { Recorded } from "@loom-scim/core/setup/Event"
import { DateTime, Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { group } from "./group.ts"
import { pageOf } from "./paging.ts"

interface Placed {
  readonly place: LogPlace | AuditPlace
  readonly shown: AuditEntry
}

const ofEvent = (recorded: Recorded): Placed => {
  const { at, connectionId, sequence } = recorded
  return { place: { at: DateTime.formatIso(at), connection: connectionId, sequence }, shown: recorded }
}

const ofEntry = ({ entry, position }: KeptEntry): Placed => ({
  place: { at: DateTime.formatIso(entry.at), position },
  shown: { ...entry, sequence: null }
})

/** Where the two logs go on behind a place in either. Of one moment the events of set-ups come first. */
const behind = (
  place: LogPlace | AuditPlace
): { readonly events: LogPlace | LogMoment; readonly entries: AuditPlace } =>
  "connection" in place
    ? { events: place, entries: { at: place.at, position: null } }
    : { events: { at: place.at }, entries: place }

const newest = (one: Placed, other: Placed): number =>
  DateTime.toEpochMillis(other.shown.at) - DateTime.toEpochMillis(one.shown.at)

export const AuditHandlers = group(
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const log = yield* AuditLog
    return HttpApiBuilder.group(Api, "audit", (handlers) =>
      handlers.handleAll({
        list: Effect.fnUntraced(function* ({ query }) {
          const { grants } = yield* Principal
          const limit = query.limit ?? defaultLimit
          const before = query.cursor === undefined ? null : behind(query.cursor.auditBefore)
          const which = { of: reach(grants), limit: limit + 1 }
          const events = yield* Effect.mapError(ledger.events({ ...which, before: before?.events ?? null }), ofStore)
          const entries = yield* Effect.mapError(log.list({ ...which, before: before?.entries ?? null }), ofStore)
          // Sorting keeps the order of what is of one moment: each log's own, events first.
          const found = [...events.map(ofEvent), ...entries.map(ofEntry)].toSorted(newest)
          const { nextCursor, rows } = yield* pageOf(found, limit, AuditCursor, ({ place }) => ({ auditBefore: place }))
          return { items: rows.map(({ shown }) => shown), nextCursor }
        })
      })
    )
  })
)
