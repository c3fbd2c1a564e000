import type { ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Wire from "@loom-scim/core/scim/TransportWire"
import { Effect, Layer, Result } from "effect"
import { HttpClient } from "effect/http"
import * as ScimHttpClient from "../../src/http/ScimHttpClient.ts"
import * as FakeResolver from "./fakeResolver.ts"
import * as Servers from "./servers.ts"

/** Sends along the straight way of the real client. */
const sent = (url: string, rest: Partial<Wire.WireRequest> = {}) =>
  Effect.gen(function* () {
    const send = Wire.of(yield* HttpClient.HttpClient)
    if (send === undefined) throw new Error("the client has no straight way")
    const request: Wire.WireRequest = {
      method: "GET",
      url,
      headers: { accept: "application/scim+json" },
      body: undefined,
      maxBodyBytes: 1000,
      allowPrivateNetwork: true,
      ...rest
    }
    return yield* Effect.callback<Result.Result<Wire.WireAnswer, unknown>>((resume) => {
      const giveUp = send(request, (outcome) => resume(Effect.succeed(outcome)))
      return Effect.sync(giveUp)
    })
  })

const answer = (url: string, rest: Partial<Wire.WireRequest> = {}) => Effect.map(sent(url, rest), Result.getOrThrow)

const here = Layer.provide(
  ScimHttpClient.layer({ timeoutMillis: 400 }),
  FakeResolver.layer(() => ["127.0.0.1"])
)

describe("the straight way", () => {
  it.live("gives status, headers and text as they came", () =>
    Effect.gen(function* () {
      const port = yield* Servers.http((request, response) => {
        if (request.url === "/empty") return void response.writeHead(204).end()
        response.writeEarlyHints({ link: "</style.css>; rel=preload" })
        response.writeHead(201, { ETag: '"1"', "X-Twice": ["a", "b"] })
        const bytes = Buffer.from('\uFEFF{"name":"Zoë 🎈"}')
        // In the middle of a character, and of unknown length.
        response.write(bytes.subarray(0, 15))
        setTimeout(() => response.end(bytes.subarray(15)), 20)
      })
      const { headers, isCut, status, text } = yield* answer(`http://127.0.0.1:${port}/Users?filter=a%20eq%20"b"`)
      assert.deepStrictEqual(
        [status, text, isCut, headers["etag"], headers["x-twice"], headers["link"]],
        [201, '{"name":"Zoë 🎈"}', false, '"1"', "a, b", undefined]
      )
      assert.deepInclude(yield* answer(`http://127.0.0.1:${port}/empty`), { status: 204, text: "", isCut: false })
    }).pipe(Effect.provide(here), Effect.scoped)
  )

  it.live("sends method, path, headers and body", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const port = yield* Servers.http((request, response) => {
        let body = ""
        request.on("data", (chunk: Buffer) => (body += chunk.toString()))
        request.on("end", () => {
          seen.push([request.method, request.url, request.headers["if-match"], request.headers["content-length"], body])
          response.end()
        })
      })
      const origin = `http://127.0.0.1:${port}`
      yield* answer(`${origin}/v2/Users/a%2Fb`, { method: "PATCH", body: '{"ë":1}', headers: { "if-match": '"1"' } })
      yield* answer(`${origin}/v2/Users?filter=userName%20eq%20"a"<`)
      assert.deepStrictEqual(seen, [
        ["PATCH", "/v2/Users/a%2Fb", '"1"', "8", '{"ë":1}'],
        ["GET", "/v2/Users?filter=userName%20eq%20%22a%22%3C", undefined, undefined, ""]
      ])
    }).pipe(Effect.provide(here), Effect.scoped)
  )

  for (const [name, begin] of [
    ["declared", (response: ServerResponse) => response.writeHead(200, { "content-length": "1001" }).write("x")],
    ["found", (response: ServerResponse) => response.write("x".repeat(1001))]
  ] as const) {
    it.live(`a body over the limit is cut when that is ${name}, and its connection closed`, () =>
      Effect.gen(function* () {
        let isClosed = false
        const port = yield* Servers.http((_, response) => {
          response.on("close", () => (isClosed = true))
          begin(response)
        })
        const { isCut, status, text } = yield* answer(`http://127.0.0.1:${port}/`)
        assert.deepStrictEqual([status, isCut, text], [200, true, ""])
        yield* Effect.sleep("30 millis")
        assert.isTrue(isClosed)
      }).pipe(Effect.provide(here), Effect.scoped)
    )
  }

  it.live("uses connections again: one for requests in a row, no more than are under way at once", () =>
    Effect.gen(function* () {
      const sockets = new Set<unknown>()
      const port = yield* Servers.http((request, response) => {
        sockets.add(request.socket)
        response.end("{}")
      })
      const one = answer(`http://127.0.0.1:${port}/`)
      for (let request = 0; request < 20; request++) yield* one
      assert.strictEqual(sockets.size, 1)
      yield* Effect.forEach(Array.from({ length: 200 }), () => one, { concurrency: 4, discard: true })
      assert.isAtMost(sockets.size, 4)
    }).pipe(Effect.provide(here), Effect.scoped)
  )

  it.live("private networks need leave, and giving up before there is a connection sends nothing", () =>
    Effect.gen(function* () {
      let requests = 0
      const port = yield* Servers.http((_, response) => {
        requests++
        response.end()
      })
      const refused = yield* sent(`http://scim.example.com:${port}/`, { allowPrivateNetwork: false })
      assert.isTrue(Result.isFailure(refused))
      const late = yield* Effect.forkChild(sent(`http://scim.example.com:${port}/`))
      yield* Effect.yieldNow
      yield* Effect.sync(() => late.interruptUnsafe())
      yield* Effect.sleep("50 millis")
      assert.strictEqual(requests, 0)
    }).pipe(Effect.provide(here), Effect.scoped)
  )
})
