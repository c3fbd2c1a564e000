/** One SCIM request, from the gate to a parsed answer or a typed error: retries, waits, limits, spans and metrics. */
import { Clock, Duration, Effect, Metric, Random, Result, type Schema, Tracer } from "effect"
import { HttpClient } from "effect/http"
import { hostOf } from "../setup/BridgeUrl.ts"
import { GateStay } from "./GateStay.ts"
import * as Limiter from "./Limiter.ts"
import type { Exchange as Observed } from "./QuirkObserve.ts"
import * as RetryAfter from "./RetryAfter.ts"
import { SendLeave } from "./SendLeave.ts"
import * as E from "./ScimError.ts"
import * as ErrorAnswer from "./ScimErrorAnswer.ts"
import { scrubber } from "./ScimErrorScrub.ts"
import * as Exchange from "./TransportExchange.ts"
import * as Failure from "./TransportFailed.ts"
import * as Metrics from "./TransportMetrics.ts"
import type { ResolvedOptions } from "./TransportOptions.ts"
import * as Read from "./TransportRead.ts"
import type { WireAnswer } from "./TransportWire.ts"

/** A request. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Encoded, below the base URL, query included. */
  readonly path: string
  /** The path without ids and query, for spans, metrics and errors. */
  readonly label: string
  /** JSON text. */
  readonly body?: string
  readonly ifMatch?: string | null
  /** `always`: repeating does no harm. `unsent`: only when the request surely did not reach the server. */
  readonly retry: "always" | "unsent"
  /** A 404 to a repeated attempt means that an earlier one was carried out. */
  readonly isGoneDone?: boolean
  /** Called when an attempt was answered with 429; the call itself then goes on. */
  readonly onLimited?: () => void
}

/** A success. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Undefined when the body is empty. */
  readonly json: Schema.Json | undefined
  readonly call: Call
  /** The error for a body that parses but is not what was asked for. */
  readonly malformed: (reason: E.MalformedReason) => E.Malformed
}

/** Sends requests of one connection. */
export interface Transport {
  readonly call: (call: Call) => Effect.Effect<Answer, E.ScimError>
  readonly scrub: (text: string) => string
}

const longestBackoff = 30_000

