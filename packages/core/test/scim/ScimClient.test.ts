import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Stream } from "effect"
import type { Behaviour } from "./ScimClient.harness.ts"
import { failure, list, played, token, withClient } from "./ScimClient.harness.ts"

const ada = { active: true, id: "1", userName: "ada@example.com", meta: { version: 'W/"3"' } }

describe("requests", () => {
  it.effect("go out as SCIM, and answers are taken with tolerance", () =>
    withClient(
      ({ method }) => (method === "GET" ? { body: ada, headers: { "content-type": "text/plain" } } : { status: 204 }),
      (client, seen) =>
        Effect.gen(function* () {
          const got = yield* client.get("Users", "a/b@ex.com", { attributes: ["userName", "emails.value"] })
          assert.deepStrictEqual(got, { resource: ada, version: 'W/"3"' })
          const changed = yield* client.patch("/Users/", "1", [{ op: "replace", path: "active", value: false }])
          assert.deepStrictEqual(changed, { resource: null, version: null, status: 204 })
          const [get, patch] = seen
          assert.strictEqual(get?.path, "/Users/a%2Fb%40ex.com")
          assert.strictEqual(get?.query.get("attributes"), "userName,emails.value")
          assert.include(get?.headers["accept"], "application/scim+json")
          assert.strictEqual(get?.headers["authorization"], `Bearer ${token}`)
          assert.strictEqual(patch?.headers["content-type"], "application/scim+json")
          assert.deepStrictEqual(JSON.parse(patch?.body ?? ""), {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            Operations: [{ op: "replace", path: "active", value: false }]
          })
        })
    )
  )
  it.effect("sends the token alone where a server wants it", () =>
    withClient(
      () => ({ body: ada }),
      (client, seen) =>
        Effect.map(client.me(), () => {
          assert.strictEqual(seen[0]?.headers["authorization"], token)
          assert.strictEqual(seen[0]?.path, "/Me")
        }),
      { tokenScheme: "none" }
    )
  )
  for (const [endpoint, id] of [
    ["Users", ""],
    ["Users", "."],
    ["Users", ".."],
    ["Users", "\ud800"],
    ["", "1"],
    ["../Users", "1"],
    ["Users?x=1", "1"],
    ["https://evil.example", "1"]
  ] as const) {
    it.effect(`does not send DELETE ${endpoint}/${id}`, () =>
      withClient(
        () => ({ status: 204 }),
        (client, seen) =>
          Effect.gen(function* () {
            const error = yield* Effect.flip(client.delete(endpoint, id))
            assert.isTrue(error._tag === "InvalidRequest" && error.status === 0)
            assert.isEmpty(seen)
          })
      )
    )
  }
  it.effect("If-Match: given, from the resource, from a version without quotes, or none", () =>
    withClient(
      () => ({ status: 200, body: ["fine"], headers: { etag: '"9"' } }),
      (client, seen) =>
        Effect.gen(function* () {
          const replaced = { resource: null, version: '"9"', status: 200 }
          assert.deepStrictEqual(yield* client.replace("Users", "1", ada), replaced)
          yield* client.replace("Users", "1", ada, { version: null })
          yield* client.patch("Users", "1", [], { version: "abc" })
          yield* client.delete("Users", "1", { version: 'W/"0"' })
          yield* client.delete("Users", "1", { version: 'x"\r\nx-evil: 1' })
          assert.deepStrictEqual(
            seen.map(({ headers }) => headers["if-match"]),
            ['W/"3"', undefined, '"abc"', 'W/"0"', undefined]
          )
        })
    )
  )
  it.effect("a deletion may be answered with anything but a web page", () =>
    Effect.gen(function* () {
      for (const body of [undefined, { id: "1" }, [], "OK", ""]) {
        yield* withClient(
          () => ({ body }),
          (client) => client.delete("Users", "1")
        )
      }
      const error = yield* withClient(
        () => ({ body: "<html><title>Sign in</title>" }),
        (client) => Effect.flip(client.delete("Users", "1"))
      )
      assert.isTrue(error._tag === "Malformed" && error.reason === "webPage")
    })
  )
  it.effect("discovery takes lists, arrays and single objects", () =>
    withClient(
      ({ path }) => ({ body: path === "/Schemas" ? [{ id: "s" }] : { totalResults: 1, Resources: [{ id: "x" }] } }),
      (client) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* client.schemas, [{ id: "s" }])
          assert.deepStrictEqual(yield* client.resourceTypes, [{ id: "x" }])
          assert.deepStrictEqual(yield* client.serviceProviderConfig, { id: "x" })
        })
    )
  )
})

