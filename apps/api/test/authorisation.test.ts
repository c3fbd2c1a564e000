/** Every endpoint of the OpenAPI document, tried with every kind of key that must not do. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Predicate } from "effect"
import type { Answer, Api } from "./support/api.ts"
import { closeAll, start } from "./support/api.ts"

interface Operation {
  readonly method: string
  readonly template: string
  readonly path: string
  readonly body: unknown
}

type Node = Readonly<Record<string, unknown>>
const node = (value: unknown): Node => (Predicate.isObject(value) ? { ...value } : {})
const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce((inner, key) => node(inner)[key], value)

const anonymous = ["GET /healthz", "GET /readyz"]

const filled = (template: string): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const values: Readonly<Record<string, string>> = {
      connection: "acme",
      task: "enterprisePlan",
      user: "u1",
      group: "g1",
      key: "abcdefghijkl",
      plan: "p20261124-193000-a1b2c3",
      run: "20261124-193000-a1b2c3"
    }
    const value = values[name]
    // A new kind of parameter needs a value here, or its endpoint would not really be tried.
    assert.isDefined(value, `no value for {${name}} of ${template}`)
    return String(value)
  })

const exampleOf = (document: unknown, operation: unknown): unknown => {
  const schema = at(operation, "requestBody", "content", "application/json", "schema")
  const reference = at(schema, "$ref")
  const found = typeof reference === "string" ? at(document, ...reference.split("/").slice(1)) : schema
  const examples = at(found, "examples")
  return Array.isArray(examples) ? examples[0] : undefined
}

const operationsOf = (document: unknown): ReadonlyArray<Operation> =>
  Object.entries(node(at(document, "paths"))).flatMap(([template, methods]) =>
    Object.entries(node(methods)).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      path: filled(template),
      body: exampleOf(document, operation)
    }))
  )

describe("who may do what", () => {
  let api: Api
  let guarded: ReadonlyArray<Operation>
  const acme = ConnectionId.make("acme")

  beforeAll(async () => {
    api = await start({ rate: 10_000 })
    for (const name of ["Acme", "Beta"]) {
      assert.strictEqual((await api.call("POST", "/v1/connections", { body: { name } })).status, 201)
    }
    const { json } = await api.anonymous("GET", "/openapi.json")
    const operations = operationsOf(json)
    const open = operations.filter(({ method, template }) => anonymous.includes(`${method} ${template}`))
    assert.lengthOf(open, anonymous.length)
    guarded = operations.filter((operation) => !open.includes(operation))
    assert.isAbove(guarded.length, 15)
  })
  afterAll(closeAll)

  const everywhere = async (key: string | undefined, judge: (answer: Answer, operation: Operation) => void) => {
    for (const operation of guarded) {
      const { body, method, path } = operation
      const answer = await api.anonymous(method, path, { body, ...(key === undefined ? {} : { key }) })
      assert.notMatch(answer.text, /lsk_[a-z0-9]/)
      judge(answer, operation)
    }
    const { json } = await api.call("GET", "/v1/connections/acme")
    assert.strictEqual(json["sequence"], 1, "nothing may have changed")
  }

  const unauthenticated = ({ headers, json, status }: Answer, { method, path }: Operation) => {
    assert.strictEqual(status, 401, `${method} ${path}`)
    assert.strictEqual(headers.get("www-authenticate"), "Bearer")
    assert.strictEqual(json["type"], "urn:loom-scim:problem:unauthenticated")
  }

  it("says in the document which endpoints need a key: all but health", async () => {
    const { json } = await api.anonymous("GET", "/openapi.json")
    for (const { method, template } of guarded) {
      const security = at(json, "paths", template, method.toLowerCase(), "security")
      assert.deepStrictEqual(security, [{ bearer: [] }], `${method} ${template}`)
    }
  })

  it("nobody without a key", () => everywhere(undefined, unauthenticated))

  it("nobody with a key that was never made, or with a wrong secret", async () => {
    await everywhere(`lsk_${"a".repeat(12)}_${"b".repeat(43)}`, unauthenticated)
    await everywhere(`${api.admin.slice(0, -4)}AAAA`, unauthenticated)
  })

  it("nobody with an expired or a revoked key", async () => {
    const past = DateTime.makeUnsafe("2020-01-01T00:00:00Z")
    const grants = [{ verb: "admin", connection: "*" }] as const
    await everywhere((await api.makeKey(grants, { expiresAt: past })).whole, unauthenticated)
    await everywhere((await api.makeKey(grants, { revokedAt: past })).whole, unauthenticated)
  })

  it("a key for one connection never sees or changes another's", async () => {
    const { whole } = await api.makeKey([{ verb: "admin", connection: ConnectionId.make("beta") }])
    await everywhere(whole, (answer, { method, template }) => {
      const what = `${method} ${template}`
      if (template.includes("{connection}")) assert.strictEqual(answer.status, 404, what)
      else if (answer.status === 200) {
        assert.strictEqual(method, "GET", what)
        assert.notInclude(answer.text.toLowerCase(), "acme", what)
        assert.include(answer.text, "beta", what)
      } else assert.strictEqual(answer.status, 403, what)
    })
  })

  it("another's connection looks exactly as one that does not exist", async () => {
    const { whole } = await api.makeKey([{ verb: "admin", connection: ConnectionId.make("beta") }])
    const others = await api.call("GET", "/v1/connections/acme", { key: whole })
    const nobodys = await api.call("GET", "/v1/connections/nowhere", { key: whole })
    const asAdmin = await api.call("GET", "/v1/connections/nowhere")
    const { instance: _1, ...first } = others.json
    const { instance: _2, ...second } = nobodys.json
    const { instance: _3, ...third } = asAdmin.json
    assert.deepStrictEqual(first, second)
    assert.deepStrictEqual(first, third)
  })

  it("a key that may look changes nothing, and one that may operate does not govern", async () => {
    const reader = await api.makeKey([{ verb: "read", connection: acme }])
    await everywhere(reader.whole, (answer, { method, template }) => {
      if (method !== "GET") assert.strictEqual(answer.status, 403, `${method} ${template}`)
    })
    const operator = await api.makeKey([{ verb: "operate", connection: acme }])
    assert.strictEqual((await api.call("DELETE", "/v1/connections/acme", { key: operator.whole })).status, 403)
    assert.strictEqual((await api.call("GET", "/v1/keys", { key: operator.whole })).status, 403)
    const answer = await api.call("POST", "/v1/connections/acme/setup/tasks/enterprisePlan", {
      key: operator.whole,
      body: { _tag: "Confirm" }
    })
    assert.strictEqual(answer.status, 200, answer.text)
  })
})
