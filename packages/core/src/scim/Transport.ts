/** One SCIM request, from the gate to a parsed answer or a typed error: retries, waits, limits, spans and metrics. */
import { Clock, Duration, Effect, Metric, Predicate, Random, Redacted, Result, type Schema } from "effect"
import { HttpClient, HttpClientRequest, type HttpMethod } from "effect/http"
import { hostOf } from "../setup/BridgeUrl.ts"
import * as Limiter from "./Limiter.ts"
import { isJsonObject, type JsonObject } from "./ListPage.ts"
import { AllowPrivateNetwork } from "./NetworkPolicy.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as E from "./ScimError.ts"
import * as ErrorAnswer from "./ScimErrorAnswer.ts"
import * as ErrorBody from "./ScimErrorBody.ts"
import { scrubber } from "./ScimErrorScrub.ts"
import * as Body from "./TransportBody.ts"
import * as Failure from "./TransportFailed.ts"
import type { ResolvedOptions } from "./TransportOptions.ts"

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

const requests = Metric.counter("scim_client_requests", { description: "Attempts by method, endpoint and status" })
const waits = Metric.counter("scim_client_rate_limited", { description: "Answers that asked to slow down (429)" })
const latency = Metric.timer("scim_client_latency", { description: "From sending to the end of the answer" })

const errorSchema = "urn:ietf:params:scim:api:messages:2.0:error"

/** Some servers answer 200 with an error message in the body. */
const isErrorMessage = (json: unknown): json is JsonObject =>
  isJsonObject(json) &&
  [json["schemas"]].flat().some((schema) => Predicate.isString(schema) && schema.toLowerCase() === errorSchema)

/**
 * Words such as `OK` under a change that succeeded; its answer may as well be empty (RFC 7644 §3.5, §3.6). A web page is
 * no such thing: a log-in page proves no change.
 */
