/**
 * Nango's public API, as far as a set-up needs it. Nothing is retried here: a create that failed half-way is completed
 * by doing it again, since Nango takes a connection of the same id as a replacement.
 */
import { Clock, Context, Effect, Layer, Redacted, Schema } from "effect"
import type { HttpMethod } from "effect/http"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import * as RetryAfter from "@loom-scim/core/scim/RetryAfter"
import { scrubber } from "@loom-scim/core/scim/ScimErrorScrub"
import * as Body from "@loom-scim/core/scim/TransportBody"
import * as ConnectLink from "./ConnectLink.ts"
import type { Subject } from "./failureOf.ts"
import { failure, ofAnswer } from "./failureOf.ts"
import type { ConnectSession, Metadata, NewConnection, NewSession, Tags } from "./Models.ts"
import * as Models from "./Models.ts"
import type { NangoFailure } from "./NangoFailure.ts"
import type { NangoHost } from "./NangoHost.ts"

/** Which server, and the secret key of one of its environments. */
export interface NangoAccess {
  readonly host: NangoHost
  readonly secretKey: Redacted.Redacted
}

/** A connection by the two names it has in an environment. */
export interface ConnectionKey {
  readonly integration: string
  readonly connectionId: string
}

/** Which connections; every one without it. */
export interface ListFilter {
  readonly integration?: string
  readonly connectionId?: string
  /** All of these, by their names in lower case. */
  readonly tags?: Tags
}

const patience = "60 seconds"
const bodyLimit = 16_777_216
/** Rows asked for at once; Nango allows 2,000. */
const pageSize = 500

const BareAnswer = Schema.fromJsonString(Models.BareConnection)
const FullAnswer = Schema.fromJsonString(Models.FullConnection)
const ListAnswer = Schema.fromJsonString(Schema.Struct({ connections: Schema.Array(Models.ListedConnection) }))
const IntegrationAnswer = Schema.fromJsonString(Schema.Struct({ data: Models.Integration }))
const IntegrationsAnswer = Schema.fromJsonString(Schema.Struct({ data: Schema.Array(Models.Integration) }))
const SessionAnswer = Schema.fromJsonString(Schema.Struct({ data: Models.ConnectSession }))
const Anything = Schema.String

const queryOf = ({ connectionId, integration, tags = {} }: ListFilter): Readonly<Record<string, string>> => ({
  ...(integration === undefined ? {} : { integrationId: integration }),
  ...(connectionId === undefined ? {} : { connectionId }),
  ...Object.fromEntries(Object.entries(tags).map(([name, value]) => [`tags[${name}]`, value]))
})

interface Call<S extends Schema.Constraint> {
  readonly method: HttpMethod.HttpMethod
  /** Encoded, below the host. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** What must be in no error: a credential that is sent. */
  readonly secret?: Redacted.Redacted
  readonly subject: Subject
  readonly answer: S
}

/** The public API of one environment. */
export class NangoApi extends Context.Service<
  NangoApi,
  {
    readonly host: NangoHost
    readonly integrations: Effect.Effect<ReadonlyArray<Models.Integration>, NangoFailure>
    readonly integration: (key: string) => Effect.Effect<Models.Integration, NangoFailure>
    /** The connections that fit, without configuration and credentials; Nango tries none of them for this. */
    readonly list: (filter?: ListFilter) => Effect.Effect<ReadonlyArray<Models.ListedConnection>, NangoFailure>
    /** One connection without its credentials. Nango may try them first, and refuses when they are dead. */
    readonly get: (key: ConnectionKey) => Effect.Effect<Models.BareConnection, NangoFailure>
    /** The same with its credentials. */
    readonly getWithCredentials: (key: ConnectionKey) => Effect.Effect<Models.FullConnection, NangoFailure>
    /** Creates a connection, or replaces the one of the same id wholly. */
    readonly put: (connection: NewConnection) => Effect.Effect<void, NangoFailure>
    /** Sets fields of its metadata and leaves the others, which functions may be writing at the same time. */
    readonly mergeMetadata: (key: ConnectionKey, fields: Metadata) => Effect.Effect<void, NangoFailure>
    /** Replaces its tags. */
    readonly setTags: (key: ConnectionKey, tags: Tags) => Effect.Effect<void, NangoFailure>
    readonly remove: (key: ConnectionKey) => Effect.Effect<void, NangoFailure>
    readonly createSession: (session: NewSession) => Effect.Effect<ConnectSession, NangoFailure>
  }
