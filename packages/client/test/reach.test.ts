/** The client has what the contract has: no endpoint is missing, and none is there that the API does not know. */
import { assert, describe, it } from "@effect/vitest"
import { createClient } from "@loom-scim/client"
import { Api } from "@loom-scim/contract/Api"
import * as HttpApi from "effect/http-api/HttpApi"
import { readFileSync } from "node:fs"

const declared = (): ReadonlyArray<string> => {
  const names: Array<string> = []
  HttpApi.reflect(Api, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint, group }) => names.push(`${group.identifier}.${endpoint.identifier}`)
  })
  return names.toSorted()
}

describe("the built client", () => {
  it("has a function for every endpoint of the contract", () => {
    const client = createClient({ url: "http://127.0.0.1:1", key: "lsk_x" })
    const present = Object.entries(client).flatMap(([group, methods]) =>
      Object.entries(methods).map(([name, method]) => {
        assert.isFunction(method)
        return `${group}.${name}`
      })
    )
    assert.isAbove(present.length, 15)
    assert.deepStrictEqual(present.toSorted(), declared())
  })

  it("declares every one of them, without Effect and without what it does not know", () => {
    const text = readFileSync(new URL("../dist/index.d.ts", import.meta.url), "utf8")
    const [, body = ""] = text.split("export interface Client {")
    const names = [...body.matchAll(/^ {2}readonly (\w+): \{\n([\s\S]*?)^ {2}\}/gm)].flatMap(
      ([, group, methods = ""]) =>
        [...methods.matchAll(/^ {4}readonly (\w+): /gm)].map(([, name]) => `${group}.${name}`)
    )
    assert.deepStrictEqual(names.toSorted(), declared())
    assert.notMatch(text, /from "effect|[:<] ?any\b|=> never\b/)
  })

  it("does not send a key in clear to another machine", () => {
    assert.throws(() => createClient({ url: "http://loom-scim.example.com", key: "lsk_x" }), /in clear/)
    assert.throws(() => createClient({ url: "ftp://127.0.0.1", key: "lsk_x" }), /http/)
    createClient({ url: "http://10.0.0.1", key: "lsk_x", allowPlainHttp: true })
  })
})
