/** A plan that came as a file is judged by what the server has, and not by what the file says. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result, Struct } from "effect"
import * as FastCheck from "fast-check"
import type { Action } from "../../src/provisioning/Action.ts"
import { careful, judge } from "../../src/provisioning/Guard.ts"
import type { Person } from "../../src/provisioning/Person.ts"
import type { Plan } from "../../src/provisioning/Plan.ts"
import * as PlanFile from "../../src/provisioning/PlanFile.ts"
import { Grounds } from "../../src/provisioning/PlanGrounds.ts"
import type { PlanOptions } from "../../src/provisioning/PlanOptions.ts"
import { FilterText } from "../../src/provisioning/Protection.ts"
import type { Recognised } from "../../src/provisioning/Recognised.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { baseUrl } from "../scim/ScimClient.harness.ts"
import { make, managing, options } from "./PlanApply.ts"
import { person, user } from "./PersonArbitrary.ts"
import { planScene, scene } from "./PlanScene.ts"

interface Now {
  readonly users: ReadonlyArray<JsonObject>
  readonly groups?: ReadonlyArray<JsonObject>
  readonly some?: Partial<PlanOptions>
  readonly recognised?: ReadonlyArray<Recognised>
}

const ground = (plan: Plan, { groups = [], recognised = [], some = {}, users }: Now) => {
  const { adopt, managed } = { ...options, ...some }
  const connected = { id: ConnectionId.make("acme"), url: baseUrl }
  const about = { connected, madeAt: DateTime.makeUnsafe(0), source: "people.csv", policy: careful }
  const grounds = new Grounds(PlanFile.make({ ...about, adopt, recognised, plan }), managed)
  for (const one of users) grounds.user(one)
  for (const one of groups) grounds.group(one)
  return grounds.grounded
}

const admin = (one: Person): Person => ({ ...one, role: "admin" })
const [ann, bob, cid] = [admin(person("ann")), person("bob"), person("cid")]
const users = [user("1", ann), user("2", bob), user("3", cid), user("4", person("dan"))]
const some = {
  managed: managing(
    [
      ["1", "ann"],
      ["2", "bob"],
      ["3", "cid"]
    ],
    ["g1"]
  )
} as const
const red = { id: "g1", displayName: "Red", externalId: "Red", members: [{ value: "2" }, { value: "4" }] }

/** Bob goes, Ann is an admin no longer, Cid gets a title; the group Red loses Bob. */
const honest = make(
  {
    people: [person("ann", { role: "viewer" }), { ...cid, attributes: { title: "Head" } }],
    users,
    actualGroups: [red],
    groups: []
  },
  some
)

/** The plan with another action in place of those with a tag. */
const forged = <Tag extends Action["_tag"]>(
  tag: Tag,
  change: (action: Extract<Action, { _tag: Tag }>) => Action
): Plan => {
  const isIt = (action: Action): action is Extract<Action, { _tag: Tag }> => action._tag === tag
  assert.isTrue(honest.actions.some(isIt), `the plan has no ${tag}`)
  return { ...honest, actions: honest.actions.map((action) => (isIt(action) ? change(action) : action)) }
}

const refusalOf = (plan: Plan, now: Partial<Now> = {}): string => {
  const grounded = ground(plan, { users, groups: [red], some, ...now })
  return Result.isFailure(grounded) ? grounded.failure.message : assert.fail("it was believed")
}

