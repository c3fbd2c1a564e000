import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result, Schema } from "effect"
import * as FastCheck from "fast-check"
import { decide, Decision, standing } from "../../src/provisioning/Decision.ts"
import { careful, FilterText, type GuardPolicy, judge, Judgement } from "../../src/provisioning/Guard.ts"
import { fingerprint, type Plan } from "../../src/provisioning/Plan.ts"
import { DomainName } from "../../src/setup/Domain.ts"
import { make, managing } from "./PlanApply.ts"
import { person, user } from "./PersonArbitrary.ts"

const open: GuardPolicy = {
  ...careful,
  losses: { count: null, percent: null },
  deletions: { count: null, percent: null },
  minAdmins: 0
}

const reasons = (plan: Plan, policy: Partial<GuardPolicy>) => {
  const judgement = judge(plan, { ...open, ...policy })
  return judgement._tag === "Held" ? judgement.reasons : []
}

const names = (plan: Plan, policy: Partial<GuardPolicy>) => reasons(plan, policy).map(({ _tag }) => _tag)

/** A directory of `size` people of ours, of whom the last `leaving` are gone from the source. */
const leaving = (size: number, leaving: number, leavers: "deactivate" | "delete" = "deactivate"): Plan => {
  const all = Array.from({ length: size }, (_, index) => person(`p${index}`))
  return make(
    { people: all.slice(0, size - leaving), users: all.map((one) => user(one.key, one)) },
    { leavers, managed: managing(all.map(({ key }) => [key, key])) }
  )
}

