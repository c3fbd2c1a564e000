import { assert, describe, it } from "@effect/vitest"
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import * as ScimClient from "@loom-scim/core/scim/ScimClient"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import * as Wire from "@loom-scim/core/scim/TransportWire"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { Effect, Exit, Redacted, Result } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { beforeEach } from "vitest"
import type { NangoProxy } from "../../src/proxy/NangoProxy.ts"
import * as ProxyHttpClient from "../../src/proxy/ProxyHttpClient.ts"
import { inside, outside, scimServer, token } from "./support.ts"

const baseUrl = Result.getOrThrow(BridgeUrl.parse("https://scim.example.com/v2/key", { allowPrivateNetwork: false }))
const connection = { providerConfigKey: "loom-scim", connectionId: "one" }
const server = await scimServer()
const ways: ReadonlyArray<readonly [string, NangoProxy]> = [
  ["inside a function", inside(server.url)],
  ["outside", await outside(server.url)]
]

beforeEach(() => {
  server.seen.length = 0
})

/** Runs with the one SCIM client, over a proxy. */
const over = <A, E>(
  nango: NangoProxy,
  use: (client: ScimClientOperations) => Effect.Effect<A, E>,
  options: { readonly maxBodyBytes?: number } = {}
) =>
  ScimClient.make({
    baseUrl,
    token: Redacted.make(token),
    retryDelay: 1,
    maxPause: "1 second",
    ...options
  }).pipe(Effect.flatMap(use), Effect.provide(ProxyHttpClient.layer(nango, { baseUrl, connection })))

const failure = <A>(effect: Effect.Effect<A, ScimError>) => Effect.flip(effect)

const user = '{"id":"1","userName":"ada@example.com","number":12345678901234567890}'

for (const [place, nango] of ways) {
  describe(`the SCIM client over Nango's proxy, ${place}`, () => {
    it.live("sends the path below the base URL, SCIM's media types, and the connection's token alone", () =>
      Effect.gen(function* () {
        server.state.reply = () => ({ status: 201, body: user })
        yield* over(nango, (client) =>
          client.create("Users", { userName: "ada@example.com", name: { givenName: "É" } })
        )
        const [request] = server.seen
        assert.deepInclude(request, { method: "POST", url: "/Users" })
        assert.strictEqual(request?.headers["content-type"], "application/scim+json")
        assert.include(String(request?.headers.accept), "application/scim+json")
        assert.strictEqual(request?.headers.authorization, `Bearer ${token}`)
        assert.deepStrictEqual(JSON.parse(request?.body ?? ""), {
          userName: "ada@example.com",
          name: { givenName: "É" }
        })
      })
    )

    it.live("leaves queries and ids as they were encoded", () =>
      Effect.gen(function* () {
        server.state.reply = () => ({ body: '{"totalResults":0,"Resources":[]}' })
        yield* over(nango, (client) => client.listAll("Users", { filter: 'userName eq "a+b&c=${d}@example.com"' }))
        server.state.reply = () => ({ body: user })
        yield* over(nango, (client) => client.get("Users", "a/b c"))
        const [list, get] = server.seen
        const query = new URL(list?.url ?? "", "http://x").searchParams
        assert.strictEqual(query.get("filter"), 'userName eq "a+b&c=${d}@example.com"')
        assert.strictEqual(get?.url, "/Users/a%2Fb%20c")
      })
    )

    for (const [what, reply, tag, words] of [
      ["401", { status: 401, body: `{"detail":"no ${token}"}` }, "Unauthorized", "no (the token)"],
      ["a web page", { body: "<!doctype html><p>Sign in" }, "Malformed", "webPage"],
      ["a web page with an error", { status: 502, body: "<html>Bad gateway" }, "ServerFault", ""],
      ["cut-off JSON", { body: '{"id":"1","userN' }, "Malformed", "notJson"],
      ["an integer that JavaScript cannot hold", { body: '{"id":"1","n":1234567890123456789' }, "Malformed", "notJson"]
    ] as const) {
      it.live(`sees ${what} as the server sent it`, () =>
        Effect.gen(function* () {
          server.state.reply = () => reply
          const error = yield* over(nango, (client) => failure(client.get("Users", "1")))
          assert.strictEqual(error._tag, tag)
          assert.include(JSON.stringify(error), words)
          assert.notInclude(JSON.stringify(error), token)
        })
      )
    }

    it.live("hears how long to wait, and repeats by itself what may be repeated", () =>
      Effect.gen(function* () {
        server.state.reply = () => ({ status: 429, headers: { "retry-after": "3600" } })
        const limited = yield* over(nango, (client) => failure(client.get("Users", "1")))
        assert.strictEqual(limited._tag, "RateLimited")
        const { retryAfterMillis }: { retryAfterMillis?: number } = Object(limited)
        // What is left of it by the time of the refusal.
        assert.approximately(retryAfterMillis ?? 0, 3_600_000, 60_000)
        assert.lengthOf(server.seen, 1)
        server.state.reply = () => ({ status: 503 })
        const faulty = yield* over(nango, (client) => failure(client.get("Users", "1")))
        assert.strictEqual(faulty._tag, "ServerFault")
        assert.lengthOf(server.seen, 1 + 4)
        yield* over(nango, (client) =>
          failure(client.patch("Users", "1", [{ op: "replace", path: "title", value: "x" }]))
        )
        assert.lengthOf(server.seen, 5 + 1)
      })
    )

    it.live("takes an empty answer for success", () =>
      Effect.gen(function* () {
        server.state.reply = () => ({ status: 204 })
        assert.isUndefined(yield* over(nango, (client) => client.delete("Users", "1")))
      })
    )
  })
}

