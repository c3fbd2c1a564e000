/** The SCIM 2.0 client (RFC 7644, RFC 9865): every operation on every resource type, for one connection. */
import { Context, Effect, Layer, Result, Stream } from "effect"
import type { HttpClient } from "effect/http"
import type { BulkOperation } from "./Bulk.ts"
import type { ListVerdict } from "./List.ts"
import * as ListPage from "./ListPage.ts"
import type { JsonObject } from "./ListPage.ts"
import * as BulkRun from "./ScimClientBulk.ts"
import * as Create from "./ScimClientCreate.ts"
import * as Lists from "./ScimClientList.ts"
import * as Request from "./ScimClientRequest.ts"
import type * as T from "./ScimClientTypes.ts"
import type { ScimError } from "./ScimError.ts"
import * as Transport from "./Transport.ts"
import type { Answer, Call } from "./Transport.ts"
import type { ScimClientOptions } from "./TransportOptions.ts"
import * as Options from "./TransportOptions.ts"

/** A stream of resources that fails with `ListIncomplete` at its end when not everything was seen. */
export type ResourceStream = Stream.Stream<JsonObject, ScimError | Lists.ListIncomplete>

/** The operations. `endpoint` is the path of a resource type: `Users`, `Groups` or any other that is declared. */
export interface ScimClientOperations {
  /** Creates (§3.3). Never twice: a lost answer is settled by a look-up. `Conflict` has the resource in the way. */
  readonly create: (
    endpoint: string,
    resource: JsonObject,
    projection?: T.Projection
  ) => Effect.Effect<T.Created, ScimError>
  /** Reads one (§3.4.1). */
  readonly get: (endpoint: string, id: string, projection?: T.Projection) => Effect.Effect<T.Versioned, ScimError>
  /** Lists (§3.4.2) in constant memory but for the ids. */
  readonly list: (endpoint: string, query?: T.ListQuery) => ResourceStream
  /** Lists page by page; the last page has the verdict, and an incomplete list does not fail. */
  readonly pages: (endpoint: string, query?: T.ListQuery) => Stream.Stream<T.ListedPage, ScimError>
  /** Lists into memory, with the verdict. */
  readonly listAll: (
    endpoint: string,
    query?: T.ListQuery
  ) => Effect.Effect<{ readonly resources: ReadonlyArray<JsonObject>; readonly verdict: ListVerdict }, ScimError>
  /** `POST <endpoint>/.search` (§3.4.3), so that filters are in no URL; null searches all resource types. */
  readonly search: (endpoint: string | null, query: T.ListQuery) => ResourceStream
  /** Replaces (§3.5.1). If-Match from `version`, else from the resource's `meta.version`. */
  readonly replace: (
    endpoint: string,
    id: string,
    resource: JsonObject,
    options?: T.ChangeOptions
  ) => Effect.Effect<T.Changed, ScimError>
  /** Patches (§3.5.2); repeated only when the request surely did not reach the server. */
  readonly patch: (
    endpoint: string,
    id: string,
    operations: ReadonlyArray<T.PatchOperation>,
    options?: T.ChangeOptions
  ) => Effect.Effect<T.Changed, ScimError>
  /** Deletes (§3.6). A 404 after a repeated attempt is success. */
  readonly delete: (
    endpoint: string,
    id: string,
    options?: Pick<T.ChangeOptions, "version">
  ) => Effect.Effect<void, ScimError>
  /** Bulk (§3.7), ordered by reference and split by the server's limits. */
  readonly bulk: (
    operations: ReadonlyArray<BulkOperation>,
    options: BulkRun.BulkOptions
  ) => Effect.Effect<BulkRun.BulkReport, ScimError | BulkRun.BulkNotPossible>
  /** `GET` of any path below the base URL, query included, as it is; undefined for an empty answer. */
  readonly raw: (path: string) => Effect.Effect<JsonObject[string] | undefined, ScimError>
  /** `GET /Me` (§3.11). */
  readonly me: (projection?: T.Projection) => Effect.Effect<T.Versioned, ScimError>
  /** `GET /ServiceProviderConfig` (§4). */
  readonly serviceProviderConfig: Effect.Effect<JsonObject, ScimError>
  /** `GET /Schemas` (§4). */
  readonly schemas: Effect.Effect<ReadonlyArray<JsonObject>, ScimError>
  /** `GET /ResourceTypes` (§4). */
  readonly resourceTypes: Effect.Effect<ReadonlyArray<JsonObject>, ScimError>
}

const discovery = (path: string): Call => ({ method: "GET", path, label: path, retry: "always" })

const toVersioned = (answer: Answer): Effect.Effect<T.Versioned, ScimError> =>
  ListPage.isJsonObject(answer.json)
    ? Effect.succeed({ resource: answer.json, version: Request.versionOf(answer.headers["etag"], answer.json) })
    : Effect.fail(answer.malformed("notObject"))

/** A change succeeded whatever its answer holds: a body that is no resource is as good as none. */
const toChanged = ({ headers, json }: Answer): T.Changed => {
  const resource = ListPage.isJsonObject(json) && ListPage.idOf(json) !== null ? json : null
  return { resource, version: Request.versionOf(headers["etag"], resource) }
}

const toRows = (answer: Answer): Effect.Effect<ReadonlyArray<JsonObject>, ScimError> =>
  Result.match(ListPage.decode(answer.json), {
    onSuccess: ({ resources }) => Effect.succeed(resources),
    onFailure: (reason) => Effect.fail(answer.malformed(reason))
  })

