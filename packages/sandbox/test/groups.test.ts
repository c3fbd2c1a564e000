import { assert, describe, it } from "vitest"
import { createUser, fault, idOf, memberIds, patchBody, rows, sandbox, scim } from "./helpers.ts"

describe("groups", () => {
  it("keep the members that are users and drop the others without a word", async () => {
    const at = await sandbox()
    const ada = await createUser(at, "ada")
    const made = await scim(at, "POST", "/Groups", {
      displayName: "Staff",
      members: [{ value: ada }, { value: "nobody" }]
    })
    assert.strictEqual(made.status, 201)
    assert.deepStrictEqual(memberIds(made.json), [ada])
  })

  it("are changed by both forms of removal, and lose members that are deleted", async () => {
    const at = await sandbox()
    const ids = await Promise.all(["a", "b", "c", "d"].map((name) => createUser(at, name)))
    const [a = "", b = "", c = "", d = ""] = ids
    const made = await scim(at, "POST", "/Groups", { displayName: "Staff", members: [{ value: a }] })
    const path = `/Groups/${idOf(made)}`
    const patch = (operation: Record<string, unknown>) => scim(at, "PATCH", path, patchBody(operation))
    await patch({ op: "add", path: "members", value: [{ value: b }, { value: c }, { value: d }, { value: "nobody" }] })
    await patch({ op: "remove", path: `members[value eq "${a}"]` })
    await patch({ op: "remove", path: "members", value: [{ value: b }] })
    assert.deepStrictEqual(memberIds((await scim(at, "GET", path)).json), [c, d])
    await scim(at, "DELETE", `/Users/${c}`)
    assert.deepStrictEqual(memberIds((await scim(at, "GET", path)).json), [d])
    await scim(at, "PUT", path, { displayName: "Staff" })
    assert.deepStrictEqual(memberIds((await scim(at, "GET", path)).json), [])
    assert.strictEqual((await scim(at, "DELETE", path)).status, 204)
    assert.strictEqual((await scim(at, "GET", path)).status, 404)
  })

  it("can be read and patched without their members, which stay", async () => {
    const at = await sandbox()
    const ada = await createUser(at, "ada")
    const made = await scim(at, "POST", "/Groups", { displayName: "Staff", members: [{ value: ada }] })
    const path = `/Groups/${idOf(made)}`
    const bare = await scim(
      at,
      "PATCH",
      `${path}?excludedAttributes=members`,
      patchBody({ op: "replace", path: "displayName", value: "Team" })
    )
    assert.notProperty(bare.json, "members")
    assert.strictEqual(bare.json["displayName"], "Team")
    assert.deepStrictEqual(memberIds((await scim(at, "GET", path)).json), [ada])
    const found = await scim(at, "GET", `/Groups?filter=${encodeURIComponent(`members.value eq "${ada}"`)}`)
    assert.lengthOf(rows(found), 1)
  })

  it("have an identity, externalId else displayName, that sticks across renames", async () => {
    const at = await sandbox()
    const first = idOf(await scim(at, "POST", "/Groups", { displayName: "Staff" }))
    await scim(at, "PATCH", `/Groups/${first}`, patchBody({ op: "replace", path: "displayName", value: "Renamed" }))
    const clash = await scim(at, "POST", "/Groups", { displayName: "Staff" })
    assert.include(clash.json, { status: "409", scimType: "uniqueness" })
    assert.strictEqual((await scim(at, "POST", "/Groups", { displayName: "Staff", externalId: "s1" })).status, 201)
    assert.strictEqual((await scim(at, "POST", "/Groups", { displayName: "New", externalId: "s1" })).status, 409)
    assert.strictEqual((await scim(at, "POST", "/Groups", { displayName: "Renamed" })).status, 201)
  })

  it("need a displayName and take no nulls", async () => {
    const at = await sandbox()
    assert.strictEqual((await scim(at, "POST", "/Groups", {})).json["detail"], "'displayName' is required")
    assert.strictEqual((await scim(at, "POST", "/Groups", { displayName: "A", externalId: null })).status, 400)
  })

  it("ignore members on writes while a fault says so", async () => {
    const at = await sandbox()
    const ada = await createUser(at, "ada")
    await fault(at, { kind: "droppedMembers", times: 2 })
    const made = await scim(at, "POST", "/Groups", { displayName: "Staff", members: [{ value: ada }] })
    const path = `/Groups/${idOf(made)}`
    const add = patchBody({ op: "add", path: "members", value: [{ value: ada }] })
    await scim(at, "PATCH", path, add)
    assert.deepStrictEqual(memberIds((await scim(at, "GET", path)).json), [])
    await scim(at, "PATCH", path, add)
    assert.deepStrictEqual(memberIds((await scim(at, "GET", path)).json), [ada])
  })
})
