import { assert, describe, it } from "vitest"
import { control, fault, rows, sandbox, scim } from "./helpers.ts"

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error("It was expected to fail.")
}

describe("faults that answer", () => {
  it("limit the rate with each form of Retry-After", async () => {
    const at = await sandbox()
    await fault(at, { kind: "rateLimit", retryAfter: "seconds", seconds: 7, times: 1 })
    await fault(at, { kind: "rateLimit", retryAfter: "date", seconds: 60, times: 1 })
    await fault(at, { kind: "rateLimit", retryAfter: "none", times: 1 })
    const [seconds, date, none] = [
      await scim(at, "GET", "/Users"),
      await scim(at, "GET", "/Users"),
      await scim(at, "GET", "/Users")
    ]
    assert.deepStrictEqual([seconds.status, date.status, none.status], [429, 429, 429])
    assert.strictEqual(seconds.headers.get("retry-after"), "7")
    const wait = Date.parse(date.headers.get("retry-after") ?? "") - Date.now()
    assert.isTrue(wait > 50_000 && wait <= 60_000, String(wait))
    assert.strictEqual(none.headers.get("retry-after"), null)
    assert.strictEqual(none.json["status"], "429")
    assert.strictEqual((await scim(at, "GET", "/Users")).status, 200)
  })

  it("give any status, on matching requests only, until cleared", async () => {
    const at = await sandbox()
    await fault(at, { kind: "status", status: 503, detail: "Busy", match: { method: "post", pathIncludes: "/Users" } })
    assert.strictEqual((await scim(at, "GET", "/Users")).status, 200)
    assert.strictEqual((await scim(at, "POST", "/Groups", { displayName: "A" })).status, 201)
    assert.include((await scim(at, "POST", "/Users", {})).json, { status: "503", detail: "Busy" })
    await control(at, "DELETE", "/faults")
    assert.strictEqual((await scim(at, "POST", "/Users", {})).status, 400)
  })

  it("echo the token in an error when asked to", async () => {
    const at = await sandbox()
    await fault(at, { kind: "status", status: 500, echoToken: true })
    assert.include((await scim(at, "GET", "/Users")).text, at.token)
  })

  it("delay, and still answer", async () => {
    const at = await sandbox()
    await fault(at, { kind: "latency", ms: 80 })
    const before = performance.now()
    assert.strictEqual((await scim(at, "GET", "/Users")).status, 200)
    assert.isAtLeast(performance.now() - before, 75)
  })

  it("never answer, and do not keep the sandbox from closing", async () => {
    const at = await sandbox()
    await fault(at, { kind: "hang" })
    const error = await rejection(scim(at, "GET", "/Users", undefined, { signal: AbortSignal.timeout(60) }))
    assert.strictEqual(error.name, "TimeoutError")
    const waiting = rejection(scim(at, "GET", "/Users"))
    await at.close()
    assert.strictEqual((await waiting).message, "fetch failed")
  })

  it("reset the connection", async () => {
    const at = await sandbox()
    await fault(at, { kind: "reset", times: 1 })
    const error = await rejection(scim(at, "GET", "/Users"))
    assert.propertyVal(error.cause, "code", "ECONNRESET")
    const { json } = await control(at, "GET", "/requests")
    assert.deepInclude(Array.isArray(json["requests"]) ? json["requests"][0] : {}, { method: "GET", status: null })
  })

  it("answer with cut-off JSON, with a web page, with a redirect", async () => {
    const at = await sandbox()
    await fault(at, { kind: "garbage", times: 1 })
    await fault(at, { kind: "html", times: 1 })
    await fault(at, { kind: "html", status: 502, times: 1 })
    await fault(at, { kind: "redirect", location: "http://elsewhere.test/", times: 1 })
    const garbage = await scim(at, "GET", "/Users")
    assert.strictEqual(garbage.status, 200)
    assert.throws(() => JSON.parse(garbage.text))
    const page = await scim(at, "GET", "/Users")
    assert.strictEqual(page.status, 200)
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/)
    assert.strictEqual((await scim(at, "GET", "/Users")).status, 502)
    const redirect = await scim(at, "GET", "/Users")
    assert.strictEqual(redirect.status, 302)
    assert.strictEqual(redirect.headers.get("location"), "http://elsewhere.test/")
  })
})

