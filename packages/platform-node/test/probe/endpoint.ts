/** A SCIM endpoint over a real socket whose answers a test decides, and the probe pointed at it. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import type { ProbeReport } from "@loom-scim/core/scim/ProbeReport"
import { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import { Effect, Layer, Redacted } from "effect"
import * as ScimHttpClient from "../../src/http/ScimHttpClient.ts"
import * as FakeResolver from "../http/fakeResolver.ts"
import * as Servers from "../http/servers.ts"

export const token = "s3cret+token/With.Meta$chars=="

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What an endpoint answers; `custom` takes a response in hand instead. */
export interface Endpoint {
  /** The right token, if not {@link token}. */
  readonly token?: string
  readonly discovery?: Reply
  readonly users?: Reply
  /** With any token but the right one; 401 by default. */
  readonly stranger?: Reply
  readonly custom?: (request: IncomingMessage, response: ServerResponse) => boolean
}

const scim = { "content-type": "application/scim+json;charset=utf-8" }
const config = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
  patch: { supported: true },
  bulk: { supported: "False" },
  filter: { supported: "True", maxResults: 50 },
  etag: {}
}

export const list = (fields: object = {}) =>
  JSON.stringify({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: 42,
    Resources: [{ id: "1", userName: "ada@example.com" }],
    ...fields
  })

/** A request as the endpoint saw it. */
export interface Seen {
  readonly url: string | undefined
  readonly authorization: string | undefined
  readonly accept: string | undefined
}

const handler =
  (endpoint: Endpoint, seen: Array<Seen>): Servers.Handler =>
  (request, response) => {
    const { accept, authorization } = request.headers
    seen.push({ url: request.url, authorization, accept })
    if (endpoint.custom?.(request, response) === true) return
    const isDiscovery = request.url?.endsWith("/ServiceProviderConfig") === true
    const fallback: Reply = isDiscovery ? { body: JSON.stringify(config) } : { body: list() }
    const mine = isDiscovery ? endpoint.discovery : endpoint.users
    const reply =
      authorization === `Bearer ${endpoint.token ?? token}`
        ? (mine ?? fallback)
        : (endpoint.stranger ?? { status: 401 })
    response.writeHead(reply.status ?? 200, { ...scim, ...reply.headers }).end(reply.body ?? "")
  }

/** The probe with short time limits over the real client. */
export const probing = (
  url: string,
  addresses: (host: string) => ReadonlyArray<string> | undefined,
  options: { readonly ca?: string; readonly allowPrivateNetwork?: boolean; readonly token?: string } = {}
): Effect.Effect<ProbeReport> => {
  const resolver = FakeResolver.layer(addresses)
  const { allowPrivateNetwork = true, token: secret = token, ...rest } = options
  const client = ScimHttpClient.layer({ timeoutMillis: 300, ...rest })
  const layer = Layer.provide(ScimProbe.layerWith({ deadline: "700 millis" }), Layer.provideMerge(client, resolver))
  return Effect.flatMap(ScimProbe, (probe) =>
    probe.run({ url: BridgeUrl.make(url), token: Redacted.make(secret), allowPrivateNetwork })
  ).pipe(Effect.provide(layer), Effect.orDie)
}

/** Serves an endpoint, probes it, and yields the report with the requests seen. */
export const probe = (endpoint: Endpoint) =>
  Effect.gen(function* () {
    const seen: Array<Seen> = []
    const port = yield* Servers.http(handler(endpoint, seen))
    const options = endpoint.token === undefined ? {} : { token: endpoint.token }
    const report = yield* probing(`http://localhost:${port}/scim/v2.0/key`, () => ["127.0.0.1"], options)
    return { report, seen }
  }).pipe(Effect.scoped)
