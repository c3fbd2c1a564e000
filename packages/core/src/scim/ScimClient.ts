/** The SCIM 2.0 client (RFC 7644, RFC 9865): every operation on every resource type, for one connection. */
import { Context, Effect, Layer, Result } from "effect"
import type { Stream } from "effect"
import type { HttpClient } from "effect/http"
import type { BulkOperation } from "./Bulk.ts"
import type { ListVerdict } from "./List.ts"
import * as ListPage from "./ListPage.ts"
import type { JsonObject } from "./Json.ts"
import * as Profile from "./Profile.ts"
import { type Exchange, ofExchange } from "./QuirkObserve.ts"
import * as BulkRun from "./ScimClientBulk.ts"
import * as Change from "./ScimClientChange.ts"
import * as Create from "./ScimClientCreate.ts"
import * as Lists from "./ScimClientList.ts"
import { Newborn, patient } from "./ScimClientNewborn.ts"
import * as Observe from "./ScimClientObserve.ts"
import * as Probe from "./ScimClientProbe.ts"
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
  /** What is known of the server by now: what it claims, how it is spoken to, and the quirks it showed. */
  readonly profile: Effect.Effect<Profile.Profile>
  /** Speaks to the server in another way from now on. */
  readonly adapt: (change: Partial<Profile.Behaviour>) => Effect.Effect<void>
  /** Learns it with a few reading requests, and keeps to it from then on. */
  readonly probe: Effect.Effect<Profile.Profile, ScimError>
}

const discovery = (path: string): Call => ({ method: "GET", path, label: path, retry: "always" })

const toRows = (answer: Answer): Effect.Effect<ReadonlyArray<JsonObject>, ScimError> =>
  Result.match(ListPage.decode(answer.json), {
    onSuccess: ({ resources }) => Effect.succeed(resources),
    onFailure: (reason) => Effect.fail(answer.malformed(reason))
  })

/** Makes the client of one connection. All its requests share one gate, so a 429 slows every one of them. */
export const make = Effect.fnUntraced(function* (
  given: ScimClientOptions
): Effect.fn.Return<ScimClientOperations, never, HttpClient.HttpClient> {
  const options = Options.resolve(given)
  const learner = new Profile.Learner(options.profile)
  const observe = (exchange: Exchange) => learner.note(...ofExchange(exchange))
  const usual = yield* Transport.make(options, observe)
  const bare =
    options.tokenScheme === "none" ? usual : yield* Transport.make({ ...options, tokenScheme: "none" }, observe)
  const chosen: Transport.Transport = {
    scrub: usual.scrub,
    call: (call) => (learner.behaviour.tokenScheme === "none" ? bare : usual).call(call)
  }
  const newborn = new Newborn()
  const transport = patient(chosen, newborn, learner, options)
  const source: Change.ResourceSource = { transport, options, learner, newborn }

  const pages = (endpoint: string, query: T.ListQuery = {}) =>
    Observe.listed(Lists.pages(source, Request.endpointOf(endpoint), query, "query"), learner, query)

  const answered = (call: Call, projection: T.Projection) =>
    Effect.flatMap(transport.call(call), (answer) => Change.toVersioned(source, answer, projection))

  const bulkTransport: Transport.Transport = {
    ...transport,
    call: (call) =>
      Effect.tap(transport.call(call), (answer) => Effect.sync(() => Observe.bulkAnswered(learner, answer)))
  }

  const discovered = Effect.fnUntraced(function* (): Effect.fn.Return<JsonObject, ScimError> {
    const result = yield* Effect.result(transport.call(discovery("/ServiceProviderConfig")))
    if (Result.isFailure(result)) {
      if (result.failure._tag === "NotFound") learner.note("discoveryMissing")
      return yield* result.failure
    }
    const { json } = result.success
    if (!ListPage.isJsonObject(json)) return yield* result.success.malformed("notObject")
    // Some servers wrap the one configuration in a list.
    const listed = ListPage.decode(json)
    const config = (Result.isSuccess(listed) ? listed.success.resources[0] : undefined) ?? json
    learner.claim(Profile.claimsOf(config))
    return config
  })

  return {
    create: (endpoint, resource, projection = {}) => Create.create(source, endpoint, resource, projection),
    get: (endpoint, id, projection) => Change.get(source, endpoint, id, projection),
    pages,
    list: (endpoint, query) => Lists.rows(pages(endpoint, query), `GET ${endpoint}`),
    listAll: (endpoint, query) => Lists.collected(pages(endpoint, query)),
    search: (endpoint, query) => {
      const target = Result.map(
        endpoint === null ? Result.succeed({ path: "", label: "" }) : Request.endpointOf(endpoint),
        ({ label, path }) => ({ path: `${path}/.search`, label: `${label}/.search` })
      )
      return Lists.rows(
        Observe.listed(Lists.pages(source, target, query, "search"), learner, query),
        `POST ${endpoint ?? ""}/.search`
      )
    },
    replace: (endpoint, id, resource, asked) => Change.replace(source, endpoint, id, resource, asked),
    patch: (endpoint, id, operations, asked) => Change.patch(source, endpoint, id, operations, asked),
    delete: (endpoint, id, asked) => Change.remove(source, endpoint, id, asked),
    bulk: (operations, asked) => BulkRun.run(bulkTransport, operations, asked),
    raw: (path) =>
      Effect.flatMap(Effect.fromResult(Request.rawOf(path)), (target) =>
        Effect.map(transport.call({ method: "GET", ...target, retry: "always" }), ({ json }) => json)
      ),
    me: (projection = {}) => {
      const path = `/Me${Request.projectionQuery(projection)}`
      return answered({ method: "GET", path, label: "/Me", retry: "always" }, projection)
    },
    serviceProviderConfig: discovered(),
    schemas: Effect.flatMap(transport.call(discovery("/Schemas")), toRows),
    resourceTypes: Effect.flatMap(transport.call(discovery("/ResourceTypes")), toRows),
    profile: Effect.sync(() => learner.profile),
    adapt: (change) => Effect.sync(() => learner.adapt(change)),
    probe: Probe.probe({ learner, transport, bare, discover: discovered() })
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
