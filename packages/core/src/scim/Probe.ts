/** Validates a SCIM endpoint and a token with as few requests as possible, none of which changes anything. */
import type { Duration } from "effect"
import { Clock, Context, Data, Effect, Layer, Random, Redacted, Result, Stream } from "effect"
import type { HttpClientResponse } from "effect/http"
import { HttpClient, HttpClientRequest } from "effect/http"
import { DomainResolver } from "../ports/DomainResolver.ts"
import type { BridgeUrl } from "../setup/BridgeUrl.ts"
import { hostOf } from "../setup/BridgeUrl.ts"
import { AllowPrivateNetwork } from "./NetworkPolicy.ts"
import type { Answer, Judgement } from "./probeFindings.ts"
import * as Findings from "./probeFindings.ts"
import type { ProbeFinding, ProbeName, ProbeReport } from "./ProbeReport.ts"
import * as Transport from "./transportFailure.ts"

/** What is validated. */
export interface ProbeTarget {
  readonly url: BridgeUrl
  readonly token: Redacted.Redacted
  readonly allowPrivateNetwork: boolean
}

/** Longer answers are not read to the end. */
export const bodyLimit = 1_048_576

class BodyTooLong extends Data.TaggedError("BodyTooLong") {}

/** An answer, or why there was none, and how long it took. */
interface Exchange {
  readonly result: Result.Result<Answer, Transport.TransportFailure>
  readonly latencyMillis: number
}

const mediaType = (header: string | undefined): string | null =>
  /^\s*([\w.+-]{1,60}\/[\w.+-]{1,60})/.exec(header ?? "")?.[1]?.toLowerCase() ?? null

/** Only the origin: path and query of a redirect may hold what the server was sent. */
const originOf = (location: string | undefined, base: string): string | null =>
  location !== undefined && URL.canParse(location, base) ? new URL(location, base).origin : null

const waitOf = (retryAfter: string | undefined): string | null => {
  if (retryAfter === undefined) return null
  if (/^\d{1,6}$/.test(retryAfter)) return `${Number(retryAfter)} seconds`
  const date = new Date(retryAfter)
  return Number.isNaN(date.getTime()) ? null : `until ${date.toISOString()}`
}

const readText = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    return response.stream.pipe(
      Stream.runForEach((chunk) => {
        size += chunk.byteLength
        if (size > bodyLimit) return Effect.fail(new BodyTooLong())
        text += decoder.decode(chunk, { stream: true })
        return Effect.void
      }),
      Effect.map((): string | null => text + decoder.decode()),
      Effect.catchTag("BodyTooLong", () => Effect.succeed(null))
    )
  })

const toAnswer = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  const { headers, status } = response
  const answer: Answer = {
    status,
    contentType: mediaType(headers["content-type"]),
    redirectOrigin: originOf(headers["location"], response.request.url),
    retryAfter: waitOf(headers["retry-after"]),
    // The body of any other answer is nobody's business here; it may well echo the token.
    body: status === 200 ? yield* readText(response) : ""
  }
  return answer
})

const wrongToken = Effect.map(
  Effect.forEach(Array.from({ length: 32 }), () => Random.nextIntBetween(0, 35)),
  (digits) => Redacted.make(`wrong-${digits.map((digit) => digit.toString(36)).join("")}`)
)

/** Takes the token out of a text, in whatever case a server or a URL parser has put it. */
const scrubber = (token: Redacted.Redacted): ((text: string) => string) => {
  const escaped = Redacted.value(token).replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
  if (escaped === "") return (text) => text
  const pattern = new RegExp(escaped, "gi")
  return (text) => text.replace(pattern, "(the token)")
}

/**
 * Probes an endpoint: its address, `/ServiceProviderConfig`, `/Users?count=1`, and that again with a wrong token.
 *
 * Never fails: whatever happens is a finding. It stops at the first fatal one, follows no redirect, and no finding
 * holds the token, whatever the server sends back.
 */
export class ScimProbe extends Context.Service<
  ScimProbe,
  { readonly run: (target: ProbeTarget) => Effect.Effect<ProbeReport> }
