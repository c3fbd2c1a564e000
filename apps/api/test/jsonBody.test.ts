/** What a JSON body must be before it is parsed, and how the path of a request must be spelled. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { deepest, isTooDeep } from "../src/http/JsonBody.ts"
import type { Api } from "./support/api.ts"
import { closeAll, start } from "./support/api.ts"

afterEach(closeAll)

const path = "/v1/connections"

const keys = "/v1/keys"

const sent = async (
  api: Api,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Readonly<Record<string, string>> = {},
  to = path
) => {
  const answer = await fetch(`${api.base}${to}`, {
    method: "POST",
    headers: { authorization: `Bearer ${api.admin}`, "content-type": "application/json", ...headers },
    body
  })
  return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() }
}

const problem = "application/problem+json"
const latin1 = new Uint8Array(Buffer.from('{"name":"M\u00fcller"}', "latin1"))
const nested = (levels: number): string => `{"name":"Acme","extra":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`

describe("a JSON body", () => {
  it("is refused when it is not UTF-8, with and without an Idempotency-Key, and nothing is made or recorded", async () => {
    const api = await start()
    for (const headers of [{}, { "idempotency-key": "one" }]) {
      const { status, text, type } = await sent(api, latin1, headers)
      assert.deepStrictEqual([status, type], [400, problem], text)
      assert.include(text, "Save it as UTF-8")
    }
    assert.deepStrictEqual((await api.call("GET", path)).json["items"], [])
    assert.strictEqual((await sent(api, latin1, {}, keys)).status, 400)
    assert.notInclude((await api.call("GET", "/v1/audit")).text, "Requested")
    const whole = await sent(api, '{"name":"M\u00fcller"}', { "content-type": "application/json; charset=UTF-8" })
    assert.strictEqual(whole.status, 201, whole.text)
    assert.include(whole.text, "M\u00fcller")
  })

  it("is refused when it is said to be in another charset, or compressed", async () => {
    const api = await start()
    const said = [
      { "content-type": "application/json; charset=iso-8859-1" },
      { "content-type": 'application/json; charset="utf-16"' },
      { "content-encoding": "gzip" }
    ]
    for (const headers of said) {
      const { status, text, type } = await sent(api, '{"name":"Acme"}', headers)
      assert.deepStrictEqual([status, type], [415, problem], text)
    }
    assert.strictEqual((await sent(api, '{"name":"Acme"}', { "content-encoding": "identity" })).status, 201)
  })

  it("is refused when it is nested too deep", async () => {
    const api = await start()
    for (const levels of [deepest + 1, 20_000]) {
      const { status, text, type } = await sent(api, nested(levels))
      assert.deepStrictEqual([status, type], [400, problem])
      assert.include(text, `${deepest} levels`)
    }
    assert.strictEqual((await sent(api, nested(deepest))).status, 201)
  })

  it("is looked at after the key", async () => {
    const api = await start()
    assert.strictEqual((await sent(api, latin1, { authorization: "Bearer nobody" })).status, 401)
  })

  it("is not deep for what stands in its strings, or beside each other", () => {
    const brackets = "[".repeat(deepest + 1)
    assert.isFalse(isTooDeep(JSON.stringify([`"${brackets}`, `\\${brackets}`])))
    assert.isFalse(isTooDeep(JSON.stringify(Array.from({ length: deepest + 1 }, () => [{}]))))
    assert.isTrue(isTooDeep(`["\\"",${brackets}`))
  })
})

describe("a path", () => {
  it("is another one in other case or with a second slash", async () => {
    const api = await start()
    assert.strictEqual((await api.call("GET", path)).status, 200)
    for (const other of ["/V1/connections", "//v1/connections", "/v1//connections"]) {
      assert.strictEqual((await api.call("GET", other)).status, 404, other)
    }
  })
})
