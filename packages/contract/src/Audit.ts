/** What happened across connections: who changed what, when and through which face. */
import { LogPlace } from "@loom-scim/core/ports/Ledger"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import * as Page from "./Page.ts"
import { reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { EventPage } from "./Setup.ts"
import { WellFormed } from "./WellFormed.ts"

/** A place in the log. */
export const AuditCursor = Page.cursor(Schema.Struct({ auditBefore: LogPlace }))

/** The group. */
export class AuditGroup extends HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("list", "/audit", { query: Page.query(AuditCursor), success: EventPage, error: reading })
      .annotate(Needs, { verb: "read", over: "anything" })
      .annotate(OpenApi.Summary, "Events of every connection this key reaches, the newest first")
  )
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "Append-only: the events of every connection.") {}
