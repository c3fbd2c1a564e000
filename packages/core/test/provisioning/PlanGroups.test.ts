import { assert, describe, it } from "@effect/vitest"
import type { Plan } from "../../src/provisioning/Plan.ts"
import { incomplete, make, makeTwice, managing, told } from "./PlanApply.ts"
import { group, person, user } from "./PersonArbitrary.ts"

const ann = person("ann")
const ours = user("1", ann)

describe("groups of a plan", () => {
  const red = { id: "g1", displayName: "Red", externalId: "Red", members: [{ value: "1" }, { value: "9" }] }
  const inRed = (key: string) => person(key, { groups: ["red"] })

  it("creates them with members who may be yet to come", () => {
    const planned = make({ people: [inRed("ann"), person("bob", { groups: ["Red"] })], users: [ours] })
    const created = planned.actions.find(({ _tag }) => _tag === "GroupCreate")
    assert.deepStrictEqual(created?._tag === "GroupCreate" ? [created.label, created.members] : [], [
      "Red",
      [
        { key: "ann", id: "1", label: "ann@example.com" },
        { key: "bob", id: null, label: "bob@example.com" }
      ]
    ])
    assert.deepStrictEqual(make({ people: [person("ann", { active: false, groups: ["Red"] })] }).actions, [])
    assert.deepStrictEqual(told(make({ groups: [group("r", "Red")] })), [["GroupCreate", "Red", "newInSource"]])
  })

  it("takes members in and out, but nobody whom we do not know", () => {
    const input = { people: [ann, inRed("bob")], users: [ours, user("2", person("bob"))], actualGroups: [red] }
    const planned = make(input)
    assert.deepStrictEqual(
      told(planned),
      [
        ["MembersAdd", "red", "memberMissing"],
        ["MembersRemove", "red", "memberLeft"]
      ].toSpliced(0, 0, ["GroupRename", "red", "nameDiffers"])
    )
    const removal = planned.actions.at(-1)
    assert.deepStrictEqual(removal?._tag === "MembersRemove" ? removal.members.map(({ id }) => id) : [], ["1"])
    assert.notInclude(
      make({ ...input, sourceFailure: "cut" }).actions.map(({ _tag }) => _tag),
      "MembersRemove"
    )
    assert.notInclude(
      make({ ...input, unreadable: [null] }).actions.map(({ _tag }) => _tag),
      "MembersRemove"
    )
  })

  it("renames by key, and never takes a name for a group that has another key", () => {
    const groups = [group("k1", "Blue"), group("k2", "Red")]
    const planned = make({ groups, actualGroups: [{ ...red, externalId: "k1", members: [] }] })
    assert.deepStrictEqual(told(planned), [
      ["GroupRename", "Blue", "nameDiffers"],
      ["GroupCreate", "Red", "newInSource"]
    ])
  })

  it("leaves other groups alone, adopts when told to, and never guesses", () => {
    const { externalId: _, ...unclaimed } = red
    const people = [person("ann", { groups: ["Red"] })]
    const input = { people, users: [user("1", people[0] ?? ann)], actualGroups: [unclaimed] }
    assert.deepStrictEqual(make(input).skipped, { notAdopted: 1, unchanged: 1 })
    assert.deepStrictEqual(told(make(input, { adopt: "unclaimed" })), [["GroupAdopt", "Red", "matchedByName"]])
    const both = { ...input, actualGroups: [red, { ...unclaimed, id: "g2" }] }
    assert.deepStrictEqual(told(make(both, { adopt: "any" })), [["Conflict", "Red", "severalMatch"]])
    const claimed = { ...input, actualGroups: [{ ...red, externalId: "okta" }] }
    assert.deepStrictEqual(told(make(claimed, { adopt: "any" })), [["Conflict", "Red", "otherExternalId"]])
    assert.deepStrictEqual(told(make({ groups: [group("a", "Red"), group("b", "red")] })), [
      ["Conflict", "Red", "sameName"]
    ])
    assert.deepStrictEqual(told(make({ groups: [group("a", "Red"), group("a", "Blue")] })), [
      ["Conflict", "Blue", "sameKey"],
      ["Conflict", "Red", "sameKey"]
    ])
  })

  it("changes no group without an id, and creates none beside it", () => {
    const { id: _, ...nameless } = red
    assert.deepStrictEqual(told(make({ people: [inRed("ann")], users: [ours], actualGroups: [nameless] })), [
      ["Conflict", "red", "idMissing"]
    ])
    assert.deepStrictEqual(make({ actualGroups: [nameless] }, { leftGroups: "delete" }).skipped, { unmanaged: 1 })
  })

  it("empties or deletes groups of ours that the source no longer has", () => {
    const managed = managing([["1", "ann"]], ["g1"])
    const input = { people: [ann], users: [ours], actualGroups: [red, { ...red, id: "g2", displayName: "Other" }] }
    assert.deepStrictEqual(told(make(input, { managed })), [["MembersRemove", "Red", "memberLeft"]])
    assert.deepStrictEqual(told(make(input, { managed, leftGroups: "delete" })), [["GroupDelete", "Red", "groupGone"]])
    const cut = make({ ...input, sourceFailure: "cut" }, { managed, leftGroups: "delete" })
    assert.deepStrictEqual(cut.actions, [])
    // A group is no leaver.
    assert.strictEqual(cut.skipped["groupsWithheld"], 1)
    assert.isUndefined(cut.skipped["leaversWithheld"])
  })

  it("deletes no group while somebody may be in it whose record cannot be told", () => {
    const managed = managing([["1", "ann"]], ["g1"])
    const some = { managed, leftGroups: "delete" } as const
    const input = { users: [ours], actualGroups: [red] }
    const planned = [
      make({ ...input, unreadable: ["ann"] }, some),
      make({ ...input, people: [ann, person("ann", { groups: ["Red"] })] }, some),
      make({ ...input, people: [ann, person("bob"), person("cid", { userName: "bob@example.com" })] }, some),
      makeTwice({ ...input, people: [ann] }, { people: [ann, inRed("bob")] }, some)
    ]
    for (const { counts, skipped } of planned) {
      assert.isUndefined(counts["GroupDelete"])
      assert.strictEqual(skipped["groupsWithheld"], 1)
    }
    assert.deepStrictEqual(make({ ...input, people: [ann] }, some).counts, { GroupDelete: 1 })
  })

  it("takes leavers out of their groups, unless they are deleted or in doubt", () => {
    const managed = managing([["1", "ann"]], ["g1"])
    const input = { people: [inRed("bob")], users: [ours, user("9", inRed("bob"))], actualGroups: [red] }
    const tags = (planned: Plan) => planned.actions.map(({ _tag }) => _tag)
    assert.deepStrictEqual(tags(make(input, { managed })), ["GroupRename", "MembersRemove", "Deactivate"])
    assert.deepStrictEqual(tags(make(input, { managed, leavers: "delete" })), ["GroupRename", "Delete"])
    assert.deepStrictEqual(tags(make({ ...input, usersVerdict: incomplete }, { managed })), ["GroupRename"])
    assert.deepStrictEqual(tags(make({ ...input, unreadable: ["ann"] }, { managed })), ["GroupRename"])
  })
})
