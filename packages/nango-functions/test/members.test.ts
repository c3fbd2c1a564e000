import * as Profile from "@loom-scim/core/scim/Profile"
import { assert, beforeEach, describe, it } from "vitest"
import { failsWell } from "./support/failures.ts"
import { harness } from "./support/harness.ts"

const at = await harness({ users: 8 })
const { Resources } = await at.scim("GET", "/Users?count=100")
const people = (Array.isArray(Resources) ? Resources : []).map((person: unknown) => String(Object(person).id))

beforeEach(at.reset)

let count = 0
const groupOf = async (members: ReadonlyArray<string> = []): Promise<string> => {
  count++
  const body = { displayName: `Group ${count}`, members: members.map((value) => ({ value })) }
  return String((await at.scim("POST", "/Groups", body))["id"])
}

/** A group that nothing that fails changes. */
const steady = await groupOf(people.slice(0, 1))

const membersOf = async (groupId: string): Promise<ReadonlyArray<string>> => {
  const { members } = await at.scim("GET", `/Groups/${groupId}`)
  return (Array.isArray(members) ? members : []).map((member: unknown) => String(Object(member).value))
}

const patches = () => at.connection.calls.filter(({ method }) => method === "PATCH")

/** A server that was seen to take two members at a time. */
const twoAtATime = () => ({
  loomScim: { profile: { ...Profile.unknown, behaviour: { ...Profile.standard, maxMembers: 2 } } }
})

describe("add-group-members", () => {
  it("adds those who are missing, in parts, and does nothing when called again", async () => {
    at.connection.metadata = twoAtATime()
    const groupId = await groupOf(people.slice(0, 1))
    const input = { groupId, userIds: [...people.slice(0, 6), ...people.slice(0, 2)] }
    const first = await at.action("add-group-members", input)
    assert.deepStrictEqual(first.output, { groupId, moved: 5, unchanged: 1, dropped: [], doubt: null })
    assert.lengthOf(patches(), 3)
    assert.sameMembers([...(await membersOf(groupId))], people.slice(0, 6))
    at.connection.calls.length = 0
    const second = await at.action("add-group-members", input)
    assert.deepStrictEqual(second.output, { groupId, moved: 0, unchanged: 6, dropped: [], doubt: null })
    assert.lengthOf(patches(), 0)
  })

  it("sends only the rest after a failure between two parts", async () => {
    at.connection.metadata = twoAtATime()
    const groupId = await groupOf()
    const input = { groupId, userIds: people.slice(0, 6) }
    const nango = at.runner("add-group-members")
    const { proxy } = nango
    nango.proxy = async (config) => {
      if (config.method === "PATCH" && patches().length === 1) {
        await at.fault({ kind: "status", status: 403, match: { method: "PATCH" }, times: 1 })
      }
      return Object(await proxy.call(nango, config))
    }
    const first = await at.action("add-group-members", input, nango)
    assert.deepInclude(first.failure, { type: "forbidden" })
    assert.lengthOf(await membersOf(groupId), 2)
    at.connection.calls.length = 0
    const second = await at.action("add-group-members", input)
    assert.deepInclude(second.output, { moved: 4, unchanged: 2 })
    assert.lengthOf(patches(), 2)
    assert.sameMembers([...(await membersOf(groupId))], people.slice(0, 6))
  })

  it("tells whom the server dropped silently", async () => {
    const groupId = await groupOf(people.slice(0, 1))
    await at.fault({ kind: "droppedMembers" })
    const { output } = await at.action("add-group-members", { groupId, userIds: people.slice(0, 4) })
    assert.deepInclude(output, { groupId, moved: 0, unchanged: 1 })
    assert.sameMembers([...Object(output).dropped], people.slice(1, 4))
    assert.include(Object(output).doubt, "dropped 3 members")
  })

  it("claims nothing of a group that shows no members", async () => {
    const groupId = await groupOf()
    await at.fault({ kind: "droppedMembers" })
    const { output } = await at.action("add-group-members", { groupId, userIds: people.slice(0, 2) })
    assert.deepInclude(output, { moved: 0, unchanged: 0, dropped: [] })
    assert.include(Object(output).doubt, "cannot be checked")
  })

  it("tells a user that does not exist apart from those who do", async () => {
    const groupId = await groupOf()
    const userIds = [people[0], "nobody"]
    const { failure, output } = await at.action("add-group-members", { groupId, userIds })
    // Servers refuse all of it or drop the one; either is told.
    const told = failure === undefined ? Object(output).dropped : [failure["type"]]
    assert.deepStrictEqual(told, [failure === undefined ? "nobody" : "invalid_request"])
  })

  it("refuses to add nobody", async () => {
    const { failure } = await at.action("add-group-members", { groupId: "g", userIds: [] })
    assert.deepInclude(failure, { type: "invalid_input" })
    assert.lengthOf(at.connection.calls, 0)
  })

  failsWell(at, "add-group-members", () => ({ groupId: "g", userIds: people.slice(0, 2) }))
  failsWell(at, "add-group-members", () => ({ groupId: steady, userIds: people.slice(1, 2) }), { method: "PATCH" })
})

describe("remove-group-members", () => {
  it("removes those who are there, in parts, and does nothing when called again", async () => {
    at.connection.metadata = twoAtATime()
    const groupId = await groupOf(people.slice(0, 6))
    const input = { groupId, userIds: people.slice(1, 8) }
    const first = await at.action("remove-group-members", input)
    assert.deepStrictEqual(first.output, { groupId, moved: 5, unchanged: 2, dropped: [], doubt: null })
    assert.lengthOf(patches(), 3)
    assert.deepStrictEqual(await membersOf(groupId), people.slice(0, 1))
    at.connection.calls.length = 0
    const second = await at.action("remove-group-members", input)
    assert.deepStrictEqual(second.output, { groupId, moved: 0, unchanged: 7, dropped: [], doubt: null })
    assert.lengthOf(patches(), 0)
  })

  it("tells whom the server kept", async () => {
    const groupId = await groupOf(people.slice(0, 2))
    const nango = at.runner("remove-group-members")
    const { proxy } = nango
    nango.proxy = async (config) =>
      Object(config.method === "PATCH" ? { status: 204, headers: {}, data: "" } : await proxy.call(nango, config))
    const { output } = await at.action("remove-group-members", { groupId, userIds: people.slice(0, 1) }, nango)
    assert.deepInclude(output, { moved: 0, dropped: people.slice(0, 1) })
    assert.include(Object(output).doubt, "kept 1 member")
  })

  it("takes nobody out of a protected group, by its name", async () => {
    const groupId = await groupOf(people.slice(0, 2))
    const { displayName } = await at.scim("GET", `/Groups/${groupId}`)
    at.connection.metadata = { loomScimPolicy: { protectedGroups: [displayName] } }
    const { failure } = await at.action("remove-group-members", { groupId, userIds: people.slice(0, 1) })
    assert.deepInclude(failure, { type: "held_by_policy", reasons: ["ProtectedGroups"] })
    assert.lengthOf(patches(), 0)
    at.connection.metadata = { loomScimPolicy: { protectedGroups: ["another"] } }
    const { output } = await at.action("remove-group-members", { groupId, userIds: people.slice(0, 1) })
    assert.deepInclude(output, { moved: 1 })
  })

  failsWell(at, "remove-group-members", () => ({ groupId: "g", userIds: people.slice(0, 2) }))
  failsWell(at, "remove-group-members", () => ({ groupId: steady, userIds: people.slice(0, 1) }), { method: "PATCH" })
})