const versionFor = (options: T.ChangeOptions, resource: JsonObject | null): string | null =>
  options.version === undefined ? Request.versionOf(undefined, resource) : Request.toEntityTag(options.version)

/** Makes the client of one connection. All its requests share one gate, so a 429 slows every one of them. */
export const make = Effect.fnUntraced(function* (
  given: ScimClientOptions
): Effect.fn.Return<ScimClientOperations, never, HttpClient.HttpClient> {
  const options = Options.resolve(given)
  const transport = yield* Transport.make(options)
  const source: Lists.ListSource = { transport, options }

  const pages = (endpoint: string, query: T.ListQuery = {}) =>
    Lists.pages(source, Request.endpointOf(endpoint), query, "query")

  const get = Effect.fnUntraced(function* (endpoint: string, id: string, projection: T.Projection = {}) {
    const target = yield* Effect.fromResult(Request.resourceOf(endpoint, id))
    const path = target.path + Request.projectionQuery(projection)
    return yield* toVersioned(yield* transport.call({ method: "GET", path, label: target.label, retry: "always" }))
  })

  const listAll = Effect.fnUntraced(function* (endpoint: string, query: T.ListQuery = {}) {
    const all = yield* Stream.runCollect(pages(endpoint, query))
    const verdict = all.at(-1)?.verdict ?? null
    // The last page always has one; a stream without pages has failed before.
    if (verdict === null) return yield* Effect.die(new Error("a list ended without a verdict"))
    return { resources: all.flatMap(({ resources }) => resources), verdict }
  })

  const change = Effect.fnUntraced(function* (
    method: "PUT" | "PATCH" | "DELETE",
    endpoint: string,
    id: string,
    content: { readonly body?: string; readonly ifMatch: string | null },
    projection: T.Projection = {}
  ): Effect.fn.Return<Answer, ScimError> {
    const target = yield* Effect.fromResult(Request.resourceOf(endpoint, id))
    // A repeated PUT with a condition would meet its own change and be told that somebody else made it.
    const isRepeatable = method === "DELETE" || (method === "PUT" && content.ifMatch === null)
    return yield* transport.call({
      method,
      path: target.path + Request.projectionQuery(projection),
      label: target.label,
      retry: isRepeatable ? "always" : "unsent",
      isGoneDone: method === "DELETE",
      ...content
    })
  })

  return {
    create: (endpoint, resource, projection = {}) => Create.create(source, endpoint, resource, projection),
    get,
    pages,
    list: (endpoint, query) => Lists.rows(pages(endpoint, query), `GET ${endpoint}`),
    listAll,
    search: (endpoint, query) => {
      const target = Result.map(
        endpoint === null ? Result.succeed({ path: "", label: "" }) : Request.endpointOf(endpoint),
        ({ label, path }) => ({ path: `${path}/.search`, label: `${label}/.search` })
      )
      return Lists.rows(Lists.pages(source, target, query, "search"), `POST ${endpoint ?? ""}/.search`)
    },
    replace: (endpoint, id, resource, asked = {}) => {
      const content = { body: JSON.stringify(resource), ifMatch: versionFor(asked, resource) }
      return Effect.map(change("PUT", endpoint, id, content, asked), toChanged)
    },
    patch: (endpoint, id, operations, asked = {}) => {
      const content = { body: Request.patchBody(operations), ifMatch: versionFor(asked, null) }
      return Effect.map(change("PATCH", endpoint, id, content, asked), toChanged)
    },
    delete: (endpoint, id, asked = {}) =>
      Effect.asVoid(change("DELETE", endpoint, id, { ifMatch: versionFor(asked, null) })),
    bulk: (operations, asked) => BulkRun.run(transport, operations, asked),
    raw: (path) =>
      Effect.flatMap(Effect.fromResult(Request.rawOf(path)), (target) =>
        Effect.map(transport.call({ method: "GET", ...target, retry: "always" }), ({ json }) => json)
      ),
    me: (projection = {}) => {
      const path = `/Me${Request.projectionQuery(projection)}`
      return Effect.flatMap(transport.call({ method: "GET", path, label: "/Me", retry: "always" }), toVersioned)
    },
    serviceProviderConfig: Effect.flatMap(transport.call(discovery("/ServiceProviderConfig")), (answer) =>
      // Some servers wrap the one configuration in a list.
      Effect.map(toVersioned(answer), ({ resource }) => {
        const listed = ListPage.decode(resource)
        return (Result.isSuccess(listed) ? listed.success.resources[0] : undefined) ?? resource
      })
    ),
    schemas: Effect.flatMap(transport.call(discovery("/Schemas")), toRows),
    resourceTypes: Effect.flatMap(transport.call(discovery("/ResourceTypes")), toRows)
  }
})

/** The client of one connection, as a service. */
export class ScimClient extends Context.Service<ScimClient, ScimClientOperations>()("@loom-scim/core/scim/ScimClient") {
  /** With the options of one connection, over the platform's `HttpClient`. */
  static readonly layer = (options: ScimClientOptions): Layer.Layer<ScimClient, never, HttpClient.HttpClient> =>
    Layer.effect(ScimClient, Effect.map(make(options), ScimClient.of))

  /** For programs with many connections: the client as a value. */
  static readonly make = make
}