describe("a plan that came as a file", () => {
  it("is what it was when it says the truth, whatever it does", () => {
    FastCheck.assert(
      FastCheck.property(scene, (given) => {
        const planned = planScene(given)
        const { actualGroups: groups, some, users } = given
        const { plan, recognised } = Result.getOrThrow(ground(planned, { users, groups, some }))
        assert.deepStrictEqual(plan, planned)
        assert.deepStrictEqual(recognised, [])
      }),
      { numRuns: 400 }
    )
  })

  it("is judged by how many there are now, and not by how many it says", () => {
    const boast = { ...honest, census: { ...honest.census, managed: 1000, active: 1000, admins: 50, users: 1000 } }
    assert.strictEqual(judge(boast, { ...careful, tolerated: 0 })._tag, "Clear")
    const { plan } = Result.getOrThrow(ground(boast, { users, groups: [red], some }))
    assert.deepStrictEqual(plan.census, { ...honest.census, users: 4, managed: 3, active: 3, admins: 1 })
    const judgement = judge(plan, { ...careful, tolerated: 0 })
    const reasons = judgement._tag === "Held" ? judgement.reasons.map(({ _tag }) => _tag) : []
    assert.includeMembers(reasons, ["TooManyLosses", "LastAdmin"])
  })

  it("cannot hide in which groups those are whom it deletes", () => {
    const deleting = make(
      { people: [ann, cid], users, actualGroups: [red], groups: [] },
      { ...some, leavers: "delete" }
    )
    const hidden = deleting.actions.map((action) => (action._tag === "Delete" ? { ...action, groups: [] } : action))
    const { plan } = Result.getOrThrow(ground({ ...deleting, actions: hidden }, { users, groups: [red], some }))
    assert.deepStrictEqual(
      plan.actions.flatMap((action) => (action._tag === "Delete" ? [action.groups] : [])),
      [["Red"]]
    )
  })

  it("cannot hide whom it shuts out, whom it demotes, or where they log in", () => {
    const hidden = forged("Deactivate", (action) => ({ ...action, before: {}, admin: { before: false, after: true } }))
    const { plan } = Result.getOrThrow(ground(hidden, { users, groups: [red], some }))
    const out = plan.actions.find(({ _tag }) => _tag === "Deactivate")
    assert.deepStrictEqual(out !== undefined && "before" in out ? out.before : null, users[1])
    const demoted = forged("RoleChange", (action) => ({ ...action, admin: { before: false, after: false } }))
    const known = Result.getOrThrow(ground(demoted, { users, groups: [red], some })).plan.actions
    assert.deepStrictEqual(
      known.flatMap((action) => (action._tag === "RoleChange" ? [action.admin] : [])),
      [{ before: true, after: false }]
    )
    const silent = forged("RoleChange", (action) => ({ ...action, before: {}, changes: [] }))
    const role = Result.getOrThrow(ground(silent, { users, groups: [red], some })).plan.actions.find(
      ({ _tag }) => _tag === "RoleChange"
    )
    const policy = { ...careful, minAdmins: 0, protectedFilter: FilterText.make('userName eq "ann@example.com"') }
    assert.deepStrictEqual(judge({ ...honest, actions: role === undefined ? [] : [role] }, policy), {
      _tag: "Held",
      reasons: [{ _tag: "ProtectedPeople", count: 1, labels: ["ann@example.com"] }]
    })
    const elsewhere = forged("Update", (action) => ({
      ...action,
      operations: [...action.operations, { op: "replace", path: "userName", value: "cid@elsewhere.test" }]
    }))
    const moved = Result.getOrThrow(ground(elsewhere, { users, groups: [red], some })).plan.actions
    assert.deepInclude(
      moved.flatMap((action) => (action._tag === "Update" ? action.changes : [])),
      { path: "userName", before: "cid@example.com", after: "cid@elsewhere.test" }
    )
    assert.match(
      refusalOf(
        forged("Update", (action) => ({ ...action, operations: [{ op: "replace", path: "active", value: false }] }))
      ),
      /shut cid@example.com out/
    )
    assert.match(
      refusalOf(forged("Deactivate", (action) => ({ ...action, label: "zoe@example.com" }))),
      /another user name/
    )
  })

  it("touches nobody who is not ours, and no group", () => {
    const strangers = [
      refusalOf(forged("Deactivate", (action) => ({ ...action, id: "4", label: "dan@example.com" }))),
      refusalOf(forged("Update", (action) => ({ ...action, id: "4", label: "dan@example.com" }))),
      refusalOf(forged("Update", (action) => ({ ...action, id: "nobody" }))),
      refusalOf(
        forged("Deactivate", ({ basis, before, key, label }) => {
          return { _tag: "Delete", id: "4", basis, before, key, label, reason: "goneFromSource" }
        }),
        { some: { ...some, adopt: "any" } }
      ),
      refusalOf(honest, { some: { managed: managing(some.managed.users) } }),
      refusalOf(
        forged("MembersRemove", (action) => ({
          ...action,
          members: [{ key: null, id: "4", label: "dan@example.com" }]
        }))
      )
    ]
    for (const one of strangers) assert.match(one, /not ours to touch.*loom-scim plan --save/)
    const adopting = { ...some, adopt: "any" } as const
    const taken = forged("Update", (action) => ({ ...action, _tag: "Adopt", id: "4", label: "dan@example.com" }))
    assert.isTrue(Result.isSuccess(ground(taken, { users, groups: [red], some: adopting })))
    assert.match(refusalOf(taken, { some: { ...some, adopt: "unclaimed" } }), /not ours to touch/)
  })

  it("leaves a group alone that is ours by its external id alone, but for its members and its name", () => {
    const now = {
      some: { managed: managing(some.managed.users) },
      recognised: [{ endpoint: "Groups", id: "g1", key: "Red" }]
    } as const
    assert.isTrue(Result.isSuccess(ground(honest, { users, groups: [red], ...now })))
    const deleted = forged("MembersRemove", (action) => ({
      ...Struct.omit(action, ["members"]),
      _tag: "GroupDelete",
      reason: "groupGone"
    }))
    assert.isTrue(Result.isSuccess(ground(deleted, { users, groups: [red], some })))
    assert.match(refusalOf(deleted, now), /group Red, which is not ours/)
  })

  it("does not call a group by another name, nor take its members under the name of a renaming", () => {
    assert.match(refusalOf(forged("MembersRemove", (action) => ({ ...action, label: "Blue" }))), /another name/)
    const emptied = forged("MembersRemove", (action) => ({
      ...Struct.omit(action, ["members"]),
      _tag: "GroupRename",
      label: "Crimson",
      before: "Anything",
      operations: [
        { op: "replace", path: "displayName", value: "Crimson" },
        { op: "remove", path: "members" }
      ]
    }))
    assert.match(refusalOf(emptied), /more of the group Crimson than its name/)
    const renamed = forged("MembersRemove", (action) => ({
      ...Struct.omit(action, ["members"]),
      _tag: "GroupRename",
      label: "Crimson",
      before: "Anything",
      operations: [{ op: "replace", path: "displayName", value: "Crimson" }]
    }))
    const { plan } = Result.getOrThrow(ground(renamed, { users, groups: [red], some }))
    assert.deepStrictEqual(
      plan.actions.flatMap((action) => (action._tag === "GroupRename" ? [action.before] : [])),
      ["Red"]
    )
  })

  it("makes nobody ours but those who have our external id on the server", () => {
    const nothing = make({ people: [], users: [] })
    const claimed: ReadonlyArray<Recognised> = [
      { endpoint: "Users", id: "1", key: "ann" },
      { endpoint: "Users", id: "2", key: "somebody" },
      { endpoint: "Groups", id: "g1", key: "red" },
      { endpoint: "Groups", id: "g2", key: "Blue" }
    ]
    const blue = { id: "g2", displayName: "Blue" }
    const { plan, recognised } = Result.getOrThrow(ground(nothing, { users, groups: [red, blue], recognised: claimed }))
    assert.deepStrictEqual(
      recognised.map(({ id }) => id),
      ["1", "g1"]
    )
    assert.strictEqual(plan.census.managed, 1)
  })
})
