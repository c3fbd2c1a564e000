/** One request and its whole answer, within the time-out and the limit of the body. */
import { Cause, Clock, Duration, Effect, Redacted, Result } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { HttpMethod } from "effect/http"
import { hostOf } from "../setup/BridgeUrl.ts"
import { AllowPrivateNetwork } from "./NetworkPolicy.ts"
import type * as E from "./ScimError.ts"
import type { Call } from "./Transport.ts"
import * as Body from "./TransportBody.ts"
import { Deadlines } from "./TransportDeadlines.ts"
import * as Failure from "./TransportFailed.ts"
import type { ResolvedOptions } from "./TransportOptions.ts"
import * as Wire from "./TransportWire.ts"

/** Sends one request; never fails but by interruption, which closes its connection. */
export type Exchange = (call: Call) => Effect.Effect<Result.Result<Wire.WireAnswer, E.Transport>>

const media = "application/scim+json"

/** The exchanges of one connection: the straight way where the HTTP client has one, else through the client. */
export const make = (client: HttpClient.HttpClient, options: ResolvedOptions): Exchange => {
  const host = hostOf(options.baseUrl)
  const timeout = Duration.fromInputUnsafe(options.timeout)
  const { allowPrivateNetwork, baseUrl, maxBodyBytes } = options
  const bare: Readonly<Record<string, string>> = {
    accept: `${media}, application/json;q=0.9`,
    authorization: `${options.tokenScheme === "Bearer" ? "Bearer " : ""}${Redacted.value(options.token)}`
  }
  const withBody = { ...bare, "content-type": media }
  const headersOf = ({ ifMatch }: Call, headers: Readonly<Record<string, string>>) =>
    typeof ifMatch === "string" ? { ...headers, "if-match": ifMatch } : headers
  const toTransport = (call: Call, error: unknown) => Failure.toTransport(`${call.method} ${call.label}`, host, error)
  const failed = (call: Call, error: unknown) => Result.fail(toTransport(call, error))
  const deadlines = new Deadlines(Duration.toMillis(timeout))

  const straight = (send: Wire.Send, call: Call) =>
    Effect.withFiber<Result.Result<Wire.WireAnswer, E.Transport>>((fiber) =>
      Effect.callback((resume) => {
        const giveUp = send(
          {
            method: call.method,
            url: baseUrl + call.path,
            headers: headersOf(call, call.body === undefined ? bare : withBody),
            body: call.body,
            maxBodyBytes,
            allowPrivateNetwork
          },
          (outcome) => {
            leave()
            resume(Effect.succeed(Result.mapError(outcome, (error) => toTransport(call, error))))
          }
        )
        const leave = deadlines.enter(fiber.getRef(Clock.Clock), () => {
          giveUp()
          resume(Effect.succeed(failed(call, new Cause.TimeoutError())))
        })
        return Effect.sync(() => {
          leave()
          giveUp()
        })
      })
    )

  const toRequest = (call: Call): HttpClientRequest.HttpClientRequest => {
    const method: HttpMethod.HttpMethod = call.method
    const request = HttpClientRequest.make(method)(baseUrl + call.path, { headers: headersOf(call, bare) })
    return call.body === undefined ? request : HttpClientRequest.bodyText(request, call.body, media)
  }

  /** Whatever its URL holds stays out of spans: Effect's own client span would record it. */
  const throughClient = (call: Call) =>
    client.execute(toRequest(call)).pipe(
      Effect.flatMap((response) =>
        Effect.map(Body.read(response, maxBodyBytes), ({ isCut, text }): Wire.WireAnswer => {
          const { headers, status } = response
          return { status, headers, text, isCut }
        })
      ),
      Effect.timeout(timeout),
      Effect.mapError((error) => toTransport(call, error)),
      Effect.result,
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      Effect.provideService(AllowPrivateNetwork, allowPrivateNetwork)
    )

  const send = Wire.of(client)
  return send === undefined ? throughClient : (call) => straight(send, call)
}
