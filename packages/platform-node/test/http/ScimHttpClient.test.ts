import { isIP } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { AllowPrivateNetwork } from "@loom-scim/core/scim/NetworkPolicy"
import { explain } from "@loom-scim/core/scim/transportFailure"
import { classify } from "@loom-scim/core/setup/Address"
import { Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import * as FastCheck from "fast-check"
import { CaRejected } from "../../src/http/guardedAgent.ts"
import type { ScimHttpOptions } from "../../src/http/ScimHttpClient.ts"
import { layer } from "../../src/http/ScimHttpClient.ts"
import { good } from "./certificates.ts"
import * as FakeResolver from "./fakeResolver.ts"
import * as Servers from "./servers.ts"

const get = (url: string) =>
  Effect.gen(function* () {
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const response = yield* client.get(url)
    return { status: response.status, text: yield* response.text }
  }).pipe(Effect.scoped)

const allowed = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideService(effect, AllowPrivateNetwork, true)

const over = (addresses: (host: string) => ReadonlyArray<string> | undefined, options: ScimHttpOptions = {}) =>
  Layer.provide(layer({ timeoutMillis: 400, ...options }), FakeResolver.layer(addresses))

const refusal = (url: string) => Effect.map(Effect.flip(get(url)), (error) => explain("host", error))

describe("addresses", () => {
  for (const url of ["http://127.0.0.1:PORT/", "http://localhost:PORT/", "http://scim.example.com:PORT/"]) {
    it.live(`${url} is refused, and reached with AllowPrivateNetwork`, () =>
      Effect.gen(function* () {
        let requests = 0
        const port = yield* Servers.http((_, response) => {
          requests++
          response.end("hello")
        })
        const target = url.replace("PORT", String(port))
        yield* Effect.gen(function* () {
          assert.strictEqual((yield* refusal(target)).outcome, "forbiddenAddress")
          assert.strictEqual(requests, 0)
          assert.strictEqual((yield* allowed(get(target))).text, "hello")
          // The connection that is open now must not serve those who may not use it.
          assert.strictEqual((yield* refusal(target)).outcome, "forbiddenAddress")
          assert.strictEqual(requests, 1)
        }).pipe(Effect.provide(over(() => ["127.0.0.1"])))
      }).pipe(Effect.scoped)
    )
  }

  it.live("metadata services are refused even then", () =>
    Effect.gen(function* () {
      for (const url of [
        "http://169.254.169.254/",
        "http://[fd00:ec2::254]/",
        "http://metadata.google.internal/",
        "http://rebound.example/"
      ]) {
        assert.strictEqual((yield* allowed(refusal(url))).outcome, "forbiddenAddress", url)
      }
    }).pipe(Effect.provide(over(() => ["169.254.169.254"])))
  )

  it.live("one forbidden address among good ones refuses the host", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* refusal("http://mixed.example/")).outcome, "forbiddenAddress")
    }).pipe(Effect.provide(over(() => ["203.0.114.1", "10.0.0.1"])))
  )

  it.live("a name that turns to another address after a check is refused when connecting (DNS rebinding)", () =>
    Effect.gen(function* () {
      let requests = 0
      let connections = 0
      const port = yield* Servers.http((_, response) => {
        requests++
        response.setHeader("connection", "close").end("hello")
      })
      const answers = [["127.0.0.1"], ["169.254.169.254"]]
      yield* Effect.gen(function* () {
        const url = `http://rebinding.example:${port}/`
        assert.strictEqual((yield* allowed(get(url))).status, 200)
        assert.strictEqual((yield* allowed(refusal(url))).outcome, "forbiddenAddress")
        assert.deepStrictEqual([requests, connections], [1, 2])
      }).pipe(Effect.provide(over(() => answers[connections++])))
    }).pipe(Effect.scoped)
  )

  it.live("a name without addresses is a DNS failure with its kind", () =>
    Effect.gen(function* () {
      const failure = yield* refusal("http://missing.example/")
      assert.strictEqual(failure.outcome, "dns")
      assert.include(failure.message, "does not exist")
    }).pipe(Effect.provide(over(() => undefined)))
  )
})

describe("requests", () => {
  it.live("redirects are not followed", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const port = yield* Servers.http((request, response) => {
        asked.push(request.url)
        response.writeHead(302, { location: "/elsewhere" }).end()
      })
      const answer = yield* get(`http://127.0.0.1:${port}/first`).pipe(
        Effect.provide(over(() => undefined, { allowPrivateNetwork: true }))
      )
      assert.strictEqual(answer.status, 302)
      assert.deepStrictEqual(asked, ["/first"])
    }).pipe(Effect.scoped)
  )

  it.live("headers and body that do not come end in a time-out", () =>
    Effect.gen(function* () {
      const port = yield* Servers.http((request, response) => {
        if (request.url === "/body") response.writeHead(200).write("{")
      })
      yield* Effect.gen(function* () {
        for (const path of ["/headers", "/body"]) {
          assert.strictEqual((yield* refusal(`http://127.0.0.1:${port}${path}`)).outcome, "timeout", path)
        }
      }).pipe(Effect.provide(over(() => undefined, { allowPrivateNetwork: true })))
    }).pipe(Effect.scoped)
  )

  it.live("a given authority is trusted, for the names its certificate holds", () =>
    Effect.gen(function* () {
      const port = yield* Servers.https(good, (_, response) => response.end("hello"))
      const lab = { allowPrivateNetwork: true }
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* get(`https://localhost:${port}/`)).text, "hello")
        assert.strictEqual((yield* refusal(`https://wrong.example:${port}/`)).outcome, "tls")
      }).pipe(Effect.provide(over(() => ["127.0.0.1"], { ...lab, ca: good.cert })))
      const untrusted = yield* Effect.provide(
        refusal(`https://localhost:${port}/`),
        over(() => ["127.0.0.1"], lab)
      )
      assert.strictEqual(untrusted.outcome, "tls")
    }).pipe(Effect.scoped)
  )

  for (const ca of ["", "garbage", good.key, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]) {
    it.effect(`a certificate authority that is none is told: ${ca.slice(0, 30)}`, () =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(
          Effect.provide(
            Effect.asVoid(HttpClient.HttpClient),
            over(() => undefined, { ca })
          )
        )
        assert.instanceOf(failure, CaRejected)
      })
    )
  }
})

describe("core's idea of an address", () => {
  it("is Node's", () => {
    const group = FastCheck.oneof(
      FastCheck.constantFrom("", ":", "::", "0", "1", "ffff", "12345", "g", "1.2.3.4", "256", "."),
      FastCheck.string()
    )
    const near = FastCheck.array(group, { maxLength: 10 }).map((groups) => groups.join(":"))
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(FastCheck.ipV4(), FastCheck.ipV6(), near), (text) => {
        // Brackets and zones are what core takes beyond Node.
        FastCheck.pre(!/[[\]%]/.test(text))
        assert.strictEqual(classify(text) !== undefined, isIP(text) !== 0, text)
      }),
      { numRuns: 2000 }
    )
  })
})
