/**
 * Traces by OTLP over HTTP, where the usual environment says: `OTEL_EXPORTER_OTLP_ENDPOINT` and its like. Without it
 * nothing is collected and nothing is sent. Where they go is the operator's choice, so no address is forbidden.
 */
import { Cause, Config, ConfigProvider, Effect, Layer, Option, References, Tracer } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as UrlParams from "effect/http/UrlParams"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import { codes, Ended } from "../Ended.ts"
import { version } from "../version.ts"

/** Asked every few seconds by machines. */
const untraced = ["/healthz", "/readyz", "/metrics"]

/** Spans that nobody collects are not made. */
const onlyCollected = Layer.effect(
  References.TracerEnabled,
  Effect.map(Tracer.Tracer, (tracer) => tracer !== Tracer.nativeTracer)
)

const usage = (detail: string) => new Ended({ code: codes.usage, detail })

const endpoints = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]

const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** Without this, `collector:4318` would be taken for an address of the kind `collector:`, to which nothing can be sent. */
const checked = Effect.forEach(
  endpoints,
  Effect.fnUntraced(function* (name) {
    const text = Option.getOrElse(yield* Effect.orDie(Config.option(Config.String(name))), () => "")
    if (text === "" || isHttp(text)) return
    return yield* usage(`${name} is no address with http or https, such as http://localhost:4318.`)
  }),
  { discard: true }
)

/** The exporter takes a setting that it cannot read for a defect. Its value may be a secret, so the name is all that is said. */
const unreadable = (cause: Cause.Cause<Ended>): Effect.Effect<never, Ended> => {
  const error = Cause.squash(cause)
  if (!(error instanceof Config.ConfigError)) return Effect.failCause(cause)
  const [name = "A setting of traces"] = /\bOTEL_\w+/.exec(error.message) ?? []
  return Effect.fail(usage(`${name} is not in the form that OpenTelemetry gives it.`))
}

/** Says when spans get no further, and when they do again; the exporter itself drops them without a word. */
const told = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) => {
    let isFailing = false
    const failed = (why: string) =>
      Effect.suspend(() => {
        if (isFailing) return Effect.void
        isFailing = true
        return Effect.annotateLogs(Effect.logWarning("traces cannot be sent; they are dropped until they can"), { why })
      })
    const succeeded = Effect.suspend(() => {
      if (!isFailing) return Effect.void
      isFailing = false
      return Effect.logInfo("traces are sent again")
    })
    return client.pipe(
      HttpClient.tap(({ status }) => (status < 400 ? succeeded : failed(`the collector answers ${status}`))),
      HttpClient.tapError(() => failed("the collector does not answer"))
    )
  })
)

/** Spans of requests, by method and path without query; no header and no value of a query is recorded. */
export const layer = Layer.mergeAll(
  onlyCollected.pipe(
    Layer.provideMerge(
      OtlpTracer.layerFromConfig({ resource: { serviceName: "loom-scim-api", serviceVersion: version } })
    ),
    Layer.provide([OtlpSerialization.layerJson, told.pipe(Layer.provide(FetchHttpClient.layer))]),
    // As the specification has it: whoever names an endpoint wants traces sent there.
    Layer.provide(Layer.effectDiscard(checked)),
    Layer.catchCause((cause) => Layer.effectDiscard(unreadable(cause))),
    Layer.provide(ConfigProvider.layerAdd(ConfigProvider.fromUnknown({ OTEL_TRACES_EXPORTER: "otlp" })))
  ),
  HttpMiddleware.layerTracerDisabledForUrls(untraced),
  // Queries name people, in filters, and whatever else a caller puts there.
  Layer.succeed(UrlParams.CurrentRedactedNames, [/.*/]),
  Layer.succeed(HttpMiddleware.SpanNameGenerator, ({ method, url }) => `${method} ${url.split("?", 1)[0] ?? url}`)
)
