import { assert, describe, it } from "vitest"
import { control, fault, sandbox, scim } from "./helpers.ts"

describe("the bearer token", () => {
  it("is asked for, with a SCIM error when missing or wrong", async () => {
    const at = await sandbox({ token: "the-token" })
    assert.strictEqual(at.token, "the-token")
    for (const authorization of [undefined, "", "the-token", "Basic the-token", "Bearer wrong", "Bearer the-token-x"]) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
      const answer = await scim(at, "GET", "/Users", undefined, { headers })
      assert.strictEqual(answer.status, 401, String(authorization))
      assert.deepInclude(answer.json, { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: "401" })
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/)
    }
    assert.strictEqual(
      (await scim(at, "GET", "/Users", undefined, { headers: { authorization: "bearer the-token" } })).status,
      200
    )
  })

  it("can be revoked, expired, restored and rotated", async () => {
    const at = await sandbox()
    const details: Array<unknown> = []
    for (const action of ["revoke", "restore", "expire", "restore"]) {
      assert.strictEqual((await control(at, "POST", "/token", { action })).status, 204)
      const { status, json } = await scim(at, "GET", "/Users")
      details.push(status === 200 ? "open" : json["detail"])
    }
    assert.deepStrictEqual(details, [
      "The bearer token has been revoked.",
      "open",
      "The bearer token has expired.",
      "open"
    ])
    const { json } = await control(at, "POST", "/token", { action: "rotate" })
    assert.strictEqual((await scim(at, "GET", "/Users")).status, 401)
    const renewed = { ...at, token: String(json["token"]) }
    assert.strictEqual((await scim(renewed, "GET", "/Users")).status, 200)
  })

  it("expires at the time given", async () => {
    const past = await sandbox({ tokenExpiresAt: new Date(Date.now() - 1) })
    const future = await sandbox({ tokenExpiresAt: new Date(Date.now() + 60_000) })
    assert.strictEqual((await scim(past, "GET", "/Users")).status, 401)
    assert.strictEqual((await scim(future, "GET", "/Users")).status, 200)
    assert.propertyVal((await control(past, "GET", "/state")).json["token"], "expired", true)
  })

  it("does not matter while a fault says so", async () => {
    const at = await sandbox()
    await fault(at, { kind: "acceptAnyToken", times: 1 })
    const wrong = { ...at, token: "wrong" }
    assert.strictEqual((await scim(wrong, "GET", "/Users")).status, 200)
    assert.strictEqual((await scim(wrong, "GET", "/Users")).status, 401)
  })
})
