/** A source that is another when it is read for the second time. */
import { assert, describe, it } from "@effect/vitest"
import type { Person } from "../../src/provisioning/Person.ts"
import { Planner } from "../../src/provisioning/Planner.ts"
import { type Again, complete, makeTwice, managing, options, told } from "./PlanApply.ts"
import { person, user } from "./PersonArbitrary.ts"

const ann = person("ann")
const ours = user("1", ann)

describe("the second reading", () => {
  it("notices a source that changes between its two readings", () => {
    const planner = new Planner(options)
    planner.desired(ann)
    planner.desired(ann)
    const settlement = planner.finish({ sourceFailure: null, users: complete })
    const reasonOf = (one: Person) => settlement.settle(one)?.reason
    assert.strictEqual(reasonOf(person("bob")), "sourceChanged")
    assert.strictEqual(reasonOf(person("ann", { active: false })), "sourceChanged")
    assert.isUndefined(reasonOf(ann))
    assert.strictEqual(settlement.census.duplicates, 1)
  })

  it("takes nobody for gone whom the second reading has, by key, user name or address", () => {
    const users = [ours, user("2", person("bob")), user("3", person("cid"))]
    const managed = managing(users.map(({ id, externalId }) => [String(id), String(externalId)]))
    const gone = (again: Again) =>
      makeTwice({ people: [ann], users }, { ...again, people: [ann, ...again.people] }, { managed })
    assert.deepStrictEqual(told(gone({ people: [] })), [
      ["Deactivate", "bob@example.com", "goneFromSource"],
      ["Deactivate", "cid@example.com", "goneFromSource"]
    ])
    const late: ReadonlyArray<Person> = [
      person("bob"),
      person("bob", { userName: "new@example.com" }),
      person("other", { userName: "bob@example.com" }),
      person("other", { userName: "other", emails: person("bob").emails })
    ]
    for (const one of late) {
      const planned = gone({ people: [one] })
      assert.deepStrictEqual(told(planned), [
        ["Deactivate", "cid@example.com", "goneFromSource"],
        ["Conflict", one.userName, "sourceChanged"]
      ])
      assert.strictEqual(planned.skipped["leaversWithheld"], 1)
    }
    const unreadable = gone({ people: [], unreadable: ["bob"] })
    assert.deepStrictEqual(told(unreadable), [["Deactivate", "cid@example.com", "goneFromSource"]])
    assert.strictEqual(unreadable.skipped["unreadableInSource"], 1)
  })

  it("concludes nothing from a second reading that was not whole either", () => {
    const red = { id: "g1", displayName: "Red", externalId: "Red", members: [{ value: "1" }, { value: "2" }] }
    const left = { id: "g2", displayName: "Left", externalId: "Left", members: [{ value: "2" }] }
    const users = [ours, user("2", person("bob"))]
    const managed = managing(
      [
        ["1", "ann"],
        ["2", "bob"]
      ],
      ["g1", "g2"]
    )
    const input = { people: [person("ann", { groups: ["Red"] })], users, actualGroups: [red, left] }
    for (const leftGroups of ["empty", "delete"] as const) {
      const some = { managed, leftGroups }
      assert.lengthOf(makeTwice(input, { people: input.people }, some).actions, 3)
      for (const [again, reason] of [
        [{ failure: "cut" }, "sourceFailed"],
        [{ unreadable: [null] }, "keysUnreadable"]
      ] as const) {
        const planned = makeTwice(input, { people: input.people, ...again }, some)
        assert.deepStrictEqual(planned.actions, [])
        assert.deepStrictEqual(
          planned.withheld.map((one) => one.reason),
          [reason]
        )
        assert.deepStrictEqual(planned.skipped, { groupsWithheld: 1, leaversWithheld: 1, unchanged: 1 })
      }
    }
  })

  it("needs only those again who differ, and notices when one of them is missing", () => {
    const planner = new Planner(options)
    const rows = [ann, person("bob"), person("cid")].map((one) => planner.desired(one))
    planner.actual(ours)
    planner.actual(user("2", person("bob", { active: false })))
    const settlement = planner.finish({ sourceFailure: null, users: complete })
    assert.deepStrictEqual(
      rows.map((row) => row !== null && settlement.isOpen(row)),
      [false, true, true]
    )
    assert.strictEqual(settlement.settle(person("bob"))?._tag, "Reactivate")
    assert.deepStrictEqual(
      [...settlement.rest()].map(({ key, reason }) => [key, reason]),
      [
        ["ann", "unchanged"],
        ["cid", "sourceChanged"]
      ]
    )
  })
})
