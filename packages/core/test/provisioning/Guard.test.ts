import { assert, describe, it } from "@effect/vitest"
import { DateTime, Schema } from "effect"
import * as FastCheck from "fast-check"
import { Census } from "../../src/provisioning/Census.ts"
import { decide, Decision, standing } from "../../src/provisioning/Decision.ts"
import { careful, judge, Judgement } from "../../src/provisioning/Guard.ts"
import { fingerprint, type Plan } from "../../src/provisioning/Plan.ts"
import { DomainName } from "../../src/setup/Domain.ts"
import { leaving, names, open, reasons } from "./GuardScene.ts"
import { make, managing } from "./PlanApply.ts"
import { person, user } from "./PersonArbitrary.ts"

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
    // Whatever the limits are.
    assert.deepStrictEqual(names(leaving(10, 10), { losses: { count: 100, percent: null } }), ["TooManyLosses"])
    assert.deepStrictEqual(names(leaving(10, 10), { losses: { count: null, percent: null } }), ["TooManyLosses"])
    assert.deepStrictEqual(names(leaving(10, 9), { losses: { count: null, percent: null } }), [])
  })

  it("measures losses by those who have access, and not by who left earlier", () => {
    /** Of so many who have access the last `leaving` are gone, and so are others who lost theirs before. */
    const after = (size: number, leaving: number, earlier: number, leavers: "deactivate" | "delete" = "deactivate") => {
      const active = Array.from({ length: size }, (_, index) => person(`p${index}`))
      const gone = Array.from({ length: earlier }, (_, index) => person(`q${index}`, { active: false }))
      const all = [...active, ...gone]
      return make(
        { people: active.slice(0, size - leaving), users: all.map((one) => user(one.key, one)) },
        { leavers, managed: managing(all.map(({ key }) => [key, key])) }
      )
    }
    assert.deepStrictEqual(reasons(after(2, 2, 1), careful), [
      { _tag: "TooManyLosses", count: 2, of: 2, limit: careful.losses }
    ])
    assert.deepStrictEqual(names(after(10, 10, 123), careful), ["TooManyLosses"])
    assert.deepStrictEqual(names(after(20, 3, 100), careful), ["TooManyLosses"])
    assert.deepStrictEqual(names(after(2, 1, 1), careful), [])
    // Whoever is deleted and had no access loses none.
    const deleting = after(100, 1, 4, "delete")
    assert.deepStrictEqual(names(deleting, { losses: { count: 1, percent: null } }), [])
    assert.deepStrictEqual(names(deleting, { deletions: { count: 4, percent: null } }), ["TooManyDeletions"])
  })

  it("takes nobody for all there are where it is not known how many have access", () => {
    const unknown = (plan: Plan): Plan => {
      const { active: _, ...census } = plan.census
      return { ...plan, census }
    }
    assert.deepStrictEqual(names(unknown(leaving(1, 1)), careful), [])
    assert.deepStrictEqual(names(unknown(leaving(1, 1, "delete")), careful), [])
    assert.deepStrictEqual(names(unknown(leaving(1, 1)), { ...careful, tolerated: 0 }), ["TooManyLosses"])
    assert.deepStrictEqual(names(unknown(leaving(100, 3)), careful), ["TooManyLosses"])
    const { census } = unknown(leaving(1, 1))
    assert.deepStrictEqual(Schema.decodeUnknownSync(Census)(census), census)
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

  it("keeps the last admin, however they would go", () => {
    const admin = person("ann", { role: "admin" })
    const managed = managing([["1", "ann"]])
    // Whoever is ours and stays, so that not all lose their access.
    const staying = person("eve")
    const users = [user("1", admin), user("9", staying)]
    const going: ReadonlyArray<Plan> = [
      make({ people: [staying], users }, { managed }),
      make({ people: [staying], users }, { managed, leavers: "delete" }),
      make({ people: [staying, person("ann", { role: "viewer" })], users }),
      make({ people: [staying, person("ann", { role: "admin", active: false })], users })
    ]
    for (const plan of going) {
      assert.deepStrictEqual(reasons(plan, { minAdmins: 1 }), [{ _tag: "LastAdmin", before: 1, after: 0, minimum: 1 }])
      assert.deepStrictEqual(names(plan, { minAdmins: 0 }), [])
    }
    const replaced = make({ people: [staying, person("bob", { role: "admin" })], users }, { managed })
    assert.deepStrictEqual(names(replaced, { minAdmins: 1 }), [])
    const other = make(
      { people: [staying], users: [...users, user("2", person("bob", { role: "admin" }))] },
      { managed }
    )
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
    const dotted = person("dan", { userName: "dan@example.com." })
    assert.deepStrictEqual(names(make({ people: [dotted] }), domains), ["OutsideDomains"])
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
