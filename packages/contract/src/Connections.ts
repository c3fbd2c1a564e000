/** Connections: one Loom workspace each, being set up or set up. */
import { Position } from "@loom-scim/core/ports/Ledger"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Step } from "@loom-scim/core/setup/Step"
import { isLine } from "@loom-scim/core/setup/PlainText"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { etag, ifMatch } from "./EntityTag.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import * as Page from "./Page.ts"
import { changing, reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const example = {
  id: "acme",
  name: "Acme",
  sequence: 12,
  connected: false,
  connectedAt: null,
  currentStep: "sso"
} as const

/** A connection in short. */
export const Connection = Schema.Struct({
  id: ConnectionId,
  name: Schema.String,
  /** The version: one more with every event. */
  sequence: Schema.Int,
  connected: Schema.Boolean,
  connectedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** Where the set-up goes on. */
  currentStep: Step
}).pipe(shown("Connection", "A connection in short; its ETag is its sequence.", example))
export type Connection = typeof Connection.Type

/** A page of connections. */
export const ConnectionPage = Page.of(Connection).pipe(
  shown("ConnectionPage", "Connections in the order they were begun.", { items: [example], nextCursor: null })
)

/** What a new connection needs. */
export const NewConnection = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200), isLine)
}).pipe(shown("NewConnection", "A name, from which the id is made.", { name: "Acme" }))

/** A place in the list. */
export const ConnectionCursor = Page.cursor(Schema.Struct({ connectionsAfter: Position }))

/** The path of one connection, for the groups below it. */
export const path = { connection: ConnectionId }

/** The group. */
export class ConnectionsGroup extends HttpApiGroup.make("connections")
  .add(
    HttpApiEndpoint.get("list", "/connections", {
      query: Page.query(ConnectionCursor),
      success: ConnectionPage,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "anything" })
      .annotate(OpenApi.Summary, "The connections this key reaches"),
    HttpApiEndpoint.post("create", "/connections", {
      headers: idempotencyKey,
      payload: NewConnection,
      success: HttpApiSchema.WithHeaders(Connection, etag).pipe(HttpApiSchema.status(201)),
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "admin", over: "everything" })
      .annotate(OpenApi.Summary, "Begin a connection"),
    HttpApiEndpoint.get("get", "/connections/:connection", {
      params: path,
      success: HttpApiSchema.WithHeaders(Connection, etag),
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "One connection"),
    HttpApiEndpoint.delete("remove", "/connections/:connection", {
      params: path,
      headers: ifMatch,
      error: changing
    })
      .annotate(Needs, { verb: "admin", over: "connection" })
      .annotate(
        OpenApi.Summary,
        "Forget it with its token, schedules, webhooks and the keys that reach nothing else, and end its runs; its log stays"
      )
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "One Loom workspace each, being set up or set up.") {}