describe("faults that twist answers", () => {
  it("lie about totalResults and cap pages", async () => {
    const at = await sandbox({ users: 30 })
    await fault(at, { kind: "cappedPages", max: 10 })
    const capped = await scim(at, "GET", "/Users?count=25")
    assert.lengthOf(rows(capped), 10)
    assert.strictEqual(capped.json["totalResults"], 30)
    await fault(at, { kind: "lyingTotal", total: "page", times: 1 })
    assert.strictEqual((await scim(at, "GET", "/Users")).json["totalResults"], 10)
    await fault(at, { kind: "lyingTotal", total: 999 })
    assert.strictEqual((await scim(at, "GET", "/Users")).json["totalResults"], 999)
  })

  it("hide discovery and change the media type", async () => {
    const at = await sandbox()
    await fault(at, { kind: "noDiscovery" })
    assert.strictEqual((await scim(at, "GET", "/ServiceProviderConfig")).status, 404)
    assert.strictEqual((await scim(at, "GET", "/Schemas")).status, 200)
    await fault(at, { kind: "wrongContentType", contentType: "application/json", times: 1 })
    await fault(at, { kind: "wrongContentType", times: 1 })
    assert.strictEqual((await scim(at, "GET", "/Users")).headers.get("content-type"), "application/json")
    assert.strictEqual((await scim(at, "GET", "/Users")).headers.get("content-type"), "text/plain")
  })
})

describe("the control endpoint", () => {
  it("tells its state and what is wrong with its input", async () => {
    const at = await sandbox({ users: 3 })
    await fault(at, { kind: "latency", ms: 1, times: 4 })
    const { json } = await control(at, "GET", "/state")
    assert.deepInclude(json, { users: 3, activeUsers: 3, groups: 0, idp: "valid", settings: { softDelete: true } })
    assert.deepStrictEqual(json["faults"], [
      { effect: { kind: "latency", ms: 1 }, target: "scim", match: {}, timesLeft: 4 }
    ])
    const wrong: ReadonlyArray<readonly [string, unknown, string]> = [
      ["/faults", { kind: "flood" }, '"kind" must be one of'],
      ["/faults", { kind: "status", status: 200 }, '"status" must be a whole number from 400 to 599.'],
      ["/faults", { kind: "hang", times: 0 }, '"times"'],
      ["/token", { action: "eat" }, '"action"'],
      ["/idp", { mode: "odd" }, '"mode"'],
      ["/dns", { name: "a.test", type: "A", values: ["::1"] }, '"::1" is not an address'],
      ["/settings", [], "must be a JSON object"]
    ]
    for (const [path, body, message] of wrong) {
      const answer = await control(at, "POST", path, body)
      assert.strictEqual(answer.status, 400, path)
      assert.include(String(answer.json["error"]), message)
    }
    assert.strictEqual((await control(at, "GET", "/nothing")).status, 404)
  })

  it("logs requests without headers or tokens", async () => {
    const at = await sandbox()
    await scim(at, "GET", "/Users?count=1")
    await scim(at, "GET", "/Nope")
    const { json, text } = await control(at, "GET", "/requests")
    const requests = Array.isArray(json["requests"]) ? json["requests"] : []
    assert.lengthOf(requests, 2)
    const path = new URL(`${at.scimUrl}/Users`).pathname
    assert.deepInclude(requests[0], { method: "GET", path, query: "count=1", status: 200 })
    assert.deepInclude(requests[1], { status: 404 })
    assert.notInclude(text, at.token)
    await control(at, "DELETE", "/requests")
    assert.deepStrictEqual((await control(at, "GET", "/requests")).json["requests"], [])
  })
})
