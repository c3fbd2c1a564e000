/** Users and groups over the API of a server: a client of core's, so that no command knows the difference. */
import type { PatchOp } from "@loom-scim/contract/Directory"
import { WalkCursor } from "@loom-scim/contract/Directory"
import type { ServerProfile } from "@loom-scim/contract/Profile"
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import { ConnectedClient, established } from "@loom-scim/core/operations/ConnectedClient"
import type { Endpoint } from "@loom-scim/core/operations/Operation"
import type { ListVerdict } from "@loom-scim/core/scim/List"
import * as Profile from "@loom-scim/core/scim/Profile"
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import * as Lists from "@loom-scim/core/scim/ScimClientList"
import type { Changed, ListQuery, PatchOperation } from "@loom-scim/core/scim/ScimClientTypes"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { Array, Effect, Layer, Option, Schema, Stream } from "effect"
import { Client, inFlight, pageSize } from "./Client.ts"
import { scimErrorOf } from "./scimFailures.ts"
import { verdictOf } from "./verdictOf.ts"

/** As many operations as one request takes. */
const atOnce = 1000

const placeOf = Schema.decodeUnknownEffect(WalkCursor)

const learntOf = ({ behaviour, claims, quirks }: typeof ServerProfile.Type): Profile.Profile => ({
  claims,
  behaviour,
  quirks: Object.fromEntries(quirks.map(({ name, times }) => [name, times]))
})

/** The server has judged by now what it was answered with. */
const changedTo = (resource: Changed["resource"]): Changed => ({
  resource,
  version: null,
  status: resource === null ? 204 : 200
})

const unused = (what: string) => Effect.die(new Error(`${what} is not asked for over a server`))

