/** Every endpoint of the OpenAPI document, tried with every kind of key that must not do. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Predicate } from "effect"
import * as FakeResolver from "../../../packages/platform-node/test/http/fakeResolver.ts"
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

const filled = (template: string, made: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const values: Readonly<Record<string, string>> = {
      connection: "acme",
      task: "enterprisePlan",
      user: "u1",
      group: "g1",
      key: "abcdefghijkl",
      plan: "p20261124-193000-a1b2c3",
      job: "j20261124-193000-a1b2c3",
      schedule: "s20261124-193000-a1b2c3",
      run: "20261124-193000-a1b2c3",
      ...made
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

const operationsOf = (document: unknown, made: Readonly<Record<string, string>>): ReadonlyArray<Operation> =>
  Object.entries(node(at(document, "paths"))).flatMap(([template, methods]) =>
    Object.entries(node(methods)).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      path: filled(template, made),
      body: exampleOf(document, operation)
    }))
  )

/** Whether an operation is about the connection acme: by its path, by what acme's it is below, or by its body. */
const isOfAcme = ({ body, template }: Operation): boolean =>
  /\{(?:connection|webhook)\}/.test(template) || at(body, "connectionId") === "acme"

/** A webhook of a connection, and a delivery to it. */
const webhookOf = async (api: Api, connectionId: string) => {
  const body = { url: "https://hooks.example.com/", connectionId, events: ["run.paused"] }
  const { json } = await api.call("POST", "/v1/webhooks", { body })
  const webhook = String(json["id"])
  const headers = { prefer: "respond-async" }
  const sent = await api.call("POST", `/v1/webhooks/${webhook}/test`, { headers })
  assert.strictEqual(sent.status, 202, sent.text)
  return { webhook, delivery: String(at(sent.json, "delivery", "id")) }
}

describe("who may do what", () => {
  let api: Api
  let guarded: ReadonlyArray<Operation>
  let webhooks: string
  const acme = ConnectionId.make("acme")

  beforeAll(async () => {
    // No name leads anywhere, so that nothing leaves this machine.
    api = await start(
      { rate: 10_000 },
      FakeResolver.layer(() => undefined)
    )
    for (const name of ["Acme", "Beta"]) {
      assert.strictEqual((await api.call("POST", "/v1/connections", { body: { name } })).status, 201)
    }
    const { json } = await api.anonymous("GET", "/openapi.json")
    await webhookOf(api, "beta")
    const operations = operationsOf(json, await webhookOf(api, "acme"))
    webhooks = (await api.call("GET", "/v1/webhooks")).text
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
    assert.strictEqual((await api.call("GET", "/v1/webhooks")).text, webhooks)
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
    await everywhere(whole, (answer, operation) => {
      const { method, template } = operation
      const what = `${method} ${template}`
      if (isOfAcme(operation)) assert.strictEqual(answer.status, 404, what)
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
