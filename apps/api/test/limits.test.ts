/** What a stranger, or a client gone wild, can send at most. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { connect } from "node:net"
import { closeAll, start } from "./support/api.ts"
import { form, people, upload } from "./support/reconcile.ts"

afterEach(closeAll)

/** Sends bytes as they are and reads until the server closes. */
const raw = (base: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base)
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ""
    socket.setEncoding("utf8").on("data", (data: string) => {
      answer += data
    })
    socket.on("close", () => resolve(answer))
    socket.on("error", reject)
  })

describe("limits", () => {
  it("refuse a body beyond the limit, whether or not it says its length", async () => {
    const api = await start({ bodyLimit: 2048 })
    const body = JSON.stringify({ name: "x".repeat(4096) })
    const told = await api.call("POST", "/v1/connections", { body })
    assert.strictEqual(told.status, 413)
    assert.strictEqual(told.json["type"], "urn:loom-scim:problem:too-large")
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const untold = await raw(
      api.base,
      `POST /v1/connections HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${api.admin}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`
    )
    assert.match(untold, /^HTTP\/1\.1 413 /)
    const fits = await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    assert.strictEqual(fits.status, 201)
  })

  it("refuse headers beyond 16 KiB before anything reads them", async () => {
    const api = await start()
    const answer = await raw(api.base, `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${"a".repeat(20_000)}\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 431 /)
    assert.strictEqual(api.logged.length, 0)
  })

  it("slow a key down with 429 and Retry-After, and no other key with it", async () => {
    const api = await start({ rate: 1 })
    const { whole } = await api.makeKey([{ verb: "read", connection: "*" }])
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => api.call("GET", "/v1/connections", { key: whole }))
    )
    const slowed = answers.filter(({ status }) => status === 429)
    assert.isAbove(slowed.length, 0)
    assert.isAbove(answers.filter(({ status }) => status === 200).length, 0)
    for (const { headers, json } of slowed) {
      assert.match(headers.get("retry-after") ?? "", /^[1-9]\d*$/)
      assert.strictEqual(json["type"], "urn:loom-scim:problem:too-many-requests")
    }
    assert.strictEqual((await api.call("GET", "/v1/connections")).status, 200)
  })
})

describe("a request in the wrong form", () => {
  it("is told where, and never has its values repeated", async () => {
    const api = await start()
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const path = "/v1/connections/acme/credentials/token"
    const { headers, json, status, text } = await api.call("PUT", path, { body: { token: 12_345_678 } })
    assert.strictEqual(status, 400)
    assert.strictEqual(headers.get("content-type"), "application/problem+json")
    assert.deepStrictEqual(json["errors"], [{ path: ["payload", "token"], message: "does not have the expected form" }])
    assert.notInclude(text, "12345678")
    const none = await api.call("PUT", path, { body: {} })
    assert.deepStrictEqual(none.json["errors"], [{ path: ["payload", "token"], message: "is missing" }])
    const short = await api.call("PUT", path, { body: { token: "secret!" } })
    assert.strictEqual(short.status, 400)
    assert.notInclude(short.text, "secret!")
  })

  it("is told what was expected, in one sentence too", async () => {
    const api = await start()
    const page = await api.call("GET", "/v1/connections?limit=500")
    assert.deepStrictEqual(page.json["errors"], [
      { path: ["query", "limit"], message: "must be a value between 1 and 200" }
    ])
    assert.strictEqual(
      page.json["detail"],
      "The query of the request does not fit: limit: must be a value between 1 and 200."
    )
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const stream = await api.call("GET", "/v1/connections/acme/setup/events/stream", {
      headers: { "last-event-id": "4000000000" }
    })
    assert.include(stream.json["detail"], "The headers of the request do not fit: last-event-id: must be ")
    const schedules = "/v1/connections/acme/schedules"
    const daily = { _tag: "Daily", at: "06:30", timeZone: "Mars/Olympus" }
    const zone = await api.call("POST", schedules, { body: { name: "x", cadence: daily, task: { _tag: "Check" } } })
    assert.include(zone.json["detail"], "cadence: must be a time zone such as Europe/Berlin")
    assert.notInclude(zone.text, "Olympus")
    const plans = "/v1/connections/acme/plans"
    const plan = await upload(api.base, api.admin, plans, form(people(1), { adopt: "perhaps" }))
    assert.strictEqual(plan.json["detail"], "The part adopt is not known here, or has a value that is not.")
  })

  it("is told so when it is no JSON, another media type, or another path", async () => {
    const api = await start()
    const broken = await api.call("POST", "/v1/connections", { body: "{" })
    assert.strictEqual(broken.json["type"], "urn:loom-scim:problem:invalid-request")
    const headers = { "content-type": "text/plain" }
    const media = await api.call("POST", "/v1/connections", { body: "{}", headers })
    assert.strictEqual(media.status, 415)
    assert.strictEqual(media.json["type"], "urn:loom-scim:problem:media-type")
    await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
    const noForm = await api.call("POST", "/v1/connections/acme/plans", { body: {} })
    assert.strictEqual(noForm.status, 415)
    assert.include(noForm.json["next"], "multipart/form-data")
    const method = await api.call("PUT", "/v1/connections", { body: {} })
    assert.strictEqual(method.json["detail"], "There is nothing at this path for this method.")
    const path = await api.anonymous("GET", "/v2/connections")
    assert.strictEqual(path.status, 404)
    assert.strictEqual(path.json["type"], "urn:loom-scim:problem:not-found")
  })

  it("carries its id through answer, problem and log", async () => {
    const api = await start()
    const headers = { "x-request-id": "from-the-caller-1" }
    const { headers: answered, json } = await api.anonymous("GET", "/nothing?token=hidden", { headers })
    assert.strictEqual(answered.get("x-request-id"), "from-the-caller-1")
    assert.strictEqual(json["instance"], "urn:loom-scim:request:from-the-caller-1")
    assert.lengthOf(api.logged, 1)
    assert.include(api.logged[0], '"request":"from-the-caller-1"')
    assert.notInclude(api.logged[0], "hidden")
    const forged = await api.anonymous("GET", "/nothing", { headers: { "x-request-id": 'a"b' } })
    assert.match(forged.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/)
  })
})