describe("judge", () => {
  it("lets a plan pass that takes nothing from anybody", () => {
    assert.deepStrictEqual(judge(make({ people: [person("ann"), person("bob")] }), careful), { _tag: "Clear" })
  })

  it("counts losses, absolutely and per cent, whichever is exceeded first", () => {
    const count = { losses: { count: 3, percent: null } }
    assert.deepStrictEqual(names(leaving(50, 3), count), [])
    assert.deepStrictEqual(reasons(leaving(50, 4), count), [
      { _tag: "TooManyLosses", count: 4, of: 50, limit: count.losses }
    ])
    const percent = { losses: { count: null, percent: 10 } }
    assert.deepStrictEqual(names(leaving(50, 5), percent), [])
    assert.deepStrictEqual(names(leaving(50, 6), percent), ["TooManyLosses"])
    const both = { losses: { count: 3, percent: 10 } }
    assert.deepStrictEqual(names(leaving(20, 3), both), ["TooManyLosses"])
    assert.deepStrictEqual(names(leaving(100, 4), both), ["TooManyLosses"])
  })

  it("holds deletions by a limit of their own, and a few in a small directory by none of per cent", () => {
    assert.deepStrictEqual(names(leaving(100, 6, "delete"), careful), ["TooManyDeletions"])
    assert.deepStrictEqual(names(leaving(100, 6), careful), [])
    assert.deepStrictEqual(names(leaving(3, 2, "delete"), careful), [])
    assert.deepStrictEqual(names(leaving(3, 3), careful), ["TooManyLosses"])
  })

  it("holds the loss of everybody we manage, however few they are", () => {
    for (const size of [1, 2]) {
      assert.deepStrictEqual(names(leaving(size, size), careful), ["TooManyLosses"])
      assert.deepStrictEqual(names(leaving(size, size, "delete"), careful), ["TooManyLosses", "TooManyDeletions"])
    }
    assert.deepStrictEqual(names(leaving(2, 1), careful), [])
    assert.deepStrictEqual(names(leaving(2, 2), { losses: { count: null, percent: null } }), [])
  })

  it("holds a plan that takes many out of groups, but for those who lose their access as well", () => {
    const members = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ key: `p${index}`, id: `p${index}`, label: `p${index}` }))
    const removal = (count: number): Plan["actions"][number] => ({
      _tag: "MembersRemove",
      id: "g1",
      key: "team",
      label: "Team",
      at: null,
      reason: "memberLeft",
      basis: "",
      members: members(count)
    })
    const taking = (count: number): Plan => ({ ...leaving(50, 0), actions: [removal(count)] })
    assert.deepStrictEqual(names(taking(10), careful), [])
    assert.deepStrictEqual(reasons(taking(11), careful), [
      { _tag: "TooManyRemovals", count: 11, of: 50, limit: careful.removals }
    ])
    const departed = leaving(11, 11)
    const both = { ...departed, actions: [...departed.actions, removal(11)] }
    assert.deepStrictEqual(names(both, careful), ["TooManyLosses"])
  })

  it("holds the deletion of groups by their number", () => {
    const deletion = (index: number): Plan["actions"][number] => ({
      _tag: "GroupDelete",
      id: `g${index}`,
      key: null,
      label: `Team ${index}`,
      at: null,
      reason: "groupGone",
      basis: ""
    })
    const deleting = (count: number): Plan => ({
      ...leaving(20, 0),
      actions: Array.from({ length: count }, (_, index) => deletion(index))
    })
    assert.deepStrictEqual(names(deleting(3), careful), [])
    assert.deepStrictEqual(names(deleting(4), careful), ["TooManyGroupDeletions"])
    assert.deepStrictEqual(names(deleting(4), { groupDeletions: { count: 4, percent: 0 } }), [])
  })

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

  it("keeps the last admin, however they would go", () => {
    const admin = person("ann", { role: "admin" })
    const managed = managing([["1", "ann"]])
    const users = [user("1", admin)]
    const going: ReadonlyArray<Plan> = [
      make({ users }, { managed }),
      make({ users }, { managed, leavers: "delete" }),
      make({ people: [person("ann", { role: "viewer" })], users }),
      make({ people: [person("ann", { role: "admin", active: false })], users })
    ]
    for (const plan of going) {
      assert.deepStrictEqual(reasons(plan, { minAdmins: 1 }), [{ _tag: "LastAdmin", before: 1, after: 0, minimum: 1 }])
      assert.deepStrictEqual(names(plan, { minAdmins: 0 }), [])
    }
    const replaced = make({ people: [person("bob", { role: "admin" })], users }, { managed })
    assert.deepStrictEqual(names(replaced, { minAdmins: 1 }), [])
    const other = make({ users: [...users, user("2", person("bob", { role: "admin" }))] }, { managed })
    assert.deepStrictEqual(names(other, { minAdmins: 1 }), [])
    assert.deepStrictEqual(names(make({ people: [person("cid")] }), { minAdmins: 1 }), [])
  })

  it("does not count an admin who cannot log in", () => {
    const asleep = person("bob", { role: "viewer", active: false })
    const users = [user("1", person("ann", { role: "admin" })), user("2", asleep)]
    const people = [person("ann", { role: "viewer" }), person("bob", { role: "admin", active: false })]
    assert.deepStrictEqual(names(make({ people, users }), { minAdmins: 1 }), ["LastAdmin"])
    const awake = [person("ann", { role: "viewer" }), person("bob", { role: "admin" })]
    assert.deepStrictEqual(names(make({ people: awake, users }), { minAdmins: 1 }), [])
  })

  it("holds who could not log in for their domain", () => {
    const domains = { domains: [DomainName.make("example.com")] }
    const elsewhere = person("bob", { userName: "bob@elsewhere.org" })
    assert.deepStrictEqual(reasons(make({ people: [person("ann"), elsewhere] }), domains), [
      { _tag: "OutsideDomains", count: 1, labels: ["bob@elsewhere.org"] }
    ])
    assert.deepStrictEqual(names(make({ people: [elsewhere] }), { domains: null }), [])
    const moving = make({ people: [elsewhere], users: [{ ...user("1", elsewhere), userName: "bob@example.com" }] })
    assert.deepStrictEqual(names(moving, domains), ["OutsideDomains"])
    const titled = person("bob", { userName: "bob@elsewhere.org", attributes: { title: "x" } })
    assert.deepStrictEqual(names(make({ people: [titled], users: [user("1", elsewhere)] }), domains), [])
    const asleep = user("1", person("bob", { userName: "bob@elsewhere.org", active: false }))
    assert.deepStrictEqual(names(make({ people: [elsewhere], users: [asleep] }), domains), ["OutsideDomains"])
    const work = { value: "ann@example.com", type: "work", primary: true }
    const second = person("ann", { emails: [work, { value: "ann@home.org", type: "home", primary: false }] })
    assert.deepStrictEqual(names(make({ people: [second] }), domains), [])
  })

  it("never clears a plan by taking more away, or by a stricter policy", () => {
    const limit = FastCheck.record({
      count: FastCheck.option(FastCheck.integer({ min: 0, max: 8 })),
      percent: FastCheck.option(FastCheck.integer({ min: 0, max: 100 }))
    })
    const tighter = (value: number | null, by: number) => (value === null ? by : Math.max(0, value - by))
    const given = FastCheck.record({
      size: FastCheck.integer({ min: 1, max: 12 }),
      some: FastCheck.nat({ max: 11 }),
      losses: limit,
      deletions: limit,
      tolerated: FastCheck.nat({ max: 4 }),
      leavers: FastCheck.constantFrom("deactivate" as const, "delete" as const),
      by: FastCheck.nat({ max: 3 })
    })
    FastCheck.assert(
      FastCheck.property(given, ({ by, deletions, leavers, losses, size, some, tolerated }) => {
        const policy = { ...open, losses, deletions, tolerated }
        const fewer = Math.min(some, size - 1)
        const before = judge(leaving(size, fewer, leavers), policy)
        if (before._tag === "Clear") return
        assert.strictEqual(judge(leaving(size, fewer + 1, leavers), policy)._tag, "Held")
        const strict = {
          ...policy,
          losses: { count: tighter(losses.count, by), percent: tighter(losses.percent, by) },
          tolerated: tighter(tolerated, by)
        }
        assert.strictEqual(judge(leaving(size, fewer, leavers), strict)._tag, "Held")
      }),
      { numRuns: 300 }
    )
  })
})