>()("@loom-scim/nango/api/NangoApi") {
  /** Over the platform's HTTP client. A redirect would carry the key elsewhere, so none is followed. */
  static readonly layer = ({ host, secretKey }: NangoAccess): Layer.Layer<NangoApi, never, HttpClient.HttpClient> =>
    Layer.effect(
      NangoApi,
      Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        const scrubKey = scrubber(secretKey)

        const exchange = Effect.fnUntraced(function* <S extends Schema.Constraint>({
          body,
          method,
          path,
          query = {},
          subject
        }: Call<S>) {
          const request = HttpClientRequest.make(method)(`${host}${path}`).pipe(
            HttpClientRequest.setUrlParams(query),
            HttpClientRequest.bearerToken(secretKey),
            HttpClientRequest.acceptJson
          )
          const whole =
            body === undefined ? request : HttpClientRequest.bodyText(request, JSON.stringify(body), "application/json")
          return yield* client.execute(whole).pipe(
            Effect.flatMap((response) =>
              Effect.map(Body.read(response, bodyLimit), ({ isCut, text }) => {
                const { headers, status } = response
                return { status, headers, text, isCut }
              })
            ),
            Effect.timeout(patience),
            // The cause holds the request, and that the credentials.
            Effect.mapError(() => failure("unavailable", { ...subject, host })),
            Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
            Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
          )
        })

        const ask = Effect.fnUntraced(function* <S extends Schema.ConstraintDecoder<unknown>>(
          call: Call<S>
        ): Effect.fn.Return<S["Type"], NangoFailure> {
          const { headers, isCut, status, text } = yield* exchange(call)
          if (status < 200 || status >= 300 || isCut) {
            const now = yield* Clock.currentTimeMillis
            const { waitMillis } = RetryAfter.parse(headers["retry-after"], now, headers["date"])
            const scrubSecret = call.secret === undefined ? scrubKey : scrubber(call.secret)
            return yield* ofAnswer(call.subject, { status, text, waitMillis }, (said) => scrubSecret(scrubKey(said)))
          }
          return yield* Schema.decodeUnknownEffect(call.answer)(text).pipe(
            // What could not be decoded may hold credentials.
            Effect.mapError(() => failure("notNango", call.subject, { status }))
          )
        })

        const segment = (name: string): string => encodeURIComponent(name)
        const of = ({ connectionId, integration }: ConnectionKey, label: string): Subject => ({
          label,
          connection: connectionId,
          integration
        })

        const page = (query: Readonly<Record<string, string>>) =>
          Effect.map(
            ask({
              method: "GET",
              path: "/connections",
              query,
              subject: { label: "GET /connections" },
              answer: ListAnswer
            }),
            ({ connections }) => connections
          )

        const one = <S extends Schema.ConstraintDecoder<unknown>>(key: ConnectionKey, answer: S) =>
          ask({
            method: "GET",
            path: `/connections/${segment(key.connectionId)}`,
            query: { provider_config_key: key.integration },
            subject: of(key, "GET /connections/…"),
            answer
          })

        return NangoApi.of({
          host,
          integrations: Effect.map(
            ask({
              method: "GET",
              path: "/integrations",
              subject: { label: "GET /integrations" },
              answer: IntegrationsAnswer
            }),
            ({ data }) => data
          ),
          integration: (key) =>
            Effect.map(
              ask({
                method: "GET",
                path: `/integrations/${segment(key)}`,
                subject: { label: "GET /integrations/…", integration: key },
                answer: IntegrationAnswer
              }),
              ({ data }) => data
            ),
          list: Effect.fnUntraced(function* (filter = {}) {
            const found: Array<Models.ListedConnection> = []
            for (let at = 0; ; at++) {
              const next = yield* page({ ...queryOf(filter), limit: String(pageSize), page: String(at) })
              found.push(...next)
              if (next.length < pageSize) return found
            }
          }),
          get: (key) => one(key, BareAnswer),
          getWithCredentials: (key) => one(key, FullAnswer),
          put: ({ apiKey, connectionConfig, connectionId, metadata, providerConfigKey, tags, webhookUrlOverride }) =>
            Effect.asVoid(
              ask({
                method: "POST",
                path: "/connections",
                body: {
                  provider_config_key: providerConfigKey,
                  connection_id: connectionId,
                  credentials: { type: "API_KEY", apiKey: Redacted.value(apiKey) },
                  connection_config: connectionConfig,
                  metadata,
                  tags,
                  ...(webhookUrlOverride === null ? {} : { webhook_url_override: webhookUrlOverride })
                },
                secret: apiKey,
                // A 404 here speaks of the integration.
                subject: { label: "POST /connections", integration: providerConfigKey },
                answer: Anything
              })
            ),
          mergeMetadata: (key, fields) =>
            Effect.asVoid(
              ask({
                method: "PATCH",
                path: "/connections/metadata",
                body: { connection_id: key.connectionId, provider_config_key: key.integration, metadata: fields },
                subject: of(key, "PATCH /connections/metadata"),
                answer: Anything
              })
            ),
          setTags: (key, tags) =>
            Effect.asVoid(
              ask({
                method: "PATCH",
                path: `/connections/${segment(key.connectionId)}`,
                query: { provider_config_key: key.integration },
                body: { tags },
                subject: of(key, "PATCH /connections/…"),
                answer: Anything
              })
            ),
          remove: (key) =>
            Effect.asVoid(
              ask({
                method: "DELETE",
                path: `/connections/${segment(key.connectionId)}`,
                query: { provider_config_key: key.integration },
                subject: of(key, "DELETE /connections/…"),
                answer: Anything
              })
            ),
          createSession: ({ connectionConfig, connectionId, endUser, integration, tags }) =>
            Effect.map(
              ask({
                method: "POST",
                path: connectionId === undefined ? "/connect/sessions" : "/connect/sessions/reconnect",
                body: {
                  end_user: {
                    id: endUser.id,
                    ...(endUser.email === undefined ? {} : { email: endUser.email }),
                    ...(endUser.displayName === undefined ? {} : { display_name: endUser.displayName })
                  },
                  ...(connectionId === undefined
                    ? { allowed_integrations: [integration] }
                    : { connection_id: connectionId, integration_id: integration }),
                  tags,
                  ...(Object.keys(connectionConfig).length === 0
                    ? {}
                    : { integrations_config_defaults: { [integration]: { connection_config: connectionConfig } } })
                },
                subject: { label: "POST /connect/sessions", integration },
                answer: SessionAnswer
              }),
              ({ data }) => ({
                ...data,
                connect_link: Redacted.make(ConnectLink.naming(host, Redacted.value(data.connect_link)))
              })
            )
        })
      })
    )
}
