/** What happened across connections and beside them: who changed what, when and through which face. */
import { AuditEntry as EntryFields, AuditEvent, AuditPlace } from "@loom-scim/core/ports/AuditLog"
import { LogPlace } from "@loom-scim/core/ports/Ledger"
import { Event, Recorded } from "@loom-scim/core/setup/Event"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import * as Page from "./Page.ts"
import { reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const example = {
  connectionId: null,
  sequence: null,
  at: "2026-11-24T19:30:00.000Z",
  actor: { name: "key first (nx2w09bfgtuk)", face: "api" },
  event: {
    _tag: "KeyMade",
    key: "k3x9mzq0a1b2",
    name: "ci",
    grants: [{ verb: "operate", connection: "acme" }],
    expiresAt: "2027-02-22T19:30:00.000Z"
  }
} as const

/** An event of a connection's log, or an entry of what has no such log: keys, webhooks, schedules, requests. */
export const AuditEntry = Schema.Struct({
  /** Null for what is of no connection alone, such as a key. */
  connectionId: EntryFields.fields.connectionId,
  /** The version of the connection after an event of its set-up; null for everything else. */
  sequence: Schema.NullOr(Recorded.fields.sequence),
  at: Recorded.fields.at,
  actor: Recorded.fields.actor,
  event: Schema.Union([Event, AuditEvent])
}).pipe(shown("AuditEntry", "Who did what, when and through which face; never a secret.", example))
export type AuditEntry = typeof AuditEntry.Type

/** A page of it. */
export const AuditPage = Page.of(AuditEntry).pipe(
  shown("AuditPage", "Entries, the newest first.", { items: [example], nextCursor: null })
)

/** A place in the log, behind an event or behind an entry of the rest: which of the two `auditBefore` says by its form. */
export const AuditCursor = Page.cursor(Schema.Struct({ auditBefore: Schema.Union([LogPlace, AuditPlace]) }))

/** The group. */
export class AuditGroup extends HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("list", "/audit", { query: Page.query(AuditCursor), success: AuditPage, error: reading })
      .annotate(Needs, { verb: "read", over: "anything" })
      .annotate(
        OpenApi.Summary,
        "What was changed: of every connection this key reaches, and beside them for a key over everything"
      )
  )
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(
    OpenApi.Description,
    "Append-only: set-ups, keys, webhooks, schedules, and every other change asked for."
  ) {}
