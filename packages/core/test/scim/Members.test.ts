import { assert, describe, it } from "@effect/vitest"
import { memberIds, shownMembers } from "../../src/scim/Members.ts"

describe("the members of a group", () => {
  it("are read however a server writes them", () => {
    for (const [members, ids] of [
      [
        [{ value: "a", display: "Ada" }, { value: "b" }],
        ["a", "b"]
      ],
      [
        ["a", { Value: "b" }],
        ["a", "b"]
      ],
      [{ value: "a" }, ["a"]],
      [[{ value: 7 }, { value: 2 ** 53 }], ["7"]],
      [[{ display: "Ada" }, { value: "" }, null, { value: null }], []],
      [[], []]
    ] as const) {
      assert.deepStrictEqual(shownMembers({ members }), ids)
    }
    assert.deepStrictEqual(memberIds({ Members: [{ value: "a" }] }), ["a"])
  })
  it("that are not shown are told from none", () => {
    assert.isNull(shownMembers({ displayName: "Red" }))
    assert.isNull(shownMembers({ members: null }))
    assert.isEmpty(memberIds({ displayName: "Red" }))
  })
})