>()("@loom-scim/core/scim/Probe") {
  /** With a limit for each request as a whole, against servers that drip their answer. */
  static readonly layerWith = (options: { readonly deadline: Duration.Input }) =>
    Layer.effect(
      ScimProbe,
      Effect.gen(function* () {
        const client = HttpClient.withScope(yield* HttpClient.HttpClient)
        const resolver = yield* DomainResolver

        const ask = Effect.fnUntraced(function* (
          target: ProbeTarget,
          path: string,
          token: Redacted.Redacted
        ): Effect.fn.Return<Exchange> {
          const request = HttpClientRequest.get(`${target.url}${path}`).pipe(
            HttpClientRequest.bearerToken(token),
            HttpClientRequest.accept("application/scim+json, application/json")
          )
          const started = yield* Clock.currentTimeMillis
          const result = yield* client.execute(request).pipe(
            Effect.flatMap(toAnswer),
            Effect.scoped,
            Effect.timeout(options.deadline),
            Effect.provideService(AllowPrivateNetwork, target.allowPrivateNetwork),
            Effect.mapError((error) => Transport.explain(hostOf(target.url), error)),
            Effect.result
          )
          return { result, latencyMillis: (yield* Clock.currentTimeMillis) - started }
        })

        const run = Effect.fn("ScimProbe.run")(function* (target: ProbeTarget): Effect.fn.Return<ProbeReport> {
          const findings: Array<ProbeFinding> = []
          const scrub = scrubber(target.token)
          let claims: ProbeReport["claims"] = null
          let totalUsers: ProbeReport["totalUsers"] = null
          const report = (): ProbeReport => ({ findings, totalUsers, claims })

          /** Records a finding; false when it is fatal. */
          const record = (probe: ProbeName, judgement: Judgement, exchange?: Exchange): boolean => {
            const answer = exchange === undefined ? undefined : Result.getOrUndefined(exchange.result)
            const contentType = answer?.contentType ?? null
            findings.push({
              probe,
              ...judgement,
              message: scrub(judgement.message),
              next: scrub(judgement.next),
              status: answer?.status ?? null,
              contentType: contentType === null ? null : scrub(contentType),
              latencyMillis: exchange?.latencyMillis ?? null
            })
            return judgement.severity !== "fatal"
          }
          const recordExchange = (
            probe: ProbeName,
            exchange: Exchange,
            judge: (answer: Answer) => Judgement
          ): boolean =>
            record(
              probe,
              Result.match(exchange.result, {
                onSuccess: judge,
                onFailure: (failure): Judgement => ({ ...failure, severity: "fatal" })
              }),
              exchange
            )

          const host = hostOf(target.url)
          const addresses = yield* Effect.result(resolver.addresses(host))
          const address = Result.match(addresses, {
            onSuccess: (found) => Findings.judgeAddresses(host, found, target.allowPrivateNetwork),
            onFailure: (failure): Judgement => ({ ...Transport.ofDns(host, failure), severity: "fatal" })
          })
          if (!record("address", address)) return report()

          const discovery = yield* ask(target, "/ServiceProviderConfig", target.token)
          const discovered = recordExchange("discovery", discovery, (answer) => {
            const judged = Findings.judgeDiscovery(answer)
            claims = judged.claims
            return judged.judgement
          })
          if (!discovered) return report()

          const users = yield* ask(target, "/Users?count=1", target.token)
          const listed = recordExchange("users", users, (answer) => {
            const judged = Findings.judgeUsers(answer)
            totalUsers = judged.totalUsers
            return judged.judgement
          })
          if (!listed) return report()

          recordExchange(
            "wrongToken",
            yield* ask(target, "/Users?count=1", yield* wrongToken),
            Findings.judgeWrongToken
          )
          return report()
        })

        return ScimProbe.of({ run })
      })
    )

  /** With 20 seconds for each request. */
  static readonly layer = ScimProbe.layerWith({ deadline: "20 seconds" })
}