const isRemark = ({ method }: Call, text: string): boolean =>
  (method === "DELETE" || method === "PUT" || method === "PATCH") && !/^\uFEFF?\s*[<{[]/.test(text)

const media = "application/scim+json"
const longestBackoff = 30_000
const longestUnsaidWait = 60_000

/** Makes the transport of one connection over the platform's HTTP client. */
export const make = Effect.fnUntraced(function* (
  options: ResolvedOptions
): Effect.fn.Return<Transport, never, HttpClient.HttpClient> {
  const client = yield* HttpClient.HttpClient
  const scrub = scrubber(options.token)
  const host = hostOf(options.baseUrl)
  const { requestsPerSecond } = options
  const limiter = yield* Limiter.make({ ...options, ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }) })
  const baseHeaders = {
    accept: `${media}, application/json;q=0.9`,
    authorization: `${options.tokenScheme === "Bearer" ? "Bearer " : ""}${Redacted.value(options.token)}`
  }

  const known = new Map<string, { readonly requests: typeof requests; readonly latency: typeof latency }>()
  /** Kept, since labelling a metric costs as much as a good part of a request. Labels are few: they hold no ids. */
  const metricsOf = (call: Call, outcome: string) => {
    const key = `${call.method} ${call.label} ${outcome}`
    const found = known.get(key)
    if (found !== undefined) return found
    const attributes = { method: call.method, endpoint: call.label }
    const made = {
      requests: Metric.withAttributes(requests, { ...attributes, outcome }),
      latency: Metric.withAttributes(latency, attributes)
    }
    known.set(key, made)
    return made
  }

  const toRequest = (call: Call): HttpClientRequest.HttpClientRequest => {
    const method: HttpMethod.HttpMethod = call.method
    const headers = typeof call.ifMatch === "string" ? { ...baseHeaders, "if-match": call.ifMatch } : baseHeaders
    const request = HttpClientRequest.make(method)(`${options.baseUrl}${call.path}`, { headers })
    return call.body === undefined ? request : HttpClientRequest.bodyText(request, call.body, media)
  }

  /** One exchange. Whatever its URL holds stays out of spans: Effect's own client span would record it. */
  const exchange = (call: Call): Effect.Effect<Answer, E.ScimError> => {
    const operation = `${call.method} ${call.label}`
    return client.execute(toRequest(call)).pipe(
      Effect.flatMap((response) =>
        Effect.map(
          Effect.catchTag(Body.readText(response, options.maxBodyBytes), "BodyTooLong", (long) => Effect.succeed(long)),
          (body) => ({ response, body })
        )
      ),
      Effect.timeout(options.timeout),
      Effect.mapError((error) => Failure.toTransport(operation, host, error)),
      Effect.flatMap(({ body, response }): Effect.Effect<Answer, E.ScimError> => {
        const { headers, status } = response
        const text = typeof body === "string" ? body : body.start
        const malformed = (reason: E.MalformedReason) =>
          ErrorAnswer.malformed({ operation, status, body: text }, reason, scrub)
        const refused = () =>
          Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
            const url = response.request.url
            return Effect.fail(ErrorAnswer.toError({ operation, status, headers, body: text, url, nowMillis }, scrub))
          })
        if (status < 200 || status >= 300) return refused()
        if (typeof body !== "string") return Effect.fail(malformed("tooLong"))
        const answer = { status, headers, call, malformed }
        if (text.trim() === "") return Effect.succeed({ ...answer, json: undefined })
        // JSON.parse gives nothing but JSON values, which is what the type says.
        const parsed = Result.try((): Schema.Json => JSON.parse(text))
        if (Result.isFailure(parsed) && isRemark(call, text)) return Effect.succeed({ ...answer, json: undefined })
        if (Result.isFailure(parsed)) return Effect.fail(malformed(ErrorBody.isWebPage(text) ? "webPage" : "notJson"))
        return isErrorMessage(parsed.success) ? refused() : Effect.succeed({ ...answer, json: parsed.success })
      })
    )
  }

  const measured = Effect.fnUntraced(function* (call: Call): Effect.fn.Return<Result.Result<Answer, E.ScimError>> {
    const started = yield* Clock.currentTimeMillis
    const result = yield* Effect.result(exchange(call))
    const outcome = Result.match(result, { onSuccess: ({ status }) => String(status), onFailure: Failure.outcomeOf })
    const metrics = metricsOf(call, outcome)
    yield* Metric.update(metrics.requests, 1)
    const millis = (yield* Clock.currentTimeMillis) - started
    yield* Metric.update(metrics.latency, Duration.millis(millis))
    return result
  })

  const jittered = (millis: number) => Effect.map(Random.next, (random) => Math.ceil(millis * (0.5 + random / 2)))

  /** One attempt within the gate. A 429 closes the gate before its place is given up, so that nobody slips through. */
  const attempt = (call: Call, waited: number) =>
    limiter
      .run((ticket) =>
        Effect.gen(function* () {
          const result = yield* measured(call)
          if (Result.isSuccess(result) || result.failure._tag !== "RateLimited") {
            yield* limiter.answered
            return result
          }
          yield* Metric.update(waits, 1)
          const unsaid = yield* jittered(Math.min(1000 * 2 ** waited, longestUnsaidWait))
          yield* limiter.pause(
            ticket,
            Math.min(result.failure.retryAfterMillis ?? unsaid, RetryAfter.longest),
            "limited"
          )
          return result
        })
      )
      .pipe(
        Effect.catchTag("GateClosed", ({ waitMillis }) =>
          Effect.succeed(
            Result.fail(
              new E.RateLimited({
                operation: `${call.method} ${call.label}`,
                status: 429,
                scimType: null,
                detail: null,
                retryAfterMillis: waitMillis
              })
            )
          )
        )
      )

  const mayRepeat = (call: Call, error: E.ScimError): boolean => {
    if (error._tag === "Transport") {
      return Failure.isPassing(error) && (error.sent === "no" || call.retry === "always")
    }
    return call.retry === "always" && error._tag === "ServerFault" && E.isUncertain(error)
  }

  const run = Effect.fnUntraced(function* (call: Call): Effect.fn.Return<Answer, E.ScimError> {
    let retries = 0
    let waited = 0
    let isUncertain = false
    while (true) {
      const result = yield* attempt(call, waited)
      if (Result.isSuccess(result)) {
        yield* Effect.annotateCurrentSpan("http.response.status_code", result.success.status)
        return result.success
      }
      const error = result.failure
      yield* Effect.annotateCurrentSpan("error.type", Failure.outcomeOf(error))
      if (error._tag === "RateLimited") {
        if (waited++ >= options.maxWaits) return yield* error
        continue
      }
      if (error._tag === "NotFound" && isUncertain && call.isGoneDone === true) {
        return { status: 204, headers: {}, json: undefined, call, malformed: () => unusable(call) }
      }
      isUncertain ||= E.isUncertain(error)
      if (retries++ >= options.maxRetries || !mayRepeat(call, error)) return yield* error
      const delay = Math.min(Duration.toMillis(options.retryDelay) * 2 ** (retries - 1), longestBackoff)
      yield* Effect.sleep(yield* jittered(delay))
    }
  })

  const unusable = (call: Call) =>
    ErrorAnswer.malformed({ operation: `${call.method} ${call.label}`, status: 204, body: "" }, "notObject", scrub)

  return {
    scrub,
    call: (call) =>
      run(call).pipe(
        Effect.withSpan(
          `scim ${call.method} ${call.label}`,
          {
            kind: "client",
            attributes: { "http.request.method": call.method, "url.template": call.label, "server.address": host }
          },
          { captureStackTrace: false }
        ),
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
        Effect.provideService(AllowPrivateNetwork, options.allowPrivateNetwork)
      )
  }
})
