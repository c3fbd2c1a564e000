import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as FastCheck from "fast-check"
import type { Action } from "../../src/provisioning/Action.ts"
import { fingerprint, isEmpty, Plan, type PlanInput } from "../../src/provisioning/Plan.ts"
import type { Person } from "../../src/provisioning/Person.ts"
import { Digests, withDigests } from "../../src/provisioning/PersonDigest.ts"
import { sentBefore } from "../../src/provisioning/PlanOptions.ts"
import { enterpriseUserUrn, rolePath } from "../../src/scim/Schemas.ts"
import { incomplete, make, managing, told } from "./PlanApply.ts"
import { departmentPath, person, user, workPhonePath } from "./PersonArbitrary.ts"

const only = (planned: Plan): Action => {
  assert.lengthOf(planned.actions, 1)
  return planned.actions[0] ?? assert.fail("no action")
}

const operationsOf = (action: Action) => ("operations" in action ? action.operations : assert.fail(action._tag))

/** Of people who were sent. */
const digestsOf = (people: ReadonlyArray<Person>): Digests => {
  const digests = new Digests()
  for (const one of people) digests.take(one)
  return digests
}

const ann = person("ann")
const ours = user("1", ann)

describe("plan", () => {
  it("creates who is not there, and nobody who is inactive", () => {
    const planned = make({ people: [person("bob", { role: "default" }), ann, person("cid", { active: false })] })
    assert.deepStrictEqual(told(planned), [
      ["Create", "ann@example.com", "newInSource"],
      ["Create", "bob@example.com", "newInSource"]
    ])
    assert.deepStrictEqual(planned.skipped, { inactiveAndAbsent: 1 })
    const [, bob] = planned.actions
    const resource = bob?._tag === "Create" ? bob.resource : {}
    assert.deepStrictEqual(resource[enterpriseUserUrn], { loomMemberRole: "default" })
  })

  it("updates attribute by attribute, old to new, in one PATCH", () => {
    const before = person("ann", { attributes: { title: "Old", [departmentPath]: "Sales", nickName: "Annie" } })
    const after = person("ann", {
      name: { givenName: "Anna", familyName: null, formatted: null },
      attributes: { title: "New", [departmentPath]: null, [workPhonePath]: "+1" }
    })
    const action = only(make({ people: [after], users: [user("1", before)] }))
    assert.strictEqual(action._tag, "Update")
    assert.deepStrictEqual(action._tag === "Update" ? action.changes : [], [
      { path: "name.givenName", before: "ANN", after: "Anna" },
      { path: workPhonePath, before: null, after: "+1" },
      { path: "title", before: "Old", after: "New" },
      { path: departmentPath, before: "Sales", after: null }
    ])
    assert.deepStrictEqual(operationsOf(action), [
      { op: "remove", path: enterpriseUserUrn },
      { op: "replace", value: { name: { givenName: "Anna" }, title: "New" } },
      // By its path, since SCIMMY adds a list without one to the list that is there.
      { op: "replace", path: "phoneNumbers", value: [{ type: "work", value: "+1" }] }
    ])
  })

  it("does nothing about spelling that SCIM does not tell apart, nor about what nobody maps", () => {
    const users = [
      {
        ...ours,
        userName: "Ann@Example.com",
        active: "True",
        title: "kept",
        emails: [{ value: "ANN@example.com", type: "home" }]
      }
    ]
    const planned = make({ people: [ann], users })
    assert.deepStrictEqual([planned.actions, planned.skipped], [[], { unchanged: 1 }])
  })

  it("keeps a role that is none or default, and changes others", () => {
    const admin = user("1", person("ann", { role: "admin" }))
    for (const role of [null, "default"] as const) {
      assert.isTrue(isEmpty(make({ people: [person("ann", { role })], users: [admin] })))
    }
    const action = only(make({ people: [person("ann", { role: "viewer" })], users: [admin] }))
    assert.deepStrictEqual(action._tag === "RoleChange" ? [action.reason, action.changes] : action._tag, [
      "roleDiffers",
      [{ path: rolePath, before: "admin", after: "viewer" }]
    ])
  })

  it("shuts out and lets in as the source says", () => {
    const gone = person("ann", { active: false })
    assert.deepStrictEqual(told(make({ people: [gone], users: [ours] })), [
      ["Deactivate", "ann@example.com", "inactiveInSource"]
    ])
    assert.deepStrictEqual(told(make({ people: [ann], users: [user("1", gone)] })), [
      ["Reactivate", "ann@example.com", "activeInSource"]
    ])
  })

  it("deactivates or deletes whom we manage and the source no longer has, by the policy", () => {
    const managed = managing([["1", "ann"]])
    const action = only(make({ users: [ours] }, { managed }))
    assert.deepStrictEqual(action._tag === "Deactivate" ? [action.reason, action.operations, action.before] : [], [
      "goneFromSource",
      [{ op: "replace", path: "active", value: false }],
      ours
    ])
    assert.deepStrictEqual(told(make({ users: [ours] }, { managed, leavers: "delete" })), [
      ["Delete", "ann@example.com", "goneFromSource"]
    ])
    const inactive = [user("1", person("ann", { active: false }))]
    assert.deepStrictEqual(make({ users: inactive }, { managed }).skipped, { alreadyInactive: 1 })
  })

  it("sends what the server shows of nobody once, and again when it changes or something else differs", () => {
    const head = person("ann", { attributes: { title: "Head" } })
    const managed = managing([["1", "ann"]])
    const [sent] = withDigests([{ endpoint: "Users", id: "1", key: "ann" }], digestsOf([head]))
    const known = { managed, isAsSent: sentBefore(sent === undefined ? [] : [sent]) }
    const input = { people: [head], users: [ours] }
    const settled = make(input, known)
    assert.deepStrictEqual([settled.actions, settled.skipped], [[], { sentAndNotShown: 1 }])
    const plannedAgain: ReadonlyArray<Plan> = [
      // Nobody knows what was sent.
      make(input, { managed }),
      // Sent was something else.
      make({ ...input, people: [person("ann", { attributes: { title: "Chief" } })] }, known),
      // The server does show it, of somebody, or perhaps of somebody who was not listed.
      make({ ...input, users: [ours, user("2", person("bob", { attributes: { title: "Cook" } }))] }, known),
      make({ ...input, usersVerdict: incomplete }, known),
      // It is not all.
      make({ ...input, users: [{ ...ours, name: { givenName: "Anne" } }] }, known),
      make({ ...input, users: [{ ...ours, externalId: "another" }] }, { ...known, adopt: "any" })
    ]
    for (const planned of plannedAgain)
      assert.deepStrictEqual(told(planned), [["Update", "ann@example.com", "differs"]])
  })

  it("never takes a role that is not shown for one that was sent", () => {
    const admin = person("ann", { role: "admin" })
    const [sent] = withDigests([{ endpoint: "Users", id: "1", key: "ann" }], digestsOf([admin]))
    const known = { managed: managing([["1", "ann"]]), isAsSent: sentBefore(sent === undefined ? [] : [sent]) }
    assert.deepStrictEqual(told(make({ people: [admin], users: [ours] }, known)), [
      ["RoleChange", "ann@example.com", "roleDiffers"]
    ])
  })

  it("leaves alone what something else created", () => {
    for (const leavers of ["deactivate", "delete"] as const) {
      const planned = make({ users: [ours, user("2", person("bob"))] }, { leavers, adopt: "any" })
      assert.deepStrictEqual([planned.actions, planned.skipped], [[], { unmanaged: 2 }])
    }
  })

  it("adopts only when told to, and by name before address", () => {
    const { externalId: _, ...unclaimed } = ours
    const byEmail = { ...unclaimed, userName: "annie" }
    assert.deepStrictEqual(make({ people: [ann], users: [unclaimed] }).skipped, { notAdopted: 1 })
    const adopted = only(make({ people: [ann], users: [unclaimed] }, { adopt: "unclaimed" }))
    assert.strictEqual(adopted.reason, "matchedByUserName")
    assert.deepStrictEqual(operationsOf(adopted), [{ op: "replace", value: { externalId: "ann" } }])
    assert.deepStrictEqual(told(make({ people: [ann], users: [byEmail] }, { adopt: "unclaimed" })), [
      ["Adopt", "ann@example.com", "matchedByEmail"]
    ])
    const claimed = [{ ...ours, externalId: "okta-1" }]
    assert.deepStrictEqual(told(make({ people: [ann], users: claimed }, { adopt: "unclaimed" })), [
      ["Conflict", "ann@example.com", "otherExternalId"]
    ])
    assert.deepStrictEqual(told(make({ people: [ann], users: claimed }, { adopt: "any" })), [
      ["Adopt", "ann@example.com", "matchedByUserName"]
    ])
  })

  it("finds by user name in any case, also where the address is another", () => {
    const { externalId: _, ...unclaimed } = ours
    const users = [{ ...unclaimed, userName: " Ann@EXAMPLE.com", emails: [{ value: "a@old.example" }] }]
    const action = only(make({ people: [ann], users }, { adopt: "unclaimed" }))
    assert.deepStrictEqual([action._tag, action.reason], ["Adopt", "matchedByUserName"])
  })

  it("gives the same reasons for people in each other's way, whatever their order", () => {
    const mail = (value: string) => [{ value, type: "work", primary: true }]
    const bob = person("bob", { emails: ann.emails })
    const cid = person("cid", { userName: "ann@example.com", emails: mail("cid@example.com") })
    const dan = person("dan", { emails: mail("eve@example.com") })
    const expected = [
      ["ann", "sameUserName"],
      ["cid", "sameUserName"],
      ["bob", "sameEmail"],
      ["dan", "sameEmail"],
      ["eve", "sameEmail"]
    ]
    const everybody = FastCheck.shuffledSubarray([ann, bob, cid, dan, person("eve")], { minLength: 5 })
    FastCheck.assert(
      FastCheck.property(everybody, (people) => {
        assert.deepStrictEqual(
          make({ people }).actions.map(({ key, reason }) => [key, reason]),
          expected
        )
      })
    )
  })

  it("knows a managed user by id when the server keeps no external ids", () => {
    const { externalId: _, ...unkeyed } = ours
    const forgotten = { ...unkeyed, userName: "old@example.com" }
    const managed = managing([["1", "ann"]])
    const action = only(make({ people: [ann], users: [forgotten] }, { managed }))
    assert.deepStrictEqual(operationsOf(action), [{ op: "replace", value: { userName: "ann@example.com" } }])
    assert.isTrue(isEmpty(make({ people: [ann], users: [unkeyed] }, { managed })))
    assert.deepStrictEqual(make({ unreadable: ["ann"], users: [unkeyed] }, { managed }).skipped, {
      unreadableInSource: 1
    })
    const taken = [{ ...ours, externalId: "okta-1" }]
    assert.deepStrictEqual(told(make({ people: [ann], users: taken }, { managed })), [
      ["Conflict", "ann@example.com", "otherExternalId"]
    ])
  })

  it("never guesses between several", () => {
    const { externalId: _, ...unclaimed } = ours
    const adopt = "any"
    const conflict = (input: Partial<PlanInput>) =>
      make(input, { adopt }).actions.map((action) => [
        action._tag,
        action.reason,
        action._tag === "Conflict" ? action.ids : []
      ])
    assert.deepStrictEqual(conflict({ people: [ann], users: [ours, user("2", ann)] }), [
      ["Conflict", "severalMatch", ["1", "2"]]
    ])
    assert.deepStrictEqual(
      conflict({
        people: [ann],
        users: [
          { ...ours, userName: "old" },
          { ...unclaimed, id: "2" }
        ]
      }),
      [["Conflict", "severalMatch", ["1", "2"]]]
    )
    const byMail = { ...unclaimed, userName: "x" }
    assert.deepStrictEqual(conflict({ people: [ann], users: [byMail, { ...byMail, id: "2", userName: "y" }] }), [
      ["Conflict", "severalMatch", ["1", "2"]]
    ])
    const bob = person("bob")
    const torn = { ...unclaimed, emails: [{ value: "bob@example.com" }] }
    assert.deepStrictEqual(conflict({ people: [ann, bob], users: [torn] }), [
      ["Conflict", "pointsToTwo", ["1"]],
      ["Conflict", "pointsToTwo", ["1"]]
    ])
    assert.deepStrictEqual(conflict({ people: [ann, person("ann", { active: false })], users: [ours] }), [
      ["Conflict", "sameKey", ["1"]]
    ])
    assert.deepStrictEqual(conflict({ people: [ann, person("bob", { userName: "ann@example.com" })] }), [
      ["Conflict", "sameUserName", []],
      ["Conflict", "sameUserName", []]
    ])
    assert.deepStrictEqual(conflict({ people: [ann, person("bob", { emails: ann.emails })] }), [
      ["Conflict", "sameEmail", []],
      ["Conflict", "sameEmail", []]
    ])
    const { id: __, ...nameless } = ours
    assert.deepStrictEqual(conflict({ people: [person("ann", { active: false })], users: [nameless] }), [
      ["Conflict", "idMissing", []]
    ])
    assert.deepStrictEqual(conflict({ people: [person("ann", { attributes: { "meta.x": 1 } })], users: [ours] }), [
      ["Conflict", "notExpressible", ["1"]]
    ])
    const twice = person("ann", { attributes: { title: "a", TITLE: "b" } })
    assert.deepStrictEqual(conflict({ people: [twice], users: [ours] }), [["Conflict", "notExpressible", ["1"]]])
  })

  it("does not take a mere address for a rival of our external id", () => {
    const rival = { ...user("2", person("bob")), emails: [{ value: "ann@example.com" }] }
    const input = { people: [ann], users: [{ ...ours, title: "x" }, rival] }
    assert.isTrue(isEmpty(make(input)))
    assert.deepStrictEqual(told(make(input, { managed: managing([["2", "bob"]]) })), [
      ["Deactivate", "bob@example.com", "goneFromSource"]
    ])
  })

  it("doubts only the person whom it cannot tell by external id", () => {
    const { externalId: _, ...stranger } = user("2", person("bob"))
    const torn = { ...stranger, emails: [{ value: "ann@example.com" }] }
    for (const users of [
      [ours, torn],
      [torn, ours]
    ]) {
      const planned = make({ people: [ann, person("bob")], users }, { adopt: "unclaimed" })
      assert.deepStrictEqual(told(planned), [["Conflict", "bob@example.com", "pointsToTwo"]])
      assert.deepStrictEqual(planned.skipped, { unchanged: 1 })
    }
  })

  it("concludes no leaver from what was not wholly read, and says why", () => {
    const users = [ours, user("2", person("bob"))]
    const managed = managing([
      ["1", "ann"],
      ["2", "bob"]
    ])
    const cases: ReadonlyArray<readonly [Partial<PlanInput>, string]> = [
      [{ usersVerdict: incomplete }, "usersIncomplete"],
      [{ sourceFailure: "the file is cut" }, "sourceFailed"],
      [{ unreadable: [null] }, "keysUnreadable"]
    ]
    for (const [input, reason] of cases) {
      const planned = make({ people: [person("ann", { role: "admin" })], users, ...input }, { managed })
      assert.deepStrictEqual(told(planned), [["RoleChange", "ann@example.com", "roleDiffers"]])
      assert.deepStrictEqual(
        [planned.withheld.map((one) => one.reason), planned.skipped],
        [[reason], { leaversWithheld: 1 }]
      )
    }
    const unreadable = make({ people: [ann], users, unreadable: ["bob"] }, { managed })
    assert.deepStrictEqual([unreadable.actions, unreadable.skipped], [[], { unchanged: 1, unreadableInSource: 1 }])
  })

  it("is data: it survives JSON, and its fingerprint with it", () => {
    const planned = make({ people: [ann, person("bob", { groups: ["Red"] })], users: [{ ...ours, active: false }] })
    const codec = Schema.fromJsonString(Plan)
    const back = Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(planned))
    assert.deepStrictEqual(back, planned)
    assert.strictEqual(fingerprint(back), fingerprint(planned))
    assert.notStrictEqual(fingerprint(make({ people: [ann] })), fingerprint(planned))
  })
})
