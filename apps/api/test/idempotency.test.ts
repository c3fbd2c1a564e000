/** A POST sent twice with the same key is carried out once. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Idempotency } from "@loom-scim/core/ports/Idempotency"
import { Context, DateTime, Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { closeAll, start } from "./support/api.ts"

afterEach(closeAll)

const headers = { "idempotency-key": "3f1c9a52-0d3e-4b58-9a51-6c9d4f1b7a10" }

describe("Idempotency-Key", () => {
  it("gives the same answer to the same request, and does it once", async () => {
    const api = await start()
    const body = { name: "Acme" }
    const first = await api.call("POST", "/v1/connections", { body, headers })
    const again = await api.call("POST", "/v1/connections", { body, headers })
    assert.strictEqual(first.status, 201)
    assert.strictEqual(again.status, 201)
    assert.strictEqual(again.text, first.text)
    assert.strictEqual(again.headers.get("etag"), first.headers.get("etag"))
    assert.strictEqual(first.headers.get("idempotency-replayed"), null)
    assert.strictEqual(again.headers.get("idempotency-replayed"), "true")
    const { json } = await api.call("GET", "/v1/connections")
    assert.lengthOf([json["items"]].flat(), 1)
  })

  it("refuses the same key with another body or path", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" }, headers })
    const body = await api.call("POST", "/v1/connections", { body: { name: "Other" }, headers })
    const path = await api.call("POST", "/v1/connections/acme/checks", { headers })
    for (const { json, status } of [body, path]) {
      assert.strictEqual(status, 422)
      assert.strictEqual(json["type"], "urn:loom-scim:problem:idempotency-key-reused")
    }
  })

  it("is a matter of each caller alone", async () => {
    const api = await start()
    const { whole } = await api.makeKey([{ verb: "admin", connection: "*" }])
    await api.call("POST", "/v1/connections", { body: { name: "Acme" }, headers })
    const other = await api.call("POST", "/v1/connections", { body: { name: "Other" }, headers, key: whole })
    assert.strictEqual(other.status, 201)
  })

  it("says so while the first one runs, and takes over what a dead process left", async () => {
    const api = await start()
    const body = { name: "Acme" }
    const fingerprint = createHash("sha256")
      .update(`POST /v1/connections\n${JSON.stringify(body)}`)
      .digest("hex")
    const owner = api.admin.split("_")[1] ?? ""
    const claim = (at: DateTime.Utc, key: string) =>
      Effect.runPromise(Context.get(api.context, Idempotency).claim({ owner, key, fingerprint }, at, at))
    const now = DateTime.nowUnsafe()
    await claim(now, "running")
    await claim(DateTime.subtract(now, { hours: 1 }), "abandoned")
    const running = await api.call("POST", "/v1/connections", { body, headers: { "idempotency-key": "running" } })
    assert.strictEqual(running.status, 409)
    assert.strictEqual(running.json["type"], "urn:loom-scim:problem:still-running")
    assert.strictEqual(running.headers.get("retry-after"), "1")
    const taken = await api.call("POST", "/v1/connections", { body, headers: { "idempotency-key": "abandoned" } })
    assert.strictEqual(taken.status, 201)
  })

  it("carries out one of many at the same time", async () => {
    const api = await start()
    const send = () => api.call("POST", "/v1/connections", { body: { name: "Acme" }, headers })
    const answers = await Promise.all([send(), send(), send(), send(), send(), send()])
    for (const { status } of answers) assert.include([201, 409], status)
    assert.include(
      answers.map(({ status }) => status),
      201
    )
    const { json } = await api.call("GET", "/v1/connections")
    assert.lengthOf([json["items"]].flat(), 1)
  })

  it("frees the key when nothing was done", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const path = "/v1/connections/acme/setup/commands"
    const refused = await api.call("POST", path, { body: { _tag: "AddDomain", domain: "acme.com" }, headers })
    assert.strictEqual(refused.status, 409, refused.text)
    for (const prerequisite of ["enterprisePlan", "samlSso"]) {
      await api.call("POST", path, { body: { _tag: "AttestPrerequisite", prerequisite } })
    }
    const done = await api.call("POST", path, { body: { _tag: "AddDomain", domain: "acme.com" }, headers })
    assert.strictEqual(done.status, 200, done.text)
  })

  it("shows a key's secret once and keeps it nowhere", async () => {
    const api = await start()
    const body = { name: "ci", grants: [{ verb: "read", connection: "*" }] }
    const first = await api.call("POST", "/v1/keys", { body, headers })
    const again = await api.call("POST", "/v1/keys", { body, headers })
    const secret = String(first.json["secret"])
    assert.match(secret, /^lsk_[a-z0-9]{12}_[\w-]{43}$/)
    assert.deepStrictEqual(again.json, { ...first.json, secret: null })
    assert.strictEqual((await api.call("GET", "/v1/connections", { key: secret })).status, 200)
    await api.close()
    const half = secret.slice("lsk_".length + 13)
    for (const name of readdirSync(api.directory)) {
      assert.isFalse(readFileSync(join(api.directory, name)).includes(half), name)
    }
  })

  it("refuses a key that is none", async () => {
    const api = await start()
    const long = { "idempotency-key": "x".repeat(129) }
    const { json, status } = await api.call("POST", "/v1/connections", { body: { name: "Acme" }, headers: long })
    assert.strictEqual(status, 400)
    assert.strictEqual(json["type"], "urn:loom-scim:problem:invalid-request")
  })
})
