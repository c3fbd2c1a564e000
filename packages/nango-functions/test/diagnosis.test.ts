import { readChecks, writeChecks } from "@loom-scim/core/scim/DoctorFinding"
import { all } from "@loom-scim/core/setup/Step"
import { assert, beforeEach, describe, it } from "vitest"
import { cases } from "./support/failures.ts"
import { harness } from "./support/harness.ts"

const at = await harness({ users: 3 })

beforeEach(at.reset)

const setup = (bridgeUrl: string) => ({
  loomScimSetup: { connection: "acme", bridgeUrl, deprovisioning: "deactivate" }
})
const writes = () =>
  at.connection.calls.filter(({ method, endpoint }) => method !== "GET" && !endpoint.includes(".search"))
const findingsOf = (output: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  Object(output).findings.map((finding: unknown) => Object(finding))

describe("run-doctor", () => {
  it("reads only, makes every check, and keeps the profile beside what others keep", async () => {
    at.connection.metadata = { theirs: 1, loomScim: { cursor: "x" } }
    const { output } = await at.action("run-doctor", {})
    assert.deepStrictEqual(
      findingsOf(output).map(({ check }) => check),
      [...readChecks]
    )
    // The sandbox compares user names with case, as some servers do.
    const others = findingsOf(output).filter(({ severity }) => severity !== "ok")
    assert.deepStrictEqual(
      others.map(({ check }) => check),
      ["filterCase"]
    )
    assert.deepInclude(output, { verdict: "warning" })
    assert.deepStrictEqual(writes(), [])
    const { loomScim, theirs } = at.connection.metadata
    assert.strictEqual(theirs, 1)
    assert.deepInclude(loomScim, { cursor: "x" })
    assert.strictEqual(Object(loomScim).profile.claims.patch, true)
  })

  it("writes when asked to, and leaves nothing behind", async () => {
    at.connection.metadata = setup("https://scim.example.com/scim")
    const { output } = await at.action("run-doctor", { write: true, domain: "example.com" })
    assert.deepStrictEqual(
      findingsOf(output).map(({ check }) => check),
      [...readChecks, ...writeChecks]
    )
    assert.strictEqual(Object(output).counts.error, 0)
    assert.isNotEmpty(writes())
    const { totalResults } = await at.scim("GET", "/Users")
    assert.strictEqual(totalResults, 3)
  })

  it("refuses to write without a domain or a policy, before anything is sent", async () => {
    const homeless = await at.action("run-doctor", { write: true, policy: "delete" })
    assert.deepInclude(homeless.failure, { type: "invalid_input" })
    const aimless = await at.action("run-doctor", { write: true, domain: "example.com" })
    assert.deepInclude(aimless.failure, { type: "policy_missing" })
    assert.lengthOf(at.connection.calls, 0)
  })

  for (const [title, { fault }] of Object.entries(cases)) {
    it(`finds ${title}, with what to do`, async () => {
      await at.fault(fault)
      const { output } = await at.action("run-doctor", {})
      assert.deepInclude(output, { verdict: "error" })
      const errors = findingsOf(output).filter(({ severity }) => severity === "error")
      assert.isNotEmpty(errors)
      assert.isTrue(errors.every(({ next }) => next !== ""))
      assert.notInclude(JSON.stringify(output), at.connection.token)
    })
  }

  it("finds a server that looks at no token", async () => {
    await at.fault({ kind: "acceptAnyToken" })
    const { output } = await at.action("run-doctor", {})
    assert.deepInclude(
      findingsOf(output).find(({ check }) => check === "wrongToken"),
      { severity: "error" }
    )
  })

  it("stays far under 2 MB whatever it finds", async () => {
    const found = Array.from({ length: 60 }, (_, index) => `loom-scim-doctor-${String(index).padStart(12, "0")}`)
    for (const name of found) await at.scim("POST", "/Users", { userName: `${name}@example.com` })
    const { output } = await at.action("run-doctor", {})
    const leftovers = findingsOf(output).find(({ check }) => check === "leftovers")
    assert.lengthOf(String(leftovers?.["evidence"]), 2000)
    assert.isBelow(JSON.stringify(output).length, 50_000)
    const cleaned = await at.action("run-doctor", { removeLeftovers: true })
    assert.include(
      String(findingsOf(cleaned.output).find(({ check }) => check === "leftovers")?.["evidence"]),
      "removed 60"
    )
  })
})

describe("setup-status", () => {
  const stepsOf = (output: unknown) =>
    Object.fromEntries(
      Object(output).steps.map((entry: unknown) => {
        const { done, from, step } = Object(entry)
        return [String(step), `${String(from)} ${String(done)}`]
      })
    )

  it("tells what it sees, and of the rest that it does not know it", async () => {
    const { output } = await at.action("setup-status", {})
    assert.deepInclude(output, { connected: true, failure: null, setup: null })
    assert.deepStrictEqual(stepsOf(output), {
      prerequisites: "unknown null",
      domains: "unknown null",
      sso: "unknown null",
      credentials: "seen true",
      bridgeUrl: "seen true",
      domainCapture: "unknown null",
      deprovisioning: "unknown null",
      connect: "seen true"
    })
    assert.deepStrictEqual(Object.keys(stepsOf(output)), [...all])
    assert.notInclude(JSON.stringify(output).toLowerCase(), "attested")
  })

  it("tells what a set-up left, as said by it and not as seen", async () => {
    const endpoint = at.connection.scimUrl.replace(/^http:/, "https:")
    at.connection.metadata = setup(endpoint)
    const { output } = await at.action("setup-status", {})
    assert.deepInclude(Object(output).setup, { connection: "acme", deprovisioning: "deactivate", sameServer: true })
    const { connect, credentials, ...rest } = stepsOf(output)
    assert.deepStrictEqual([connect, credentials], ["seen true", "seen true"])
    assert.sameMembers([...new Set(Object.values(rest))], ["seen true", "pushed true"])
    at.connection.metadata = setup("https://elsewhere.example.com/scim")
    const moved = await at.action("setup-status", {})
    assert.strictEqual(Object(moved.output).setup.sameServer, false)
  })

  it("tells a token that was revoked, and an address without SCIM", async () => {
    at.connection.token = "revoked-token-0123456789"
    const revoked = await at.action("setup-status", {})
    assert.deepInclude(stepsOf(revoked.output), {
      credentials: "seen false",
      bridgeUrl: "unknown null",
      connect: "seen false"
    })
    await at.reset()
    await at.fault({ kind: "html" })
    const page = await at.action("setup-status", {})
    assert.deepInclude(stepsOf(page.output), {
      credentials: "unknown null",
      bridgeUrl: "seen false",
      connect: "seen false"
    })
  })

  for (const [title, { fault, told }] of Object.entries(cases)) {
    it(`answers ${title} as what keeps users from being read`, async () => {
      await at.fault(fault)
      const { output } = await at.action("setup-status", {})
      assert.deepInclude(output, { connected: false })
      assert.deepInclude(Object(output).failure, told)
      assert.notInclude(JSON.stringify(output), at.connection.token)
    })
  }
})
