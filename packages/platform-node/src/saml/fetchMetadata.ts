/** Fetches a metadata document: guarded addresses, few redirects, bounded. */
import type { SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"
import { AllowPrivateNetwork } from "@loom-scim/core/scim/NetworkPolicy"
import * as Transport from "@loom-scim/core/scim/transportFailure"
import { Effect, Result, Stream } from "effect"
import type { HttpClientResponse } from "effect/http"
import { HttpClient, HttpClientRequest } from "effect/http"
import { decode } from "./decode.ts"
import { limit } from "./parse.ts"
import * as Rejected from "./rejections.ts"

/** What may be asked. */
export interface FetchOptions {
  readonly allowPrivateNetwork: boolean
  /** For everything together, redirects included. */
  readonly timeoutMillis: number
}

const maxRedirects = 3

/** Checks what is written in a URL; where its host lies is judged by the client when it connects. */
export const parseUrl = (text: string, allowPrivateNetwork: boolean): Result.Result<URL, SamlMetadataRejected> => {
  if (!URL.canParse(text)) return Result.fail(Rejected.badUrl("it is not a URL"))
  const url = new URL(text)
  if (url.protocol !== "https:" && !(allowPrivateNetwork && url.protocol === "http:")) {
    return Result.fail(Rejected.badUrl("it does not start with https://"))
  }
  if (url.username !== "" || url.password !== "") {
    return Result.fail(Rejected.badUrl("it holds a user name or password"))
  }
  url.hash = ""
  return Result.succeed(url)
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "")

const forbidden = (detail: string) =>
  Rejected.transport("forbiddenAddress", detail, "Download the metadata and give the file.")

const unanswered = (url: URL) => (error: unknown) => {
  const { message, next, outcome } = Transport.explain(hostOf(url), error)
  return outcome === "forbiddenAddress"
    ? forbidden(message)
    : Rejected.transport(outcome === "dns" ? "unreachable" : outcome, message, next)
}

const readBytes = (response: HttpClientResponse.HttpClientResponse, url: URL) =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return response.stream.pipe(
      Stream.mapError(unanswered(url)),
      Stream.runForEach((chunk) => {
        size += chunk.byteLength
        if (size > limit) return Effect.fail(Rejected.tooLarge())
        chunks.push(chunk)
        return Effect.void
      }),
      Effect.map(() => Buffer.concat(chunks))
    )
  })

/** Where a redirect leads, or undefined when the answer is none. */
const target = (response: HttpClientResponse.HttpClientResponse, url: URL): string | undefined => {
  const { location } = response.headers
  if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return undefined
  return URL.canParse(location, url) ? new URL(location, url).href : undefined
}

/**
 * The text at a URL. Nothing secret is sent, so up to three redirects are followed, each checked like the first. The
 * client must be the guarded one of `ScimHttpClient`: it is what keeps every hop out of forbidden networks.
 */
export const fetchMetadata = (
  location: string,
  options: FetchOptions
): Effect.Effect<string, SamlMetadataRejected, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    let url = yield* Effect.fromResult(parseUrl(location, options.allowPrivateNetwork))
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const request = HttpClientRequest.get(url).pipe(
        HttpClientRequest.accept("application/samlmetadata+xml, application/xml, text/xml, */*;q=0.1")
      )
      const response = yield* Effect.mapError(client.execute(request), unanswered(url))
      if (response.status === 200) return decode(yield* readBytes(response, url))
      const next = target(response, url)
      if (next === undefined) return yield* Rejected.httpStatus(response.status)
      const parsed = parseUrl(next, options.allowPrivateNetwork)
      if (Result.isFailure(parsed)) {
        return yield* parsed.failure.reason === "badUrl"
          ? Rejected.redirected(`from ${url.origin} to an address that cannot be used`)
          : parsed.failure
      }
      url = parsed.success
    }
    return yield* Rejected.redirected(`more than ${maxRedirects} times`)
  }).pipe(
    Effect.scoped,
    Effect.provideService(AllowPrivateNetwork, options.allowPrivateNetwork),
    Effect.timeoutOrElse({
      duration: options.timeoutMillis,
      orElse: () =>
        Effect.fail(
          Rejected.timeout(
            URL.canParse(location) ? new URL(location).host : "The server",
            Math.ceil(options.timeoutMillis / 1000)
          )
        )
    })
  )
