/** Lists, page by page. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Predicate } from "effect"
import type { Api, Call } from "./support/api.ts"
import { closeAll, start } from "./support/api.ts"

afterEach(closeAll)

const field = (value: unknown, name: string): unknown => (Predicate.hasProperty(value, name) ? value[name] : undefined)

/** Every page, each as the values of one field. */
const pages = async (api: Api, path: string, name: string, options: Call = {}) => {
  const found: Array<ReadonlyArray<unknown>> = []
  let cursor: unknown = null
  do {
    const more = typeof cursor === "string" ? `&cursor=${cursor}` : ""
    const { json, status, text } = await api.call("GET", `${path}?limit=2${more}`, options)
    assert.strictEqual(status, 200, text)
    found.push([json["items"]].flat().map((item) => field(item, name)))
    cursor = json["nextCursor"]
  } while (cursor !== null)
  return found
}

describe("pages", () => {
  it("of connections hold each once, in the order they were begun, without the removed ones", async () => {
    const api = await start()
    for (const name of ["A1", "B2", "C3", "D4", "E5"]) await api.call("POST", "/v1/connections", { body: { name } })
    assert.deepStrictEqual(await pages(api, "/v1/connections", "id"), [["a1", "b2"], ["c3", "d4"], ["e5"]])
    await api.call("DELETE", "/v1/connections/b2")
    assert.deepStrictEqual((await pages(api, "/v1/connections", "id")).flat(), ["a1", "c3", "d4", "e5"])
    const grants = ["b2", "d4"].map((id) => ({ verb: "read", connection: ConnectionId.make(id) }) as const)
    const { whole } = await api.makeKey(grants)
    assert.deepStrictEqual((await pages(api, "/v1/connections", "id", { key: whole })).flat(), ["d4"])
  })

  it("of the log hold each event once: the newest first across connections, the oldest first for one", async () => {
    const api = await start()
    for (const name of ["A1", "B2"]) {
      await api.call("POST", "/v1/connections", { body: { name } })
      for (const prerequisite of ["enterprisePlan", "samlSso"]) {
        const path = `/v1/connections/${name.toLowerCase()}/setup/commands`
        await api.call("POST", path, { body: { _tag: "AttestPrerequisite", prerequisite } })
      }
    }
    const one = await pages(api, "/v1/connections/a1/setup/events", "sequence")
    assert.deepStrictEqual(one, [[1, 2], [3]])
    // The oldest is of no connection: the key that this test uses was made.
    assert.deepStrictEqual((await pages(api, "/v1/audit", "sequence")).flat(), [3, 2, 1, 3, 2, 1, null])
    const ids = (await pages(api, "/v1/audit", "connectionId")).flat()
    assert.deepStrictEqual(ids, ["b2", "b2", "b2", "a1", "a1", "a1", null])
    const { whole } = await api.makeKey([{ verb: "read", connection: ConnectionId.make("a1") }])
    assert.deepStrictEqual((await pages(api, "/v1/audit", "connectionId", { key: whole })).flat(), ["a1", "a1", "a1"])
  })

  it("of keys hold each once", async () => {
    const api = await start()
    for (let n = 0; n < 4; n++) await api.makeKey([{ verb: "read", connection: "*" }])
    const ids = (await pages(api, "/v1/keys", "id")).flat()
    assert.lengthOf(ids, 5)
    assert.strictEqual(new Set(ids).size, 5)
  })

  it("are refused for a limit out of bounds and for a cursor that is none, or of another list", async () => {
    const api = await start()
    for (const name of ["A1", "B2"]) await api.call("POST", "/v1/connections", { body: { name } })
    const { json } = await api.call("GET", "/v1/connections?limit=1")
    const foreign = String(json["nextCursor"])
    for (const query of ["limit=0", "limit=201", "limit=1.5", "cursor=abc", "cursor=%22", `cursor=${foreign}`]) {
      const answer = await api.call("GET", `/v1/audit?${query}`)
      assert.strictEqual(answer.status, 400, query)
    }
  })
})