const [, nango] = ways[0] ?? assert.fail("no way")

describe("inside a function", () => {
  it.live("sees the headers of a success", () =>
    Effect.gen(function* () {
      server.state.reply = () => ({ body: user, headers: { ETag: 'W/"7"' } })
      const { version } = yield* over(nango, (client) => client.get("Users", "1"))
      assert.strictEqual(version, 'W/"7"')
      server.state.reply = () => ({ status: 201, body: "", headers: { Location: "https://x/Users/42" } })
      const { id } = yield* over(nango, (client) => client.create("Widgets", { name: "x" }))
      assert.strictEqual(id, "42")
    })
  )

  it.live("takes no answer from where the proxy was redirected to", () =>
    Effect.gen(function* () {
      server.state.reply = ({ url }) =>
        url === "/elsewhere" ? { body: user } : { status: 302, headers: { location: "/elsewhere" } }
      const redirected = yield* over(nango, (client) => failure(client.get("Users", "1")))
      assert.deepInclude(redirected, { _tag: "Redirected", origin: server.url })
      // What is only spelt in another way is the same place.
      server.state.reply = () => ({ body: '{"totalResults":0}' })
      const { verdict } = yield* over(nango, (client) => client.listAll("Users", { filter: 'userName eq "o\'é"' }))
      assert.strictEqual(verdict._tag, "Complete")
    })
  )

  it.live("stops at a body that is too long", () =>
    Effect.gen(function* () {
      server.state.reply = () => ({ body: user })
      const error = yield* over(nango, (client) => failure(client.get("Users", "1")), { maxBodyBytes: 20 })
      assert.deepInclude(error, { _tag: "Malformed", reason: "tooLong" })
    })
  )

  it.live("tells a connection that broke off, and a port that nobody listens at", () =>
    Effect.gen(function* () {
      server.state.reply = () => ({ body: user, cut: true })
      const broken = yield* over(nango, (client) => failure(client.get("Users", "1")))
      assert.deepInclude(broken, { _tag: "Transport", outcome: "unreachable", sent: "maybe" })
      const closed = yield* over(inside("http://127.0.0.1:9"), (client) => failure(client.get("Users", "1")))
      assert.deepInclude(closed, { _tag: "Transport", outcome: "unreachable", sent: "no" })
      assert.include(closed.message, "scim.example.com refuses connections on this port (ECONNREFUSED)")
    })
  )

  it.live("asks the proxy never to repeat anything", () =>
    Effect.gen(function* () {
      const proxy = inside(server.url)
      server.state.reply = () => ({ body: user })
      yield* over(proxy, (client) => client.get("Users", "1"))
      assert.deepInclude(proxy.calls[0], { retries: 0, responseType: "text", ...connection })
    })
  )

  it.live("hands on what ends the function, at once", () =>
    Effect.gen(function* () {
      const end = Object.assign(new Error("stop"), { code: "script_aborted" })
      const stopped: Array<unknown> = []
      const client = yield* ScimClient.make({ baseUrl, token: Redacted.make(token) }).pipe(
        Effect.provide(
          ProxyHttpClient.layer(
            { proxy: () => Promise.reject(end) },
            { baseUrl, stopped: (error) => stopped.push(error) }
          )
        )
      )
      const fiber = yield* Effect.forkChild(client.get("Users", "1"))
      yield* Effect.sleep("20 millis")
      assert.deepStrictEqual(stopped, [end])
      assert.isUndefined(fiber.pollUnsafe())
    })
  )
})

