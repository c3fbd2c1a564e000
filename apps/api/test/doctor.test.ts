/** The doctor, checks and the profile over the API, against the sandbox. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Predicate } from "effect"
import { closeAll, start } from "./support/api.ts"
import { assertNoToken, connected, control } from "./support/workspace.ts"

afterEach(closeAll)

const path = "/v1/connections/acme/doctor"

const checksIn = (findings: unknown): ReadonlyArray<unknown> =>
  [findings].flat().map((finding) => (Predicate.hasProperty(finding, "check") ? finding.check : undefined))

describe("the doctor", () => {
  it("changes nothing unless told to, and its report is there afterwards", async () => {
    const { api } = await connected({ users: 3 })
    assert.strictEqual((await api.call("GET", path)).status, 404)
    const { json, status, text } = await api.call("POST", path, { body: {} })
    assert.strictEqual(status, 200, text)
    assert.strictEqual(json["status"], "done")
    assert.strictEqual(json["write"], false)
    assert.strictEqual(json["ok"], true)
    assert.include(checksIn(json["findings"]), "listUsers")
    assert.notInclude(checksIn(json["findings"]), "createUser")
    assert.deepStrictEqual((await api.call("GET", path)).json, json)
    assertNoToken(api, text)
  })

  it("proves the rest with a disposable user and group, which are gone afterwards", async () => {
    const { api, world } = await connected({ users: 3 })
    const { json, text } = await api.call("POST", path, { body: { write: true } })
    assert.include(checksIn(json["findings"]), "createUser")
    assert.include(checksIn(json["findings"]), "cleanup")
    const state = await (await fetch(`${world.controlUrl}/state`)).text()
    assert.include(state, '"users":3')
    assertNoToken(api, text)
  }, 60_000)

  it("goes on in the background, once at a time, and shows how far it is", async () => {
    const { api, world } = await connected({ users: 3 })
    await control(world, "/faults", { kind: "latency", ms: 150 })
    const headers = { prefer: "respond-async" }
    const begun = await api.call("POST", path, { body: {}, headers })
    assert.strictEqual(begun.status, 202, begun.text)
    assert.deepStrictEqual([begun.json["kind"], begun.json["status"]], ["doctor", "running"])
    assert.strictEqual(begun.headers.get("preference-applied"), "respond-async")
    const job = begun.headers.get("location") ?? ""
    assert.strictEqual(job, `/v1/connections/acme/jobs/${String(begun.json["id"])}`)
    const second = await api.call("POST", path, { body: {} })
    assert.strictEqual(second.status, 409, second.text)
    assert.strictEqual(second.json["reason"], "alreadyRunning")
    let now = await api.call("GET", path)
    for (let looks = 0; now.json["status"] === "running" && looks < 200; looks++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      now = await api.call("GET", path)
    }
    assert.strictEqual(now.json["status"], "done", now.text)
    let over = await api.call("GET", job)
    for (let looks = 0; over.json["status"] === "running" && looks < 200; looks++) over = await api.call("GET", job)
    assert.deepStrictEqual([over.json["status"], over.json["result"]], ["done", path], over.text)
  })

  it("is told to be cut off when the server stops, and may begin anew", async () => {
    const { api, world } = await connected({ users: 3 })
    await control(world, "/faults", { kind: "latency", ms: 150 })
    const begun = await api.call("POST", path, { body: {}, headers: { prefer: "respond-async" } })
    await api.close()
    await fetch(`${world.controlUrl}/faults`, { method: "DELETE" })
    const next = await start({ directory: api.directory, allowPrivateNetwork: true })
    assert.strictEqual((await next.call("GET", path)).json["status"], "interrupted")
    assert.strictEqual((await next.call("GET", begun.headers.get("location") ?? "")).json["status"], "interrupted")
    const again = await next.call("POST", path, { body: {} })
    assert.strictEqual(again.json["status"], "done", again.text)
  })
})

describe("checks and the profile", () => {
  it("show what was seen last", async () => {
    const { api } = await connected({ users: 3 })
    const checks = "/v1/connections/acme/checks"
    assert.strictEqual((await api.call("GET", checks)).status, 404)
    const run = await api.call("POST", checks)
    const latest = await api.call("GET", checks)
    assert.strictEqual(latest.status, 200, latest.text)
    assert.deepStrictEqual(latest.json, run.json)
    assert.strictEqual(latest.json["ok"], true)
  })

  it("show what was learnt of the server, with the quirks in words", async () => {
    const { api } = await connected({ users: 3 })
    const profile = "/v1/connections/acme/profile"
    assert.strictEqual((await api.call("GET", profile)).json["learnt"], false)
    await api.call("POST", path, { body: {} })
    const { json, text } = await api.call("GET", profile)
    assert.strictEqual(json["learnt"], true, text)
    assert.isNotNull(json["claims"])
    for (const quirk of [json["quirks"]].flat()) assert.property(quirk, "client")
    assertNoToken(api, text)
  })
})
