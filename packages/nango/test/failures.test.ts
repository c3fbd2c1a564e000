import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result } from "effect"
import { FetchHttpClient } from "effect/http"
import { NangoApi } from "../src/api/NangoApi.ts"
import type { NangoFailure } from "../src/api/NangoFailure.ts"
import * as NangoHost from "../src/api/NangoHost.ts"
import { startNango } from "./support/NangoStandIn.ts"

let server: Awaited<ReturnType<typeof startNango>>
beforeAll(async () => {
  server = await startNango()
})
afterAll(() => server.close())

const failure = <A>(
  use: (api: NangoApi["Service"]) => Effect.Effect<A, NangoFailure>,
  { secretKey = server.nango.secretKey, url = server.url } = {}
) =>
  NangoApi.use(use).pipe(
    Effect.flip,
    Effect.provide(NangoApi.layer({ host: NangoHost.NangoHost.make(url), secretKey: Redacted.make(secretKey) })),
    Effect.provide(FetchHttpClient.layer),
    Effect.runPromise
  )

const key = { integration: "loom-scim", connectionId: "acme" }
const answering = (status: number, code: string, headers: Readonly<Record<string, string>> = {}) => {
  server.nango.faults.push({ status, body: JSON.stringify({ error: { code, message: "because" } }), headers })
  return failure(({ list }) => list())
}

describe("NangoApi", () => {
  it("says by each failure what a person does next", async () => {
    const wrong = await failure(({ list }) => list(), { secretKey: "00000000-0000-4000-8000-000000000000" })
    assert.deepInclude({ ...wrong }, { reason: "unauthorized", status: 401 })
    assert.include(wrong.next, "environment")
    const missing = await failure(({ integration }) => integration("nix"))
    assert.deepInclude({ ...missing }, { reason: "integrationNotFound", status: 404 })
    assert.include(missing.detail, '"nix"')
    const unknown = await failure(({ get }) => get({ ...key, integration: "nix" }))
    assert.deepInclude({ ...unknown }, { reason: "integrationNotFound", status: 400 })
    assert.strictEqual((await failure(({ get }) => get(key))).reason, "connectionNotFound")
    assert.strictEqual((await failure(({ remove }) => remove(key))).reason, "connectionNotFound")
    assert.strictEqual((await failure(({ mergeMetadata }) => mergeMetadata(key, {}))).reason, "connectionNotFound")
    assert.strictEqual((await failure(({ setTags }) => setTags(key, {}))).reason, "connectionNotFound")

    for (const [status, code, reason] of [
      [403, "forbidden", "forbidden"],
      [409, "conflict", "duplicate"],
      [400, "resource_capped", "capped"],
      [400, "connection_validation_failed", "credentialsRefused"],
      [424, "invalid_credentials", "credentialsRefused"],
      [400, "invalid_body", "refused"],
      [502, "server_error", "unavailable"],
      [302, "", "notNango"]
    ] as const) {
      const found = await answering(status, code, status === 302 ? { location: "http://127.0.0.1:1/" } : {})
      assert.deepInclude({ ...found }, { reason, status }, code)
      assert.notStrictEqual(found.next, "")
    }
    const limited = await answering(429, "too_many_request", { "retry-after": "7" })
    assert.deepInclude({ ...limited }, { reason: "rateLimited", retryAfterMillis: 7000 })
    assert.include(limited.next, "7 seconds")
    server.nango.faults.push({ status: 200, body: "<html>the dashboard</html>" })
    assert.strictEqual((await failure(({ list }) => list())).reason, "notNango")
    const down = await failure(({ list }) => list(), { url: "http://127.0.0.1:1" })
    assert.deepInclude({ ...down }, { reason: "unavailable", status: null })
    assert.include(down.detail, "http://127.0.0.1:1 ")
  })

  it("reads every page of a list", async () => {
    const stored = { apiKey: "k", connectionConfig: {}, metadata: {}, tags: {}, dead: false, integration: "loom-scim" }
    for (let n = 0; n < 1001; n++) server.nango.connections.push({ ...stored, connectionId: `c${n}` })
    const layer = NangoApi.layer({
      host: NangoHost.NangoHost.make(server.url),
      secretKey: Redacted.make(server.nango.secretKey)
    })
    const all = await NangoApi.use(({ list }) => list({ integration: "loom-scim" })).pipe(
      Effect.provide(layer),
      Effect.provide(FetchHttpClient.layer),
      Effect.runPromise
    )
    assert.lengthOf(new Set(all.map((each) => each.connection_id)), 1001)
    server.nango.connections.length = 0
  })

  it("sends a secret key to https only, but for labs", () => {
    const parse = (input: string, allowPrivateNetwork = false) =>
      Result.getOrNull(NangoHost.parse(input, { allowPrivateNetwork }))
    assert.strictEqual(parse("https://nango.example.com/"), "https://nango.example.com")
    assert.strictEqual(parse("https://example.com/nango"), "https://example.com/nango")
    assert.isNull(parse("http://nango.example.com", true))
    assert.isNull(parse("http://localhost:3003"))
    assert.strictEqual(parse("http://localhost:3003", true), "http://localhost:3003")
    assert.isNull(parse("https://user:pw@nango.example.com"))
  })
})
