import { assert, beforeEach, describe, it } from "vitest"
import { failsWell } from "./support/failures.ts"
import { harness } from "./support/harness.ts"

const at = await harness({ users: 3 })
const { Resources: people } = await at.scim("GET", "/Users")
const [ada = "", grace = "", alan = ""] = (Array.isArray(people) ? people : []).map((person: unknown) =>
  String(Object(person).id)
)
const { id } = await at.scim("POST", "/Groups", { displayName: "Engineering", members: [{ value: ada }] })

const membersOf = (output: unknown): ReadonlyArray<string> => {
  const { members = [] } = Object(output)
  return Array.isArray(members) ? members.map((member: unknown) => String(Object(member).value)) : []
}

beforeEach(at.reset)

describe("get-scim-group", () => {
  it("reads a group with its members", async () => {
    const { output } = await at.action("get-scim-group", { id })
    assert.deepInclude(output, { id, displayName: "Engineering" })
    assert.deepStrictEqual(membersOf(output), [ada])
  })

  failsWell(at, "get-scim-group", () => ({ id }))
})

describe("create-scim-group", () => {
  it("creates, with members", async () => {
    const { output } = await at.action("create-scim-group", {
      displayName: "Design",
      externalId: "d",
      members: [{ value: grace }]
    })
    assert.deepInclude(output, { displayName: "Design", externalId: "d" })
    assert.deepStrictEqual(membersOf(output), [grace])
  })

  failsWell(at, "create-scim-group", () => ({ displayName: "Sales" }))
})

describe("update-scim-group", () => {
  it("renames, and lets people join and leave", async () => {
    const { output } = await at.action("update-scim-group", {
      groupId: id,
      displayName: "Engineers",
      members: [
        { op: "add", userId: grace },
        { op: "add", userId: alan },
        { op: "remove", userId: ada }
      ]
    })
    assert.deepInclude(output, { id, displayName: "Engineers" })
    assert.sameMembers([...membersOf(output)], [grace, alan])
  })

  it("refuses to change nothing", async () => {
    const { failure } = await at.action("update-scim-group", { groupId: id })
    assert.deepInclude(failure, { type: "invalid_input" })
    assert.lengthOf(at.connection.calls, 0)
  })

  failsWell(at, "update-scim-group", () => ({ groupId: id, displayName: "Engineers" }))
})

describe("patch-scim-group", () => {
  it("does the operations, and answers the group", async () => {
    const { output } = await at.action("patch-scim-group", {
      id,
      operations: [{ op: "replace", path: "members", value: [{ value: ada }] }]
    })
    assert.deepStrictEqual(membersOf(output), [ada])
  })

  failsWell(at, "patch-scim-group", () => ({
    id,
    operations: [{ op: "replace", path: "displayName", value: "Engineers" }]
  }))
})

describe("delete-scim-group", () => {
  it("deletes", async () => {
    const { id: gone } = await at.scim("POST", "/Groups", { displayName: "Gone" })
    const { output } = await at.action("delete-scim-group", { id: gone })
    assert.deepStrictEqual(output, { id: gone, deleted: true })
  })

  failsWell(at, "delete-scim-group", () => ({ id }))
})