describe("standing", () => {
  const plan = leaving(3, 3)
  const held = judge(plan, careful)
  const made = {
    verdict: "allow",
    by: { name: "Ann", face: "tui" },
    at: DateTime.makeUnsafe("2026-01-01T00:00:00Z"),
    note: "the office closes"
  } as const

  it("waits for a decision about exactly this plan and these reasons", () => {
    const allowed = decide(fingerprint(plan), held, made)
    assert.deepStrictEqual(allowed.reasons, ["TooManyLosses"])
    assert.deepStrictEqual(standing(fingerprint(plan), held, []), { _tag: "Waits", reasons: ["TooManyLosses"] })
    assert.deepStrictEqual(standing(fingerprint(plan), held, [allowed]), { _tag: "Go" })
    assert.strictEqual(standing(fingerprint(leaving(4, 3)), held, [allowed])._tag, "Waits")
    const stricter = judge(plan, { ...careful, protectedPeople: ["p1"] })
    assert.deepStrictEqual(standing(fingerprint(plan), stricter, [allowed]), {
      _tag: "Waits",
      reasons: ["ProtectedPeople"]
    })
  })

  it("takes the last decision, and a rejection even of what is clear", () => {
    const allowed = decide(fingerprint(plan), held, made)
    const rejected = decide(fingerprint(plan), held, { ...made, verdict: "reject" })
    assert.deepStrictEqual(standing(fingerprint(plan), held, [allowed, rejected]), {
      _tag: "Rejected",
      decision: rejected
    })
    assert.deepStrictEqual(standing(fingerprint(plan), held, [rejected, allowed]), { _tag: "Go" })
    assert.strictEqual(standing(fingerprint(plan), { _tag: "Clear" }, [rejected])._tag, "Rejected")
    assert.deepStrictEqual(standing(fingerprint(plan), { _tag: "Clear" }, []), { _tag: "Go" })
  })

  it("is data, as judgements are", () => {
    const decisions = Schema.fromJsonString(Decision)
    const judgements = Schema.fromJsonString(Judgement)
    const allowed = decide(fingerprint(plan), held, made)
    assert.deepStrictEqual(Schema.decodeUnknownSync(decisions)(Schema.encodeSync(decisions)(allowed)), allowed)
    assert.deepStrictEqual(Schema.decodeUnknownSync(judgements)(Schema.encodeSync(judgements)(held)), held)
  })
})
