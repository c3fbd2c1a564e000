/**
 * An `HttpClient` over Nango's proxy, so that the one SCIM client of core works through a Nango connection as it does
 * anywhere. It sees what the server sent: status, headers and the body as text; the client decides what to repeat.
 *
 * Outside of functions Nango's server keeps back all headers of a success but the media type, so that `ETag` and
 * `Location` are not seen there.
 */
import { AllowPrivateNetwork } from "@loom-scim/core/scim/NetworkPolicy"
import type { ForbiddenAddress } from "@loom-scim/core/scim/NetworkPolicy"
import * as Wire from "@loom-scim/core/scim/TransportWire"
import { Effect, Layer, Result } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import type { HttpClientRequest } from "effect/http"
import type { NangoProxy, ProxyConnection } from "./NangoProxy.ts"
import * as Answer from "./ProxyAnswer.ts"
import * as Request from "./ProxyRequest.ts"

/** How a client over the proxy is made. */
export interface ProxyHttpClientOptions {
  /** What stands before the paths of the requests that come in; only the rest goes to the proxy. */
  readonly baseUrl: string
  /** Needed outside of functions. */
  readonly connection?: ProxyConnection
  /**
   * Called when the platform stops the function, with Nango's own error. The request is then never answered, so whoever
   * gives this must end the work, and throw that error on. Without it the request fails like any other.
   */
  readonly stopped?: (error: unknown) => void
}

const longestBody = 8 * 1024 * 1024

type Failure = Answer.ProxyFailed | ForbiddenAddress

const sendOver =
  (nango: NangoProxy, { baseUrl, connection, stopped }: ProxyHttpClientOptions): Wire.Send =>
  (request, done) => {
    let isOver = false
    const finish = (outcome: Result.Result<Wire.WireAnswer, Failure | Answer.Stopped>) => {
      if (isOver) return
      if (Result.isFailure(outcome) && outcome.failure._tag === "Stopped") {
        if (stopped !== undefined) return stopped(outcome.failure.error)
        return done(Result.fail(new Answer.ProxyFailed({ code: "NANGO_STOPPED" })))
      }
      isOver = true
      done(outcome)
    }
    const call = Request.toCall(request, baseUrl, connection)
    // Within the promise, since a proxy may throw before it returns one.
    void Promise.resolve()
      .then(() => {
        if (call === null) return Result.fail(new Answer.ProxyFailed({ code: "NANGO_OTHER_HOST" }))
        return nango.proxy(call).then((response) => Answer.ofAnswer(response, request.maxBodyBytes))
      })
      .catch((error: unknown) => Answer.ofThrown(error, request.maxBodyBytes))
      .then(finish)
    return () => {
      isOver = true
    }
  }

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Result.Result<string | undefined, "notText"> => {
  if (body._tag === "Empty") return Result.succeed(undefined)
  return body._tag === "Uint8Array" ? Result.succeed(new TextDecoder().decode(body.body)) : Result.fail("notText")
}

// Answers to which the web's own class allows no body (RFC 9110 §15.3.5, §15.4.5).
const withoutBody = new Set([204, 205, 304])

/** An HTTP client over the proxy. Errors hold codes only: no token, no headers, no text of a server. */
export const make = (nango: NangoProxy, options: ProxyHttpClientOptions): HttpClient.HttpClient => {
  const send = sendOver(nango, options)
  const client = HttpClient.make((request, url) => {
    const failed = (cause: unknown) =>
      new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
    const method = methods.find((known) => known === request.method)
    const body = bodyOf(request)
    if (method === undefined || Result.isFailure(body)) {
      const description = "The proxy carries GET, POST, PUT, PATCH and DELETE with text."
      return Effect.fail(
        new HttpClientError.HttpClientError({ reason: new HttpClientError.EncodeError({ request, description }) })
      )
    }
    return Effect.flatMap(AllowPrivateNetwork, (allowPrivateNetwork) =>
      Effect.callback<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>((resume) => {
        const wire = { method, url: url.href, headers: request.headers, maxBodyBytes: longestBody, allowPrivateNetwork }
        const giveUp = send({ ...wire, body: body.success }, (outcome) =>
          resume(
            Result.match(outcome, {
              onFailure: (error) => Effect.fail(failed(error)),
              onSuccess: ({ headers, status, text }) => {
                const given = Object.entries(headers).flatMap(([name, value]) =>
                  value === undefined ? [] : [[name, value]]
                )
                const init = { status, headers: Object.fromEntries(given) }
                const response = new Response(withoutBody.has(status) ? null : text, init)
                return Effect.succeed(HttpClientResponse.fromWeb(request, response))
              }
            })
          )
        )
        return Effect.sync(giveUp)
      })
    )
  })
  return Wire.attach(client, send)
}

/** {@link make} as a layer. */
export const layer = (nango: NangoProxy, options: ProxyHttpClientOptions): Layer.Layer<HttpClient.HttpClient> =>
  Layer.sync(HttpClient.HttpClient, () => make(nango, options))
