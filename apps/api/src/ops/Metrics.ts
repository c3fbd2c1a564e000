/**
 * `/metrics` for Prometheus. It needs a key or token with `read` over everything, on this machine too: behind a proxy
 * every request comes from this machine, so where a request comes from says nothing.
 */
import { NotAllowedProblem, UnauthenticatedProblem } from "@loom-scim/contract/Problem"
import { allows } from "@loom-scim/core/ports/ApiKeys"
import { Effect, Metric, Redacted } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { toResponse } from "effect/http/HttpServerRespondable"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { Authenticator } from "../auth/Authenticator.ts"

const memory = Metric.gauge("process_resident_memory_bytes", { description: "Memory of this process" })
const started = Metric.gauge("process_start_time_seconds", { description: "When this process began" })
const heap = Metric.gauge("nodejs_heap_used_bytes", { description: "Of that, objects in use" })

const startedAt = Math.round(Date.now() / 1000 - process.uptime())

const looked = Effect.suspend(() => {
  const { heapUsed, rss } = process.memoryUsage()
  return Effect.all([Metric.update(memory, rss), Metric.update(heap, heapUsed), Metric.update(started, startedAt)], {
    discard: true
  })
})

/** The credential of a request, if it has one in the usual place. */
export const bearerOf = (authorization: string | undefined): Redacted.Redacted | undefined => {
  const [, credential] = /^bearer +(\S+)$/i.exec(authorization ?? "") ?? []
  return credential === undefined ? undefined : Redacted.make(credential)
}

const report = Effect.fnUntraced(function* (authenticate: Authenticator["Service"]["authenticate"]) {
  const { headers } = yield* HttpServerRequest
  const credential = bearerOf(headers["authorization"])
  if (credential === undefined) {
    return yield* new UnauthenticatedProblem({
      detail: "The metrics are not for everybody.",
      next: "Make a key with the grant read over * and send it as: Authorization: Bearer lsk_…"
    })
  }
  const { grants } = yield* authenticate(credential)
  if (!allows(grants, "read", "*")) {
    return yield* new NotAllowedProblem({
      detail: "This needs read over everything.",
      next: "Use a key that may, or ask whoever governs the keys for one."
    })
  }
  yield* looked
  return HttpServerResponse.text(yield* PrometheusMetrics.format(), {
    contentType: "text/plain; version=0.0.4; charset=utf-8"
  })
})

/** The route. */
export const layer = HttpRouter.use((router) =>
  Effect.flatMap(Authenticator, ({ authenticate }) =>
    router.add("GET", "/metrics", report(authenticate).pipe(Effect.catch(toResponse)))
  )
)
