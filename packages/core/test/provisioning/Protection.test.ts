import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { GuardPolicy } from "../../src/provisioning/Guard.ts"
import { FilterText } from "../../src/provisioning/Protection.ts"
import { enterpriseUserUrn } from "../../src/scim/Schemas.ts"
import { leaving, names, reasons } from "./GuardScene.ts"
import { incomplete, make, managing } from "./PlanApply.ts"
import { person, user } from "./PersonArbitrary.ts"

const ann = person("ann")

describe("protection", () => {
  it("protects people by key, by user name and by filter", () => {
    const plan = leaving(5, 2)
    assert.deepStrictEqual(reasons(plan, { protectedPeople: ["P4"] }), [
      { _tag: "ProtectedPeople", count: 1, labels: ["p4@example.com"] }
    ])
    assert.deepStrictEqual(names(plan, { protectedPeople: ["p3@example.com"] }), ["ProtectedPeople"])
    assert.deepStrictEqual(names(plan, { protectedPeople: ["p1"] }), [])
    const filter = (text: string) => ({ protectedFilter: FilterText.make(text) })
    assert.deepStrictEqual(names(plan, filter('name.givenName eq "P3"')), ["ProtectedPeople"])
    assert.deepStrictEqual(names(plan, filter('name.givenName eq "P1"')), [])
    assert.isTrue(Result.isFailure(Schema.decodeUnknownResult(FilterText)("userName eq")))
    const unread = { protectedFilter: "userName eq" as FilterText }
    assert.deepStrictEqual(names(plan, unread), ["ProtectedPeople"])
  })

  it("lets protected people keep their role, whoever renames them and whatever it was", () => {
    const founder = (rest: Parameters<typeof person>[1]) =>
      person("ann", { attributes: { userType: "Founder" }, ...rest })
    const byFilter = { protectedFilter: FilterText.make('userType eq "Founder"') }
    const policies: ReadonlyArray<Partial<GuardPolicy>> = [
      { protectedPeople: ["ann@example.com"] },
      { protectedPeople: ["ANN"] },
      byFilter
    ]
    const roles = [
      ["admin", "creator"],
      ["admin", "viewer"],
      ["creator", "viewer"]
    ] as const
    for (const [higher, lower] of roles) {
      const taking = [
        make({ people: [founder({ role: lower })], users: [user("1", founder({ role: higher }))] }),
        make({
          people: [founder({ role: lower, userName: "new@example.com", attributes: { userType: "Left" } })],
          users: [user("1", founder({ role: higher }))]
        })
      ]
      for (const plan of taking) {
        for (const policy of policies) assert.deepStrictEqual(names(plan, policy), ["ProtectedPeople"])
        assert.deepStrictEqual(names(plan, { protectedPeople: ["bob"] }), [])
        assert.deepStrictEqual(names(plan, { protectedFilter: FilterText.make('userType eq "Left"') }), [])
      }
      const giving = make({ people: [founder({ role: higher })], users: [user("1", founder({ role: lower }))] })
      for (const policy of policies) assert.deepStrictEqual(names(giving, policy), [])
    }
    const renaming = make({ people: [founder({ userName: "new@example.com" })], users: [user("1", founder({}))] })
    for (const policy of policies) assert.deepStrictEqual(names(renaming, policy), [])
    const rekeyed = make(
      {
        people: [person("new", { role: "viewer" })],
        users: [user("1", person("ann", { role: "admin", userName: "new@example.com" }))]
      },
      { adopt: "any" }
    )
    assert.deepStrictEqual(names(rekeyed, { protectedPeople: ["ann"] }), ["ProtectedPeople"])
    // What a role is that we do not know cannot be told, so that it may be the higher one.
    const owner = user("1", founder({}), { [enterpriseUserUrn]: { loomMemberRole: "owner" } })
    const owning = make({ people: [founder({ role: "admin" })], users: [owner] })
    for (const policy of policies) assert.deepStrictEqual(names(owning, policy), ["ProtectedPeople"])
  })

  it("protects groups from losing those who are deleted, as far as it is known who is in them", () => {
    const crew = { id: "g1", displayName: "Crew", externalId: "k1", members: [{ value: "1" }] }
    const managed = managing(
      [
        ["1", "ann"],
        ["2", "bob"]
      ],
      ["g1"]
    )
    const input = { people: [person("bob")], users: [user("1", person("ann")), user("2", person("bob"))] }
    const held = [{ _tag: "ProtectedGroups", count: 1, labels: ["Crew"] }]
    const deleting = make({ ...input, actualGroups: [crew] }, { managed, leavers: "delete" })
    assert.deepStrictEqual<unknown>(reasons(deleting, { protectedGroups: ["crew"] }), held)
    assert.deepStrictEqual(names(deleting, { protectedGroups: ["K1"] }), ["ProtectedGroups"])
    assert.deepStrictEqual(names(deleting, { protectedGroups: ["other"] }), [])
    const shown = user("1", person("ann"), { groups: [{ value: "g1", display: "Crew" }] })
    const unread = make({ ...input, users: [shown, user("2", person("bob"))] }, { managed, leavers: "delete" })
    assert.deepStrictEqual<unknown>(reasons(unread, { protectedGroups: ["crew"] }), held)
    const outside = make({ ...input, actualGroups: [{ ...crew, members: [] }] }, { managed, leavers: "delete" })
    assert.deepStrictEqual(names(outside, { protectedGroups: ["crew"] }), [])
  })

  it("protects groups from losing members, their name, or all", () => {
    const ann = person("ann")
    const red = { id: "g1", displayName: "Red", externalId: "Red", members: [{ value: "1" }] }
    const input = { people: [ann], users: [user("1", ann)], actualGroups: [red] }
    const managed = managing([["1", "ann"]], ["g1"])
    for (const leftGroups of ["empty", "delete"] as const) {
      const plan = make(input, { managed, leftGroups })
      assert.deepStrictEqual(reasons(plan, { protectedGroups: ["red"] }), [
        { _tag: "ProtectedGroups", count: 1, labels: ["Red"] }
      ])
      assert.deepStrictEqual(names(plan, { protectedGroups: ["blue"] }), [])
    }
    const renaming = make({ people: [person("ann", { groups: ["RED"] })], users: [], actualGroups: [red] })
    assert.deepStrictEqual(names(renaming, { protectedGroups: ["Red"] }), ["ProtectedGroups"])
  })

  it("says whom the policy names and nobody is, once everybody was seen", () => {
    const red = { id: "g1", displayName: "Red", externalId: "k1", members: [] }
    const protect = {
      protectedPeople: [" ANN", "bob@example.com", "old", "typo@example.com"],
      protectedFilter: FilterText.make('userType eq "Founder"'),
      protectedGroups: ["red", "K1", "crew", "blue"]
    }
    const input = {
      people: [ann, person("bob", { groups: ["Blue"] })],
      users: [user("1", person("ann")), user("2", person("cid", { userName: "old" }))],
      actualGroups: [red]
    }
    assert.deepStrictEqual(make(input, { protect }).unmatched, [
      { field: "protectedPeople", name: "typo@example.com" },
      { field: "protectedFilter", name: 'userType eq "Founder"' },
      { field: "protectedGroups", name: "crew" }
    ])
    const founders = [user("1", person("ann"), { userType: "founder" })]
    const matched = { ...protect, protectedPeople: ["ann"], protectedGroups: [] }
    assert.notProperty(make({ ...input, users: founders }, { protect: matched }), "unmatched")
    assert.notProperty(make(input), "unmatched")
    for (const some of [{ usersVerdict: incomplete }, { sourceFailure: "cut" }]) {
      assert.notProperty(make({ ...input, ...some }, { protect }), "unmatched")
    }
    const { actualGroups: _, ...groupless } = { ...input, people: [ann, person("bob")] }
    assert.notInclude(
      (make(groupless, { protect }).unmatched ?? []).map(({ field }) => field),
      "protectedGroups"
    )
  })
})