const clientOf = Effect.fnUntraced(function* (
  connection: ConnectionId
): Effect.fn.Return<ScimClientOperations, never, Client> {
  const { api, asked, posted, url } = yield* Client
  const failed = scimErrorOf(url)
  const at = (endpoint: string): Endpoint => (endpoint === "Groups" ? "Groups" : "Users")

  /** Whichever of both there is. */
  const one = <A>(endpoint: string, of: { readonly user: () => A; readonly group: () => A }): A =>
    at(endpoint) === "Users" ? of.user() : of.group()

  const get: ScimClientOperations["get"] = (endpoint, id) =>
    one(endpoint, {
      user: () => asked(api.users.get({ params: { connection, user: id }, headers: {} })),
      group: () => asked(api.groups.get({ params: { connection, group: id }, headers: {} }))
    }).pipe(
      Effect.map(({ body, headers }) => ({ resource: body, version: headers.etag ?? null })),
      Effect.mapError(failed)
    )

  const queryOf = ({ attributes, count, filter, sortBy, sortOrder }: ListQuery) => ({
    limit: Math.min(count ?? pageSize, pageSize),
    ...(filter === undefined ? {} : { filter }),
    ...(sortBy === undefined ? {} : { sortBy }),
    ...(sortOrder === undefined ? {} : { sortOrder }),
    ...(attributes === undefined ? {} : { attributes: attributes.join(",") })
  })

  const page = Effect.fnUntraced(function* (endpoint: string, query: ListQuery, cursor: string | null) {
    const place = cursor === null ? {} : { cursor: yield* Effect.orDie(placeOf(cursor)) }
    const wanted = { params: { connection }, query: { ...queryOf(query), ...place } }
    const { items, nextCursor, verdict } = yield* one(endpoint, {
      user: () => asked(api.users.list(wanted)),
      group: () => asked(api.groups.list(wanted))
    }).pipe(Effect.mapError(failed))
    const { attributes, excludedAttributes, matches = () => true } = query
    // The API lists groups without members unless attributes are named; each of them has its own.
    const isWhole = endpoint === "Users" || attributes !== undefined || excludedAttributes?.includes("members") === true
    const rows = items.filter(matches)
    const resources = isWhole
      ? rows
      : yield* Effect.forEach(rows, (row) => Effect.map(get(endpoint, String(row["id"])), ({ resource }) => resource), {
          concurrency: inFlight
        })
    return { resources, verdict: verdict === null ? null : verdictOf(verdict), nextCursor }
  })

  const pages: ScimClientOperations["pages"] = (endpoint, query = {}) =>
    Stream.paginate(null, (cursor: string | null) =>
      Effect.map(page(endpoint, query, cursor), ({ nextCursor, resources, verdict }) => {
        const listed: { readonly resources: typeof resources; readonly verdict: ListVerdict | null } = {
          resources,
          verdict
        }
        return [[listed], Option.fromNullOr(nextCursor)] as const
      })
    )

  const some = (endpoint: string, id: string, Operations: (typeof PatchOp.Type)["Operations"]) =>
    one(endpoint, {
      user: () =>
        asked(api.users.patch({ params: { connection, user: id }, query: {}, headers: {}, payload: { Operations } })),
      group: () =>
        asked(api.groups.patch({ params: { connection, group: id }, query: {}, headers: {}, payload: { Operations } }))
    })

  const patch: ScimClientOperations["patch"] = (endpoint, id, operations) =>
    Effect.forEach(Array.chunksOf<PatchOperation>(operations, atOnce), (chunk) => some(endpoint, id, chunk)).pipe(
      Effect.map((outcomes) => changedTo(outcomes.at(-1)?.resource ?? null)),
      Effect.mapError(failed)
    )

  return {
    create: (endpoint, resource) =>
      posted((headers) => {
        const request = { params: { connection }, query: {}, headers, payload: resource }
        return one(endpoint, { user: () => api.users.create(request), group: () => api.groups.create(request) })
      }).pipe(
        Effect.mapError(failed),
        Effect.map((made) => ({
          id: made.id ?? "",
          resource: made.resource ?? resource,
          version: null,
          settled: "answer" as const
        }))
      ),
    get,
    pages,
    list: (endpoint, query) => Lists.rows(pages(endpoint, query), `GET ${endpoint}`),
    listAll: (endpoint, query) => Lists.collected(pages(endpoint, query)),
    patch,
    replace: (endpoint, id, resource) =>
      one(endpoint, {
        user: () =>
          asked(api.users.replace({ params: { connection, user: id }, query: {}, headers: {}, payload: resource })),
        group: () =>
          asked(api.groups.replace({ params: { connection, group: id }, query: {}, headers: {}, payload: resource }))
      }).pipe(
        Effect.mapError(failed),
        Effect.map(({ resource: now }) => changedTo(now))
      ),
    delete: (endpoint, id) =>
      one(endpoint, {
        user: () => asked(api.users.remove({ params: { connection, user: id }, query: {}, headers: {} })),
        group: () => asked(api.groups.remove({ params: { connection, group: id }, query: {}, headers: {} }))
      }).pipe(Effect.mapError(failed), Effect.asVoid),
    profile: asked(api.profile.get({ params: { connection } })).pipe(
      Effect.map(learntOf),
      // What it is for, the requests of a dry run and what is said beside findings, is still right for a usual server.
      Effect.orElseSucceed(() => Profile.unknown)
    ),
    adapt: () => Effect.void,
    search: () => Stream.fromEffect(unused("search")),
    bulk: () => unused("bulk"),
    raw: () => unused("raw"),
    me: () => unused("me"),
    serviceProviderConfig: unused("serviceProviderConfig"),
    schemas: unused("schemas"),
    resourceTypes: unused("resourceTypes"),
    probe: unused("probe")
  }
})

/** Over a server, whose own client it is that asks and remembers. */
export const layer: Layer.Layer<ConnectedClient, never, Client> = Layer.effect(
  ConnectedClient,
  Effect.gen(function* () {
    const services = yield* Effect.context<Client>()
    const opened = Effect.fnUntraced(function* (connection: Connection) {
      const { bridgeUrl, deprovisioning } = yield* Effect.fromResult(established(connection))
      const { id } = connection
      const client = yield* Effect.provideContext(clientOf(id), services)
      const connected: Connected = { id, url: bridgeUrl.url, deprovisioning, client }
      return connected
    })
    return ConnectedClient.of({ open: opened, remember: () => Effect.void })
  })
)
