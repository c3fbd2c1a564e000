import { assert, beforeEach, describe, it } from "vitest"
import { harness } from "./support/harness.ts"

const at = await harness({ users: 4 })

beforeEach(at.reset)

const hour = 3600
const refusals = {
  "a token that is not accepted": [
    { kind: "status", status: 401, echoToken: true },
    { type: "unauthorized", status: 401 },
    /Copy the bearer token again/
  ],
  "a token that may not read": [{ kind: "status", status: 403 }, { type: "forbidden" }, /directory sync is on/],
  "an address without SCIM": [
    { kind: "status", status: 404 },
    { type: "no_scim_service", status: 404 },
    /no SCIM service.+character by character/
  ],
  "a web page that is answered with 200": [{ kind: "html" }, { type: "malformed", reason: "webPage" }, /web page/],
  "cut-off JSON": [{ kind: "garbage" }, { type: "malformed", reason: "notJson" }, /not JSON/],
  "429 with seconds": [
    { kind: "rateLimit", retryAfter: "seconds", seconds: hour },
    { type: "rate_limited", retryAfterSeconds: hour },
    /Wait 3600 seconds/
  ],
  "429 with a date": [{ kind: "rateLimit", retryAfter: "date", seconds: hour }, { type: "rate_limited" }, /Wait/],
  "a conflict": [{ kind: "status", status: 409 }, { type: "conflict" }, /409/],
  "a server that checks no token": [
    { kind: "acceptAnyToken" },
    { type: "token_not_checked" },
    /does not check the token.+Do not send/
  ]
} as const

describe("validate-connection", () => {
  it("lets a connection through whose users can be read, and changes nothing", async () => {
    const { failure } = await at.onEvent("validate-connection")
    assert.isUndefined(failure)
    assert.isTrue(at.connection.calls.every(({ method, retries }) => method === "GET" && retries === 0))
    assert.deepStrictEqual(at.connection.metadata, {})
  })

  it("refuses a token that was revoked", async () => {
    at.connection.token = "revoked-token-0123456789"
    const { failure } = await at.onEvent("validate-connection")
    assert.deepInclude(failure, { type: "unauthorized" })
    assert.notInclude(JSON.stringify(failure), at.connection.token)
  })

  for (const [title, [fault, told, words]] of Object.entries(refusals)) {
    it(`refuses ${title}, and says why and what to do in the one text that people see`, async () => {
      await at.fault(fault)
      const { failure } = await at.onEvent("validate-connection")
      assert.deepInclude(failure, told)
      assert.match(String(failure?.["message"]), words)
      assert.include(String(failure?.["message"]), String(failure?.["next"]))
      assert.notInclude(JSON.stringify(failure), at.connection.token)
    })
  }
})

describe("post-connection-creation", () => {
  it("keeps what was learnt of the server, where functions find it", async () => {
    at.connection.metadata = { theirs: 1 }
    await at.fault({ kind: "lyingTotal", total: "page" })
    const { failure, nango } = await at.onEvent("post-connection-creation")
    assert.isUndefined(failure)
    const { loomScim, theirs } = at.connection.metadata
    const { profile } = Object(loomScim)
    assert.deepInclude(profile.claims, { patch: true, filter: true })
    assert.strictEqual(profile.behaviour.trustTotals, false)
    assert.strictEqual(theirs, 1)
    assert.match(String(nango.logs[0]), /^The server was probed: /)
  })

  it("keeps nothing of a server that cannot be read", async () => {
    await at.fault({ kind: "html" })
    const { failure } = await at.onEvent("post-connection-creation")
    assert.deepInclude(failure, { type: "malformed" })
    assert.deepStrictEqual(at.connection.metadata, {})
  })
})

describe("pre-connection-deletion", () => {
  it("says what stays, and asks nothing of the server, so that a dead one can be removed too", async () => {
    at.connection.token = "revoked-token-0123456789"
    const { failure, nango } = await at.onEvent("pre-connection-deletion")
    assert.isUndefined(failure)
    assert.match(String(nango.logs[0]), /stays on the server/)
    assert.lengthOf(at.connection.calls, 0)
  })
})
