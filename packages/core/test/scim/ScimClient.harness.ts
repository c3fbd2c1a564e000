/** A client over an HTTP client whose answers a test decides, without sockets and on the test's clock. */
import { Cause, Effect, Exit, Fiber, Redacted, Result } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import type { HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import type { ScimClientOperations } from "../../src/scim/ScimClient.ts"
import * as ScimClient from "../../src/scim/ScimClient.ts"
import type { ScimError } from "../../src/scim/ScimError.ts"
import type { ScimClientOptions } from "../../src/scim/TransportOptions.ts"
import * as BridgeUrl from "../../src/setup/BridgeUrl.ts"

export const token = "secret-token-0123456789"
export const baseUrl = Result.getOrThrow(
  BridgeUrl.parse("https://scim.example.com/v2/key", { allowPrivateNetwork: false })
)

/** A request as the server sees it. */
export interface Seen {
  readonly method: string
  /** Below the base URL. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is, anything else as JSON; absent: no body. */
  readonly body?: unknown
  /** How long it takes. Absent: no time. */
  readonly millis?: number
}

/** An answer, or a code of the transport's error, or never. */
export type Behaviour = Reply | "ECONNRESET" | "ECONNREFUSED" | "DEPTH_ZERO_SELF_SIGNED_CERT" | "hang"

const seenOf = (request: HttpClientRequest.HttpClientRequest, url: URL): Seen => ({
  method: request.method,
  path: url.href.slice(baseUrl.length).replace(/\?.*$/, ""),
  query: url.searchParams,
  headers: request.headers,
  body: request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
})

const nullBody = new Set([204, 304])

const respond = (request: HttpClientRequest.HttpClientRequest, { body, headers, status = 200 }: Reply) => {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body)
  const init = { status, headers: { "content-type": "application/scim+json", ...headers } }
  return HttpClientResponse.fromWeb(request, new Response(nullBody.has(status) ? null : (text ?? null), init))
}

/** The HTTP client of a handler; every request is recorded. */
export const httpClient = (handler: (seen: Seen, index: number) => Behaviour) => {
  const seen: Array<Seen> = []
  const client = HttpClient.make((request, url) => {
    const asked = seenOf(request, url)
    seen.push(asked)
    const behaviour = handler(asked, seen.length - 1)
    if (behaviour === "hang") return Effect.never
    if (typeof behaviour === "object") {
      const answer = Effect.sync(() => respond(request, behaviour))
      return behaviour.millis === undefined ? answer : Effect.delay(answer, behaviour.millis)
    }
    // As undici has it: the code is in a cause, and the text may hold anything.
    const cause = Object.assign(new Error(`fetch failed ${token}`), { code: behaviour })
    return Effect.fail(
      new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
    )
  })
  return { client, seen }
}

/** Runs with a client whose server is `handler`. */
export const withClient = <A, E, R>(
  handler: (seen: Seen, index: number) => Behaviour,
  use: (client: ScimClientOperations, seen: ReadonlyArray<Seen>) => Effect.Effect<A, E, R>,
  options: Partial<ScimClientOptions> = {}
) => {
  const { client, seen } = httpClient(handler)
  return Effect.flatMap(ScimClient.make({ baseUrl, token: Redacted.make(token), ...options }), (made) =>
    use(made, seen)
  ).pipe(Effect.provideService(HttpClient.HttpClient, client))
}

/** A list answer. */
export const list = (...Resources: ReadonlyArray<object>): Reply => ({
  body: { totalResults: Resources.length, Resources }
})

/** Runs to the end however long the client waits on the test's clock; also says how long that was. */
export const played = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.exit(effect))
    let seconds = 0
    while (fiber.pollUnsafe() === undefined && seconds < 4000) {
      yield* TestClock.adjust("1 second")
      seconds++
    }
    const exit = yield* Fiber.join(fiber)
    return { exit, seconds }
  })

/** The error of a failure; throws for anything else. */
export const failure = <A>(exit: Exit.Exit<A, ScimError>): ScimError => {
  if (Exit.isSuccess(exit)) throw new Error("it succeeded")
  const error = Cause.findErrorOption(exit.cause)
  if (error._tag === "None") throw new Error(Cause.pretty(exit.cause))
  return error.value
}
