import { assert, beforeEach, describe, it } from "vitest"
import { failsWell } from "./support/failures.ts"
import { harness } from "./support/harness.ts"

const at = await harness()
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
const { id } = await at.scim("POST", "/Users", {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  userName: "ada@example.com",
  name: { givenName: "Ada", familyName: "Lovelace" }
})
let number = 0
const someone = () => ({ userName: `person${++number}@example.com`, name: { givenName: "P", familyName: "Q" } })
/** The id of a user that a test may do with as it likes. */
const another = async (): Promise<string> => String((await at.scim("POST", "/Users", someone()))["id"])

beforeEach(at.reset)

describe("get-scim-user", () => {
  it("reads a user as the server has it", async () => {
    const { failure, output } = await at.action("get-scim-user", { id })
    assert.isUndefined(failure)
    assert.deepInclude(output, { id, userName: "ada@example.com", active: true })
    assert.deepInclude(at.connection.calls[0], { method: "GET", endpoint: `/Users/${String(id)}`, retries: 0 })
  })

  it("refuses an input that does not fit, and says where", async () => {
    const { failure, nango } = await at.action("get-scim-user", { id: 7 })
    assert.deepInclude(failure, { type: "invalid_input" })
    assert.deepStrictEqual(failure?.["issues"], [
      { path: "id", message: "Invalid input: expected string, received number" }
    ])
    assert.lengthOf(nango.logs, 1)
    assert.lengthOf(at.connection.calls, 0)
  })

  it("tells a token that was revoked", async () => {
    at.connection.token = "revoked-token-0123456789"
    const { failure } = await at.action("get-scim-user", { id })
    assert.deepInclude(failure, { type: "unauthorized", status: 401 })
  })

  for (const retryAfter of ["seconds", "none"]) {
    it(`waits a little when asked to (${retryAfter}), and then answers`, async () => {
      await at.fault({ kind: "rateLimit", retryAfter, seconds: 1, times: 1 })
      const { output } = await at.action("get-scim-user", { id })
      assert.deepInclude(output, { id })
      assert.lengthOf(at.connection.calls, 2)
    })
  }

  failsWell(at, "get-scim-user", () => ({ id }))
})

describe("create-scim-user", () => {
  it("creates, with every attribute it is given", async () => {
    const input = { ...someone(), title: "Countess", [enterprise]: { loomMemberRole: "creator" } }
    const { failure, output } = await at.action("create-scim-user", input)
    assert.isUndefined(failure)
    assert.deepInclude(output, { userName: input.userName, active: true })
    const [call, ...others] = at.connection.calls
    assert.lengthOf(others, 0)
    assert.deepInclude(call, { method: "POST", endpoint: "/Users" })
    assert.strictEqual(call?.headers["content-type"], "application/scim+json")
    assert.deepInclude(call?.data, { title: "Countess", [enterprise]: { loomMemberRole: "creator" } })
    assert.deepInclude(call?.data, { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise] })
  })

  it("says who has the name already", async () => {
    const { failure } = await at.action("create-scim-user", { userName: "ada@example.com" })
    assert.deepInclude(failure, { type: "conflict", existingId: id, scimType: "uniqueness" })
    assert.include(String(failure?.["next"]), "Adopt")
  })

  it("looks before it sends anything again", async () => {
    const { userName } = someone()
    await at.fault({ kind: "status", status: 503, times: 1, match: { method: "POST" } })
    const { failure, output } = await at.action("create-scim-user", { userName })
    assert.isUndefined(failure)
    assert.deepInclude(output, { userName })
    const methods = at.connection.calls.map(({ method }) => method)
    assert.deepStrictEqual([methods[0], methods.at(-1)], ["POST", "POST"])
    assert.isTrue(methods.slice(1, -1).length > 0 && methods.slice(1, -1).every((method) => method === "GET"))
  })

  failsWell(at, "create-scim-user", someone)
})

describe("update-scim-user", () => {
  it("replaces what it is given, and nothing else", async () => {
    const { output } = await at.action("update-scim-user", { id, familyName: "King", displayName: "Ada King" })
    assert.deepInclude(output, { id, givenName: "Ada", familyName: "King", displayName: "Ada King", active: true })
  })

  it("refuses to change nothing", async () => {
    const { failure } = await at.action("update-scim-user", { id })
    assert.deepInclude(failure, { type: "invalid_input" })
    assert.lengthOf(at.connection.calls, 0)
  })

  failsWell(at, "update-scim-user", () => ({ id, displayName: "Ada" }))
})

describe("patch-scim-user", () => {
  it("does the operations, and answers the user", async () => {
    const operations = [
      { op: "replace", path: "active", value: false },
      { op: "add", path: "nickName", value: "Ada" }
    ]
    const { output } = await at.action("patch-scim-user", { userId: await another(), operations })
    assert.deepInclude(output, { active: false, nickName: "Ada" })
  })

  it("refuses what lacks a path or a value", async () => {
    const bare = await at.action("patch-scim-user", { userId: id, operations: [{ op: "remove" }] })
    const empty = await at.action("patch-scim-user", { userId: id, operations: [{ op: "add", path: "title" }] })
    assert.include(String(bare.failure?.["message"]), "needs a path")
    assert.include(String(empty.failure?.["message"]), "needs a value")
    assert.lengthOf(at.connection.calls, 0)
  })

  failsWell(at, "patch-scim-user", () => ({
    userId: id,
    operations: [{ op: "replace", path: "displayName", value: "Ada" }]
  }))
})

describe("delete-scim-user", () => {
  it("deletes", async () => {
    const gone = await another()
    const { output } = await at.action("delete-scim-user", { id: gone })
    assert.deepStrictEqual(output, { id: gone, deleted: true })
    const { failure } = await at.action("get-scim-user", { id: gone })
    assert.deepInclude(failure, { type: "not_found" })
  })

  failsWell(at, "delete-scim-user", () => ({ id }))
})

describe("create-user and delete-user", () => {
  it("take people as Nango's unified models have them", async () => {
    const { output } = await at.action("create-user", {
      firstName: "Grace",
      lastName: "Hopper",
      email: "grace@example.com",
      title: "Admiral"
    })
    assert.deepInclude(output, { firstName: "Grace", lastName: "Hopper", email: "grace@example.com" })
    assert.hasAllKeys(output, ["id", "email", "firstName", "lastName"])
    assert.deepInclude(at.connection.calls[0]?.data, { userName: "grace@example.com", title: "Admiral", active: true })
    const { id: created } = Object(output)
    const deleted = await at.action("delete-user", { id: created })
    assert.deepStrictEqual(deleted.output, { success: true })
  })

  failsWell(at, "create-user", () => ({ firstName: "P", lastName: "Q", email: someone().userName }))
  failsWell(at, "delete-user", () => ({ id }))
})
