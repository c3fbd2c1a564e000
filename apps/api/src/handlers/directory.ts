/** What the handlers of users and groups share: a client of the connection, lists, one resource, and changes. */
import { WalkCursor } from "@loom-scim/contract/Directory"
import type { Outcome } from "@loom-scim/contract/Directory"
import { InvalidInputProblem, PreconditionProblem, RefusedProblem } from "@loom-scim/contract/Problem"
import { ofScim, ofSetup } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { Endpoint, Operation } from "@loom-scim/core/operations/Operation"
import * as Operations from "@loom-scim/core/operations/Operation"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { versionOf } from "@loom-scim/core/scim/ScimClientRequest"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Fiber, Schema } from "effect"
import { withHeaders } from "effect/http-api/HttpApiSchema"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Listing from "./listing.ts"
import { reading } from "./support.ts"
import * as Walks from "./walks.ts"

/** The caller works with the directory, so the server's words about people are no news to it. */
const told = (error: ScimError) => ofScim(error, true)

const unversioned = (why: string) =>
  new RefusedProblem({
    detail: `If-Match cannot be kept: ${why}.`,
    next: "Send the change without If-Match, and let nobody else change the same resource at the same time.",
    reason: "noVersions",
    missing: null
  })

/** A server may ignore If-Match, so the version is looked at here before it is sent along. */
const matching = Effect.fnUntraced(function* ({ client }: Connected, endpoint: Endpoint, id: string, wanted: string) {
  const { version } = yield* Effect.mapError(client.get(endpoint, id), told)
  const { behaviour, quirks } = yield* client.profile
  if (version === null) return yield* unversioned("the server gives no versions")
  if ("etagConstant" in quirks) return yield* unversioned("the server never changes its versions")
  if (!behaviour.conditions) return yield* unversioned("the server does not understand its own versions")
  if (version === wanted) return
  return yield* new PreconditionProblem({
    detail: "The server has another version of it than If-Match names.",
    next: "Read it again, and decide anew what to change."
  })
})

/** What a change means beyond itself; null when it destroys nothing. */
export type Warning = (connected: Connected) => string | null

/** A change to one resource. */
export interface Change {
  readonly connection: ConnectionId
  readonly operation: Operation
  readonly dryRun: string | undefined
  readonly ifMatch?: string | undefined
  readonly warning?: Warning
}

/** What a change takes over from the request for it. */
export const asked = (request: {
  readonly params: { readonly connection: ConnectionId }
  readonly query: { readonly dryRun?: string | undefined }
  readonly headers?: { readonly "if-match"?: string | undefined }
}): Pick<Change, "connection" | "dryRun" | "ifMatch"> => ({
  connection: request.params.connection,
  dryRun: request.query.dryRun,
  ifMatch: request.headers?.["if-match"]
})

/** Makes them for one resource type. */
export const make = Effect.fnUntraced(function* (endpoint: Endpoint) {
  const setup = yield* SetupService
  const clients = yield* ConnectedClient
  const next = Walks.make()

  const opened = Effect.fnUntraced(function* (id: ConnectionId) {
    const connection = yield* reading(setup.get(id))
    return yield* Effect.mapError(clients.open(connection), (error) => ofSetup(error))
  })
  const remembering = <A, E, R>(connected: Connected, use: Effect.Effect<A, E, R>) =>
    Effect.ensuring(use, clients.remember(connected))

  const list = Effect.fnUntraced(function* (
    id: ConnectionId,
    asked: Listing.Asked & { readonly cursor?: typeof WalkCursor.Type }
  ) {
    const query = yield* Effect.fromResult(Listing.queryOf(endpoint, asked))
    const connected = yield* opened(id)
    const { cursor, ...rest } = asked
    const { id: caller } = yield* Principal
    const what = JSON.stringify([caller, id, endpoint, Object.entries(rest).toSorted()])
    const pages = connected.client.pages(endpoint, query)
    const page = yield* remembering(connected, Effect.mapError(next(what, cursor, pages), told))
    const nextCursor = page.next === null ? null : yield* Effect.orDie(Schema.encodeEffect(WalkCursor)(page.next))
    return { items: page.resources, nextCursor, verdict: page.verdict }
  })

  const get = Effect.fnUntraced(function* (connection: ConnectionId, id: string, ifNoneMatch: string | undefined) {
    const connected = yield* opened(connection)
    const read = Effect.mapError(connected.client.get(endpoint, id), told)
    const { resource, version } = yield* remembering(connected, read)
    const etag = version ?? versionOf(undefined, resource)
    if (etag === null) return withHeaders({ body: resource, headers: {} })
    const known = (ifNoneMatch ?? "").split(",").map((tag) => tag.trim())
    // For whoever may keep it: nobody but the caller, and only to ask again.
    const headers = { etag, "cache-control": "private, no-cache" }
    return known.includes(etag)
      ? HttpServerResponse.empty({ status: 304, headers })
      : withHeaders({ body: resource, headers: { etag } })
  })

  const carriedOut = Effect.fnUntraced(function* (connected: Connected, { ifMatch, operation }: Change) {
    if (ifMatch !== undefined && operation._tag !== "Create") {
      yield* matching(connected, endpoint, operation.id, ifMatch)
    }
    const options = ifMatch === undefined ? {} : { version: ifMatch }
    return yield* Effect.mapError(Operations.execute(connected.client, operation, options), told)
  })

  const change = Effect.fnUntraced(function* (asked: Change) {
    const { operation, warning } = asked
    const connected = yield* opened(asked.connection)
    const common = { warning: warning?.(connected) ?? null }
    if (asked.dryRun === "true") {
      const { behaviour } = yield* connected.client.profile
      const requests = Operations.show(operation, connected.url, behaviour)
      const id = operation._tag === "Create" ? null : operation.id
      const shown: typeof Outcome.Type = { ...common, dryRun: true, id, resource: null, doubt: null, requests }
      return shown
    }
    // A caller who hangs up does not leave a change half done.
    const fiber = yield* Effect.forkDetach(remembering(connected, carriedOut(connected, asked)))
    const { doubt, id, resource } = yield* Fiber.join(fiber)
    const done: typeof Outcome.Type = { ...common, dryRun: false, id, resource, doubt, requests: [] }
    return done
  })

  return { list, get, change }
})

/** A resource that is to be created or to replace another; `required` is what the server tells people by. */
export const withName = (resource: JsonObject, required: string): Effect.Effect<JsonObject, InvalidInputProblem> => {
  const name = resource[required]
  return typeof name === "string" && name.trim() !== ""
    ? Effect.succeed(resource)
    : Effect.fail(
        new InvalidInputProblem({
          detail: `The resource has no ${required}.`,
          next: `Give it a ${required}.`,
          reason: "missingName",
          missing: required
        })
      )
}

/** The `schemas` that a resource must have (RFC 7643 §3), when it came without. */
export const withSchemas = (resource: JsonObject, urn: string, extensions: ReadonlyArray<string> = []): JsonObject =>
  resource["schemas"] === undefined
    ? { schemas: [urn, ...extensions.filter((extension) => resource[extension] !== undefined)], ...resource }
    : resource
