import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { drift } from "../../src/provisioning/PlanDrift.ts"
import { make, managing } from "./PlanApply.ts"
import { group, keys, people, person, user } from "./PersonArbitrary.ts"

const ann = person("ann")
const bob = person("bob", { attributes: { title: "New" } })
const users = [user("2", person("bob")), user("3", person("cid"))]
const red = { id: "g1", displayName: "Red", externalId: "Red", members: [{ value: "3" }] }
const planned = make(
  { people: [ann, bob], groups: [group("b", "Blue")], users, actualGroups: [red] },
  { managed: managing([["3", "cid"]], ["g1"]) }
)

const kinds = (now: Parameters<typeof drift>[1]) => drift(planned, now).map(({ id, kind }) => [kind, id])

describe("drift", () => {
  it("finds none while nothing moves but what the server sets itself", () => {
    assert.lengthOf(planned.actions, 5)
    assert.deepStrictEqual(kinds({ users, groups: [red] }), [])
    const touched = users.map((one) => ({ ...one, meta: { version: "9" }, groups: [{ value: "g1" }], schemas: [] }))
    const shuffled = [{ ...red, meta: { lastModified: "now" } }]
    assert.deepStrictEqual(kinds({ users: [...touched, user("9", person("dan"))], groups: shuffled }), [])
  })

  it("finds what changed, even what the plan does not touch", () => {
    const now = users.map((one) => (one["id"] === "2" ? { ...one, nickName: "Bobby" } : one))
    assert.deepStrictEqual(kinds({ users: now, groups: [red] }), [["changed", "2"]])
    const joined = { ...red, members: [{ value: "3" }, { value: "4" }] }
    assert.deepStrictEqual(kinds({ users, groups: [joined] }), [["changed", "g1"]])
  })

  it("finds what vanished and who appeared", () => {
    assert.deepStrictEqual(kinds({ users: users.slice(1), groups: [] }), [
      ["vanished", "2"],
      ["vanished", "g1"]
    ])
    const { externalId: _, ...unclaimed } = user("9", ann)
    for (const rival of [
      { ...unclaimed, userName: "ANN@example.com" },
      { ...user("9", ann), userName: "x" }
    ]) {
      assert.deepStrictEqual(kinds({ users: [...users, rival], groups: [red] }), [["appeared", "9"]])
    }
    assert.deepStrictEqual(kinds({ users, groups: [red, { id: "g9", displayName: "blue" }] }), [["appeared", "g9"]])
  })

  it("does not take the name that the plan frees for one that appeared", () => {
    const renamed = person("ann", { userName: "ann.new@example.com" })
    const heir = person("bob", { userName: "ann@example.com" })
    const before = [user("1", ann)]
    const plan = make({ people: [renamed, heir], users: before })
    assert.deepStrictEqual(
      plan.actions.map(({ _tag }) => _tag),
      ["Update", "Create"]
    )
    assert.deepStrictEqual(drift(plan, { users: before, groups: [] }), [])
  })

  it("finds every user that moved and no other", () => {
    const moved = FastCheck.subarray([...keys])
    FastCheck.assert(
      FastCheck.property(people, people, moved, (desired, there, moved) => {
        const users = there.map((one) => user(one.key, one))
        const plan = make({ people: desired, users })
        const touched = new Set(plan.actions.flatMap((action) => ("changes" in action ? [action.id] : [])))
        const now = users.map((one) => (moved.some((key) => key === one["id"]) ? { ...one, locale: "moved" } : one))
        assert.deepStrictEqual(
          drift(plan, { users: now, groups: [] })
            .map(({ id }) => id)
            .toSorted(),
          now
            .flatMap(({ id, locale }) => (locale === "moved" && touched.has(String(id)) ? [String(id)] : []))
            .toSorted()
        )
      })
    )
  })
})
