/** Keys from making to revoking, and their use. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ApiKeyId, ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import { DateTime, Effect, Option } from "effect"
import * as FirstKey from "../src/auth/FirstKey.ts"
import type { Api } from "./support/api.ts"
import { closeAll, start } from "./support/api.ts"

afterEach(closeAll)

const stored = (api: Api, id: string) =>
  api.run(ApiKeys.use(({ find }) => find(ApiKeyId.make(id))).pipe(Effect.map((found) => Option.getOrThrow(found).key)))

describe("keys", () => {
  it("are made with a scope and an end, listed without secret, and revoked at once", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const body = { name: "ci", grants: [{ verb: "read", connection: "acme" }], expiresInDays: 30 }
    const made = await api.call("POST", "/v1/keys", { body })
    assert.strictEqual(made.status, 201, made.text)
    const key = String(made.json["secret"])
    assert.strictEqual((await api.call("GET", "/v1/connections/acme", { key })).status, 200)
    const listed = await api.call("GET", "/v1/keys")
    assert.include(listed.text, '"name":"ci"')
    assert.notInclude(listed.text, "secret")
    assert.notInclude(listed.text, "hash")
    const { createdAt, expiresAt } = await stored(api, String(made.json["id"]))
    assert.deepStrictEqual(expiresAt, DateTime.add(createdAt, { days: 30 }))
    const path = `/v1/keys/${String(made.json["id"])}`
    assert.strictEqual((await api.call("DELETE", path)).status, 204)
    assert.strictEqual((await api.call("GET", "/v1/connections/acme", { key })).status, 401)
    assert.strictEqual((await api.call("DELETE", "/v1/keys/aaaaaaaaaaaa")).status, 404)
  })

  it("are not made over a connection that does not exist, nor without grants", async () => {
    const api = await start()
    const body = { name: "ci", grants: [{ verb: "read", connection: "later" }] }
    const unknown = await api.call("POST", "/v1/keys", { body })
    assert.strictEqual(unknown.status, 422)
    const none = await api.call("POST", "/v1/keys", { body: { name: "ci", grants: [] } })
    assert.strictEqual(none.status, 400)
  })

  it("note their use at most once a minute", async () => {
    const api = await start()
    const ago = (seconds: number) => DateTime.subtract(DateTime.nowUnsafe(), { seconds })
    const [recent, longAgo] = [ago(20), ago(90)]
    const grants = [{ verb: "read", connection: "*" }] as const
    const fresh = await api.makeKey(grants)
    const young = await api.makeKey(grants, { lastUsedAt: recent })
    const old = await api.makeKey(grants, { lastUsedAt: longAgo })
    for (const { whole } of [fresh, young, old]) await api.call("GET", "/v1/connections", { key: whole })
    assert.isNotNull((await stored(api, fresh.id)).lastUsedAt)
    assert.deepStrictEqual((await stored(api, young.id)).lastUsedAt, recent)
    assert.notDeepEqual((await stored(api, old.id)).lastUsedAt, longAgo)
  })

  it("begin with one for everything, which is made once and can be replaced", async () => {
    const api = await start()
    const shown: Array<string> = []
    const ensure = (another: boolean) => api.run(FirstKey.ensure(another, (line) => void shown.push(line)))
    await ensure(false)
    await ensure(false)
    assert.lengthOf(shown, 2)
    assert.strictEqual((await api.call("GET", "/v1/keys", { key: shown[1] ?? "" })).status, 200)
    await ensure(true)
    assert.lengthOf(shown, 4)
    assert.notStrictEqual(shown[3], shown[1])
    assert.strictEqual((await api.call("GET", "/v1/keys", { key: shown[3] ?? "" })).status, 200)
  })
})
