import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Metric, Redacted, Result, Stream, Tracer } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as ScimClient from "../../src/scim/ScimClient.ts"
import type { ScimClientOptions } from "../../src/scim/TransportOptions.ts"
import * as Wire from "../../src/scim/TransportWire.ts"
import { baseUrl, httpClient, list, played, token } from "./ScimClient.harness.ts"

const ada = { id: "1", userName: "ada@example.com" }

/** A client over an HTTP client with a straight way; `answer` undefined: there is none. */
const straight = (
  answer: (request: Wire.WireRequest) => Result.Result<Wire.WireAnswer, unknown> | undefined,
  options: Partial<ScimClientOptions> = {}
) => {
  const seen: Array<Wire.WireRequest> = []
  const counts = { givenUp: 0 }
  const around = httpClient(() => list(ada))
  Wire.attach(around.client, (request, done) => {
    seen.push(request)
    const outcome = answer(request)
    if (outcome !== undefined) queueMicrotask(() => done(outcome))
    return () => void counts.givenUp++
  })
  const made = (client: HttpClient.HttpClient) =>
    Effect.provideService(
      ScimClient.make({ baseUrl, token: Redacted.make(token), ...options }),
      HttpClient.HttpClient,
      client
    )
  return { seen, counts, around, made, client: made(around.client) }
}

const whole = (body: unknown, rest: Partial<Wire.WireAnswer> = {}) =>
  Result.succeed({ status: 200, headers: {}, text: JSON.stringify(body), isCut: false, ...rest })

describe("the straight way", () => {
  it.effect("is taken, with everything a request needs", () =>
    Effect.gen(function* () {
      const { around, client, seen } = straight(() => whole(ada, { headers: { etag: 'W/"3"' } }), {
        allowPrivateNetwork: true,
        maxBodyBytes: 1000
      })
      const scim = yield* client
      assert.deepStrictEqual(yield* scim.get("Users", "1"), { resource: ada, version: 'W/"3"' })
      yield* scim.replace("Users", "1", ada, { version: 'W/"3"' })
      const [get] = seen
      const put = seen.find(({ method }) => method === "PUT")
      assert.deepStrictEqual(get, {
        method: "GET",
        url: `${baseUrl}/Users/1`,
        headers: { accept: "application/scim+json, application/json;q=0.9", authorization: `Bearer ${token}` },
        body: undefined,
        maxBodyBytes: 1000,
        allowPrivateNetwork: true
      })
      assert.strictEqual(put?.headers["if-match"], 'W/"3"')
      assert.strictEqual(put?.headers["content-type"], "application/scim+json")
      assert.strictEqual(put?.body, JSON.stringify(ada))
      assert.isEmpty(around.seen)
    })
  )
  it.effect("is left by a client that adds something of its own", () =>
    Effect.gen(function* () {
      const { around, made, seen } = straight(() => whole(ada))
      const scim = yield* made(HttpClient.mapRequest(around.client, (request) => request))
      yield* Stream.runDrain(scim.list("Users"))
      assert.isEmpty(seen)
      assert.isNotEmpty(around.seen)
    })
  )
  it.effect("each request times out on the clock by itself, and its connection is given up", () =>
    Effect.gen(function* () {
      const { client, counts } = straight(({ url }) => (url.endsWith("/quick") ? whole(ada) : undefined), {
        timeout: "7 seconds"
      })
      const scim = yield* client
      const first = yield* Effect.forkChild(Effect.flip(scim.patch("Users", "1", [])))
      yield* TestClock.adjust("3 seconds")
      const second = yield* Effect.forkChild(Effect.flip(scim.patch("Users", "2", [])))
      yield* scim.get("Users", "quick")
      yield* TestClock.adjust("3999 millis")
      assert.isUndefined(first.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(first)
      assert.isTrue(error._tag === "Transport" && error.outcome === "timeout" && error.sent === "maybe")
      assert.isUndefined(second.pollUnsafe())
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Fiber.join(second))._tag, "Transport")
      assert.strictEqual(counts.givenUp, 2)
    })
  )
  it.effect("a time-out after a time without requests counts from its own request", () =>
    Effect.gen(function* () {
      const { client } = straight(({ method }) => (method === "GET" ? whole(ada) : undefined), { timeout: "7 seconds" })
      const scim = yield* client
      yield* scim.get("Users", "1")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* played(scim.patch("Users", "1", []))).seconds, 7)
    })
  )
  it.effect("interruption gives the connection up", () =>
    Effect.gen(function* () {
      const { client, counts } = straight(() => undefined)
      const fiber = yield* Effect.forkChild((yield* client).get("Users", "1"))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(counts.givenUp, 1)
    })
  )
  it.effect("a body that was cut off, and an error, mean what they always do", () =>
    Effect.gen(function* () {
      const cut = yield* straight(() => whole(ada, { text: '{"id":', isCut: true })).client
      const long = yield* Effect.flip(cut.get("Users", "1"))
      assert.isTrue(long._tag === "Malformed" && long.reason === "tooLong")
      const refused = straight(() => Result.fail(Object.assign(new Error(token), { code: "ECONNREFUSED" })))
      const error = yield* Effect.flip((yield* refused.client).patch("Users", "1", [])).pipe(played)
      const json = JSON.stringify(error.exit)
      assert.include(json, '"sent":"no"')
      assert.notInclude(json, token)
      assert.strictEqual(refused.seen.length, 4)
    })
  )
  it.effect("requests are counted, and nobody but a tracer gets spans", () =>
    Effect.gen(function* () {
      const scim = yield* straight(({ url }) => whole(ada, { status: url.endsWith("/2") ? 404 : 200 })).client
      const get = (id: string) => Effect.exit(scim.get("Users", id))
      yield* Effect.all([get("1"), get("1"), get("2")])
      const counted = (yield* Metric.snapshot).flatMap((one) =>
        one.id === "scim_client_requests" && one.type === "Counter"
          ? [[one.attributes?.["outcome"], one.state.count]]
          : []
      )
      assert.deepStrictEqual(counted, [
        ["200", 2],
        ["404", 1]
      ])
      let spans = 0
      const tracer = Tracer.make({
        span: (options) => {
          spans++
          return new Tracer.NativeSpan(options)
        }
      })
      yield* Effect.withTracer(get("1"), tracer)
      assert.strictEqual(spans, 1)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("counts nothing when nobody wants it", () =>
    Effect.gen(function* () {
      const limited = whole(ada, { status: 429 })
      const answer = ({ url }: Wire.WireRequest) => (url.endsWith("/2") ? limited : whole(ada))
      const scim = yield* straight(answer, { isCounted: false, maxWaits: 0 }).client
      yield* scim.get("Users", "1")
      assert.isTrue(Result.isFailure(yield* Effect.result(scim.get("Users", "2"))))
      assert.isEmpty(yield* Metric.snapshot)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})
