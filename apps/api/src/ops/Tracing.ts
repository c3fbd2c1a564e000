/**
 * Traces by OTLP over HTTP, where the usual environment says: `OTEL_EXPORTER_OTLP_ENDPOINT` and its like. Without it
 * nothing is collected and nothing is sent. Where they go is the operator's choice, so no address is forbidden.
 */
import { ConfigProvider, Effect, Layer, References, Tracer } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as UrlParams from "effect/http/UrlParams"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import { version } from "../version.ts"

/** Asked every few seconds by machines. */
const untraced = ["/healthz", "/readyz", "/metrics"]

/** Spans that nobody collects are not made. */
const onlyCollected = Layer.effect(
  References.TracerEnabled,
  Effect.map(Tracer.Tracer, (tracer) => tracer !== Tracer.nativeTracer)
)

/** Spans of requests, by method and path without query; no header and no value of a query is recorded. */
export const layer = Layer.mergeAll(
  onlyCollected.pipe(
    Layer.provideMerge(
      OtlpTracer.layerFromConfig({ resource: { serviceName: "loom-scim-api", serviceVersion: version } })
    ),
    Layer.provide([OtlpSerialization.layerJson, FetchHttpClient.layer]),
    // As the specification has it: whoever names an endpoint wants traces sent there.
    Layer.provide(ConfigProvider.layerAdd(ConfigProvider.fromUnknown({ OTEL_TRACES_EXPORTER: "otlp" })))
  ),
  HttpMiddleware.layerTracerDisabledForUrls(untraced),
  // Queries name people, in filters, and whatever else a caller puts there.
  Layer.succeed(UrlParams.CurrentRedactedNames, [/.*/]),
  Layer.succeed(HttpMiddleware.SpanNameGenerator, ({ method, url }) => `${method} ${url.split("?", 1)[0] ?? url}`)
)