describe("the straight way", () => {
  const request = {
    method: "GET",
    url: `${baseUrl}/Users/1`,
    headers: {},
    body: undefined,
    maxBodyBytes: 1000,
    allowPrivateNetwork: false
  } as const

  it.live("calls back once, and never after it was given up", () =>
    Effect.gen(function* () {
      server.state.reply = () => ({ body: user })
      const send = Wire.of(ProxyHttpClient.make(nango, { baseUrl })) ?? assert.fail("there is none")
      const told: Array<string> = []
      send(request, () => told.push("kept"))
      send(request, () => told.push("given up"))()
      yield* Effect.sleep("50 millis")
      assert.deepStrictEqual(told, ["kept"])
      assert.lengthOf(server.seen, 2)
    })
  )
})

describe("as a plain HttpClient", () => {
  const execute = (request: HttpClientRequest.HttpClientRequest, proxy = nango) =>
    HttpClient.execute(request).pipe(Effect.provide(ProxyHttpClient.layer(proxy, { baseUrl })))

  it.live("answers error statuses as answers", () =>
    Effect.gen(function* () {
      server.state.reply = () => ({ status: 409, body: "taken", headers: { "x-why": "yes" } })
      const response = yield* execute(HttpClientRequest.get(`${baseUrl}/Users/1`))
      assert.deepStrictEqual([response.status, response.headers["x-why"], yield* response.text], [409, "yes", "taken"])
      server.state.reply = () => ({ status: 204 })
      const empty = yield* execute(HttpClientRequest.delete(`${baseUrl}/Users/1`))
      assert.strictEqual(empty.status, 204)
    })
  )

  it.live("fails without the token, which axios' own error holds", () =>
    Effect.gen(function* () {
      const request = HttpClientRequest.get(`${baseUrl}/Users/1`)
      const exit = yield* Effect.exit(execute(request, inside("http://127.0.0.1:9")))
      assert.isTrue(Exit.isFailure(exit))
      const shown = JSON.stringify(exit)
      assert.include(shown, "ECONNREFUSED")
      assert.notInclude(shown, token)
    })
  )

  it.live("sends nothing to another host", () =>
    Effect.gen(function* () {
      for (const url of ["https://elsewhere.example.com/Users", `${baseUrl}-other/Users`, `${baseUrl}//x`]) {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(execute(HttpClientRequest.get(url)))))
      }
      assert.lengthOf(server.seen, 0)
    })
  )
})