describe("errors", () => {
  it.effect("an error message under status 200 is an error", () =>
    withClient(
      () => ({ body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: "404" } }),
      (client) => Effect.map(Effect.flip(client.get("Users", "1")), ({ _tag }) => assert.strictEqual(_tag, "NotFound"))
    )
  )
  const echo = `your header was Bearer ${token}`
  const echoes: ReadonlyArray<readonly [string, Behaviour]> = [
    ["SCIM error", { status: 403, body: { detail: echo } }],
    ["web page", { status: 502, body: `<html><title>${echo}</title>` }],
    ["page under 200", { body: `<html><title>${echo}</title>` }],
    ["cut-off JSON", { body: `{"x":"${echo}` }],
    ["text", { status: 400, body: echo }],
    ["JSON that is no resource", { body: [echo] }],
    ["redirect", { status: 302, headers: { location: `https://x.example/?t=${token}` } }],
    ["rate limit", { status: 429, body: { detail: echo }, headers: { "retry-after": "86400" } }],
    ["transport", "ECONNRESET"]
  ]
  for (const [name, behaviour] of echoes) {
    it.effect(`the token is in no error: ${name}`, () =>
      withClient(
        () => behaviour,
        (client) =>
          Effect.gen(function* () {
            const { exit } = yield* played(client.get("Users", "1"))
            const error = failure(exit)
            const all = [JSON.stringify(error), String(error), error.stack, error.next, Cause.pretty(Cause.fail(error))]
            assert.notInclude(all.join("\n"), token)
            assert.notInclude(all.join("\n"), token.slice(0, 12))
          })
      )
    )
  }
  it.effect("bodies over the limit are not read", () =>
    withClient(
      ({ path }) => ({ body: "x".repeat(2000), headers: path === "/Users/1" ? { "content-length": "2000" } : {} }),
      (client) =>
        Effect.gen(function* () {
          for (const id of ["1", "2"]) {
            const error = yield* Effect.flip(client.get("Users", id))
            assert.isTrue(error._tag === "Malformed" && error.reason === "tooLong")
          }
        }),
      { maxBodyBytes: 1000 }
    )
  )
})

describe("retries", () => {
  const flaky =
    (first: Behaviour, then: Behaviour) =>
    (_: unknown, index: number): Behaviour =>
      index === 0 ? first : then
  const operations = ["get", "replace", "replaceIfMatch", "delete", "patch", "search"] as const
  const expected: Readonly<Record<(typeof operations)[number], readonly [number, number, number]>> = {
    // How many requests after: a refused connection, a cut one, a 503.
    get: [2, 2, 2],
    replace: [2, 2, 2],
    replaceIfMatch: [2, 1, 1],
    delete: [2, 2, 2],
    patch: [2, 1, 1],
    search: [2, 2, 2]
  }
  for (const operation of operations) {
    it.effect(`${operation} is repeated only where it does no harm`, () =>
      Effect.gen(function* () {
        const counts: Array<number> = []
        for (const first of ["ECONNREFUSED", "ECONNRESET", { status: 503 }] as const) {
          const then: Behaviour =
            operation === "search" ? list() : operation === "get" ? { body: ada } : { status: 204 }
          yield* withClient(flaky(first, then), (client, seen) =>
            Effect.gen(function* () {
              const calls = {
                get: client.get("Users", "1"),
                replace: client.replace("Users", "1", ada, { version: null }),
                replaceIfMatch: client.replace("Users", "1", ada),
                delete: client.delete("Users", "1"),
                patch: client.patch("Users", "1", []),
                search: Stream.runDrain(client.search("Users", { filter: "x pr" }))
              }
              yield* played(calls[operation])
              counts.push(seen.length)
            })
          )
        }
        assert.deepStrictEqual(counts, [...expected[operation]])
      })
    )
  }
  it.effect("end after a bounded number, and do not begin for a wrong certificate or a 501", () =>
    Effect.gen(function* () {
      const counts: Array<number> = []
      for (const behaviour of ["ECONNRESET", "DEPTH_ZERO_SELF_SIGNED_CERT", { status: 501 }] as const) {
        yield* withClient(
          () => behaviour,
          (client, seen) => Effect.map(played(client.get("Users", "1")), () => counts.push(seen.length))
        )
      }
      assert.deepStrictEqual(counts, [4, 1, 1])
    })
  )
  it.effect("a DELETE whose answer was lost and that then finds nothing has succeeded", () =>
    withClient(flaky("ECONNRESET", { status: 404 }), (client) =>
      Effect.map(played(client.delete("Users", "1")), ({ exit }) => assert.isTrue(Exit.isSuccess(exit)))
    )
  )
  it.effect("a DELETE of nothing is NotFound, also after a 429", () =>
    withClient(flaky({ status: 429 }, { status: 404 }), (client) =>
      Effect.map(played(client.delete("Users", "1")), ({ exit }) => assert.strictEqual(failure(exit)._tag, "NotFound"))
    )
  )
  it.effect("a hanging server times out on the clock", () =>
    withClient(
      () => "hang",
      (client) =>
        Effect.gen(function* () {
          const { exit, seconds } = yield* played(client.patch("Users", "1", []))
          const error = failure(exit)
          assert.isTrue(error._tag === "Transport" && error.outcome === "timeout" && error.sent === "maybe")
          assert.strictEqual(seconds, 7)
        }),
      { timeout: "7 seconds" }
    )
  )
})