/** Makes the transport of one connection over the platform's HTTP client. `observe` sees every answer as it arrived. */
export const make = Effect.fnUntraced(function* (
  options: ResolvedOptions,
  observe: (exchange: Observed) => void
): Effect.fn.Return<Transport, never, HttpClient.HttpClient> {
  const exchange = Exchange.make(yield* HttpClient.HttpClient, options)
  const scrub = scrubber(options.token)
  const host = hostOf(options.baseUrl)
  const { baseUrl, requestsPerSecond } = options
  const limiter = Limiter.make({ ...options, ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }) })
  const count = options.isCounted ? Metrics.make() : () => undefined

  const read = (call: Call, wire: WireAnswer, nowMillis: number): Result.Result<Answer, E.ScimError> => {
    const { headers, status, text } = wire
    observe({ method: call.method, status, headers, text })
    return Read.read({ baseUrl, nowMillis, scrub }, call, wire)
  }

  /** What the gate learns from a request; a 429 is told apart, with chance in it. */
  const inform = (call: Call, ticket: Limiter.Ticket, error: E.ScimError | null, nowMillis: number, took: number) => {
    if (error?._tag === "RateLimited") return
    // What never was a sign of too many requests, such as a wrong certificate, tells nothing.
    if (error?._tag === "Transport") return Failure.isPassing(error) ? limiter.failed(ticket, null) : undefined
    if (error?._tag === "ServerFault" && E.isUncertain(error)) return limiter.failed(ticket, nowMillis)
    limiter.answered({ ticket, nowMillis, tookMillis: took, kind: call.method + call.label })
  }

  const measured = (call: Call, ticket: Limiter.Ticket): Effect.Effect<Result.Result<Answer, E.ScimError>> =>
    Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const started = clock.currentTimeMillisUnsafe()
      return Effect.map(exchange(call), (wire) => {
        const nowMillis = clock.currentTimeMillisUnsafe()
        const result = Result.isFailure(wire) ? Result.fail(wire.failure) : read(call, wire.success, nowMillis)
        const outcome = Result.isSuccess(result) ? String(result.success.status) : Failure.outcomeOf(result.failure)
        const took = nowMillis - started
        count(call, outcome, took, fiber.context)
        inform(call, ticket, Result.isSuccess(result) ? null : result.failure, nowMillis, took)
        const isRefused = Result.isFailure(result) && result.failure._tag === "RateLimited"
        if (call.method !== "GET" && !isRefused) fiber.getRef(GateStay).written()
        return result
      })
    })

  const jittered = (millis: number) => Effect.map(Random.next, (random) => Math.ceil(millis * (0.5 + random / 2)))

  /** A 429 closes the gate before its place is given up, so that nobody slips through. */
  const limited = Effect.fnUntraced(function* (
    call: Call,
    ticket: Limiter.Ticket,
    error: E.RateLimited
  ): Effect.fn.Return<void> {
    call.onLimited?.()
    if (options.isCounted) yield* Metric.update(Metrics.waits, 1)
    const random = yield* Random.next
    const said = error.retryAfterMillis
    const saidMillis = said === null ? null : Math.min(said, RetryAfter.longest)
    limiter.refused({ ticket, now: yield* Clock.currentTimeMillis, saidMillis, random })
  })

  const closed = (call: Call, waitMillis: number) =>
    new E.RateLimited({
      operation: `${call.method} ${call.label}`,
      status: 429,
      scimType: null,
      detail: null,
      retryAfterMillis: waitMillis
    })

  /** One attempt within the gate. */
  const attempt = (call: Call): Effect.Effect<Result.Result<Answer, E.ScimError>> =>
    limiter.run(
      (ticket) =>
        Effect.flatMap(Effect.andThen(Effect.flatten(SendLeave), measured(call, ticket)), (result) =>
          Result.isFailure(result) && result.failure._tag === "RateLimited"
            ? Effect.as(limited(call, ticket, result.failure), result)
            : Effect.succeed(result)
        ),
      (waitMillis) => GateStay.use(({ left }) => left(closed(call, waitMillis)))
    )

  const mayRepeat = (call: Call, error: E.ScimError): boolean => {
    if (error._tag === "Transport") {
      return Failure.isPassing(error) && (error.sent === "no" || call.retry === "always")
    }
    return call.retry === "always" && error._tag === "ServerFault" && E.isUncertain(error)
  }

  /** What comes after a first attempt that failed. */
  const again = Effect.fnUntraced(function* (call: Call, first: E.ScimError): Effect.fn.Return<Answer, E.ScimError> {
    let error = first
    let retries = 0
    let waited = 0
    let isUncertain = false
    while (true) {
      yield* Effect.annotateCurrentSpan("error.type", Failure.outcomeOf(error))
      if (error._tag === "RateLimited") {
        if (waited++ >= options.maxWaits) return yield* error
      } else {
        if (error._tag === "NotFound" && isUncertain && call.isGoneDone === true) {
          return { status: 204, headers: {}, json: undefined, call, malformed: () => unusable(call) }
        }
        isUncertain ||= E.isUncertain(error)
        if (retries++ >= options.maxRetries || !mayRepeat(call, error)) return yield* error
        const delay = Math.min(Duration.toMillis(options.retryDelay) * 2 ** (retries - 1), longestBackoff)
        yield* Effect.sleep(yield* jittered(delay))
      }
      const result = yield* attempt(call)
      if (Result.isSuccess(result)) return result.success
      error = result.failure
    }
  })

  const run = (call: Call): Effect.Effect<Answer, E.ScimError> =>
    Effect.flatMap(attempt(call), (result) =>
      Result.isSuccess(result) ? Effect.succeed(result.success) : again(call, result.failure)
    )

  const traced = (call: Call) =>
    run(call).pipe(
      Effect.tap(({ status }) => Effect.annotateCurrentSpan("http.response.status_code", status)),
      Effect.withSpan(
        `scim ${call.method} ${call.label}`,
        {
          kind: "client",
          attributes: { "http.request.method": call.method, "url.template": call.label, "server.address": host }
        },
        { captureStackTrace: false }
      )
    )

  const unusable = (call: Call) =>
    ErrorAnswer.malformed({ operation: `${call.method} ${call.label}`, status: 204, body: "" }, "notObject", scrub)

  return {
    scrub,
    // Without a tracer nobody would see the span, which costs more than the rest of the bookkeeping.
    call: (call) =>
      Effect.withFiber((fiber) => (fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer ? run(call) : traced(call)))
  }
})
