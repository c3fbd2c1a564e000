import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import * as FastCheck from "fast-check"
import { careful, judge } from "../../src/provisioning/Guard.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import type { Plan } from "../../src/provisioning/Plan.ts"
import type { Person } from "../../src/provisioning/Person.ts"
import type { PlanOptions } from "../../src/provisioning/PlanOptions.ts"
import { drift } from "../../src/provisioning/PlanDrift.ts"
import { canonical } from "../../src/provisioning/Fingerprint.ts"
import { letGo, undoPlan, type UndoOptions } from "../../src/provisioning/Undo.ts"
import * as UndoRead from "../../src/provisioning/UndoRead.ts"
import { phaseOf, type ItemOutcome, type RunItem } from "../../src/runs/RunItem.ts"
import { isJsonObject, type JsonObject } from "../../src/scim/Json.ts"
import { isArray } from "../../src/scim/ResourceValue.ts"
import { enterpriseUserUrn } from "../../src/scim/Schemas.ts"
import { connectedTo, empty, serve } from "./IncrementalServer.ts"
import { applyPlan, make, managing } from "./PlanApply.ts"
import { keys, people, person, personOf, user } from "./PersonArbitrary.ts"

const options: UndoOptions = {
  leavers: "deactivate",
  diff: {},
  census: { people: 0, duplicates: 0, users: 9, managed: 9, unmanaged: 0, admins: 0 }
}

/** An item that was carried out; created resources have the ids that `applyPlan` gives. */
const item = (action: Action, position = 0, by: "answer" | "found" = "answer"): RunItem => {
  const id = "id" in action && action.id !== null ? action.id : `new-${action.key}`
  const outcome: ItemOutcome = { _tag: "Done", id, by }
  const isIdle = action._tag === "Conflict" || action._tag === "Skip"
  return {
    position,
    phase: phaseOf(action),
    action,
    state: isIdle ? "dropped" : "done",
    intendedAt: null,
    settledAt: DateTime.makeUnsafe(0),
    outcome: isIdle ? { _tag: "Dropped", reason: "conflict" } : outcome
  }
}

const itemsOf = ({ actions }: Plan) => actions.map((action, position) => item(action, position))

const presentOf = (users: ReadonlyArray<JsonObject>, groups: ReadonlyArray<JsonObject> = []) => ({
  user: (id: string) => users.find((one) => one["id"] === id) ?? null,
  group: (id: string) => groups.find((one) => one["id"] === id) ?? null
})

/** A resource without what a server sets by itself, members in any order. */
const plainly = (resource: JsonObject) => canonical({ ...resource, schemas: null, meta: null })

interface Scene {
  readonly desired: ReadonlyArray<Person>
  readonly users: ReadonlyArray<JsonObject>
  readonly groups: ReadonlyArray<JsonObject>
  readonly some: Partial<PlanOptions>
}

const scene: FastCheck.Arbitrary<Scene> = FastCheck.record({
  desired: people,
  there: FastCheck.subarray([...keys]).chain((some) => FastCheck.tuple(...some.map(personOf))),
  managed: FastCheck.subarray([...keys]),
  leavers: FastCheck.constantFrom("deactivate" as const, "delete" as const),
  adopt: FastCheck.constantFrom("never" as const, "unclaimed" as const, "any" as const),
  members: FastCheck.subarray([...keys]),
  hasKey: FastCheck.boolean()
}).map(({ adopt, desired, hasKey, leavers, managed, members, there }) => {
  const users = there.map((one) => {
    const { externalId, ...unclaimed } = user(`id-${one.key}`, one)
    return managed.some((key) => key === one.key) ? { ...unclaimed, externalId: externalId ?? null } : unclaimed
  })
  const ids = new Set<unknown>(users.map(({ id }) => id))
  const inside = members.map((key) => ({ value: `id-${key}` })).filter(({ value }) => ids.has(value))
  const red = { id: "g1", displayName: hasKey ? "Red" : "red", members: inside }
  const groups = [hasKey ? { ...red, externalId: "Red" } : red]
  const known = managing(
    managed.map((key) => [`id-${key}`, key]),
    hasKey ? ["g1"] : []
  )
  return { desired, users, groups, some: { adopt, leavers, managed: known } }
})

const membersOf = (group: JsonObject | undefined) =>
  (isArray(group?.["members"]) ? group["members"] : []).map((one) => (isJsonObject(one) ? String(one["value"]) : ""))

describe("undoing a run", () => {
  it("restores everything that can be restored", () => {
    FastCheck.assert(
      FastCheck.property(scene, ({ desired, groups, some, users }) => {
        const planned = make({ people: desired, users, actualGroups: groups }, some)
        const done = applyPlan(planned, users, groups, some.managed)
        const leavers = some.leavers ?? "deactivate"
        const undone = undoPlan(itemsOf(planned), presentOf(done.users, done.groups), { ...options, leavers })
        assert.deepStrictEqual(drift(undone.plan, { users: done.users, groups: done.groups }), [])
        const restored = applyPlan(undone.plan, done.users, done.groups, done.managed)
        const deleted = new Set(planned.actions.flatMap((action) => (action._tag === "Delete" ? [action.id] : [])))
        const byId = new Map(restored.users.map((one) => [one["id"], one]))
        for (const before of users) {
          if (deleted.has(String(before["id"]))) continue
          assert.strictEqual(plainly(byId.get(before["id"]) ?? {}), plainly(before))
          byId.delete(before["id"])
        }
        // Whoever is left was created by the run.
        for (const one of byId.values()) assert.isFalse(one["active"] === true || leavers === "delete")
        assert.deepStrictEqual(
          undone.impossible.map(({ reason }) => reason),
          [...deleted].map(() => "deleted")
        )
        const [red] = restored.groups
        const expected = membersOf(groups[0]).filter((id) => !deleted.has(id))
        assert.deepStrictEqual(membersOf(red).toSorted(), expected.toSorted())
        assert.strictEqual(red?.["externalId"], groups[0]?.["externalId"])
        assert.lengthOf(restored.groups, 1)
      }),
      { numRuns: 500 }
    )
  })

  it("leaves nothing to do when it is done again", () => {
    FastCheck.assert(
      FastCheck.property(scene, ({ desired, groups, some, users }) => {
        const planned = make({ people: desired, users, actualGroups: groups }, some)
        const done = applyPlan(planned, users, groups, some.managed)
        const undone = undoPlan(itemsOf(planned), presentOf(done.users, done.groups), options)
        const restored = applyPlan(undone.plan, done.users, done.groups, done.managed)
        const again = undoPlan(itemsOf(planned), presentOf(restored.users, restored.groups), options)
        assert.deepStrictEqual(again.plan.actions, [])
      }),
      { numRuns: 200 }
    )
  })
})

/** A run that changed ada. */
const changed = () => {
  const ada = person("ada", { attributes: { title: "Countess", displayName: "Ada" } })
  const before = user("1", ada, { title: "Miss", displayName: "A." })
  const planned = make({ people: [ada], users: [before] }, { managed: managing([["1", "ada"]]) })
  const { users } = applyPlan(planned, [before], [])
  return { before, items: itemsOf(planned), now: users[0] ?? {} }
}

describe("undoPlan", () => {
  it("leaves what was changed again, and says so", () => {
    const { items, now } = changed()
    const { impossible, plan } = undoPlan(items, presentOf([{ ...now, title: "Lady" }]), options)
    assert.deepStrictEqual(
      plan.actions.map((action) => ("changes" in action ? [action._tag, action.reason, action.changes] : [])),
      [["Update", "undone", [{ path: "displayName", before: "Ada", after: "A." }]]]
    )
    assert.deepStrictEqual(impossible, [
      { label: "ada@example.com", tag: "Update", reason: "movedOn", detail: "title" }
    ])
  })
  it("undoes only what was done, the doubtful included", () => {
    const { items, now } = changed()
    const outcomes: ReadonlyArray<ItemOutcome | null> = [
      null,
      { _tag: "Failed", error: "ServerFault", message: "", detail: null, next: "" },
      { _tag: "Dropped", reason: "cancelled" },
      { _tag: "Doubtful", id: "1", doubt: "?" }
    ]
    const counts = outcomes.map((outcome) => {
      const [one] = items
      return one === undefined ? -1 : undoPlan([{ ...one, outcome }], presentOf([now]), options).plan.actions.length
    })
    assert.deepStrictEqual(counts, [0, 0, 0, 1])
  })
  it("shuts out whom the run created, and the guard measures it", () => {
    const created = keys.map((key) => person(key))
    const planned = make({ people: created })
    const { users } = applyPlan(planned, [], [])
    const present = presentOf(users)
    const { plan } = undoPlan(itemsOf(planned), present, options)
    assert.deepStrictEqual(plan.counts, { Deactivate: keys.length })
    assert.strictEqual(judge(plan, careful)._tag, "Held")
    assert.deepStrictEqual(undoPlan(itemsOf(planned), present, { ...options, leavers: "delete" }).plan.counts, {
      Delete: keys.length
    })
  })
  it("does not shut out somebody who was there before", () => {
    const ada = person("ada")
    const [create] = make({ people: [ada] }).actions
    if (create === undefined) throw new Error("nothing was planned")
    const found = item(create, 0, "found")
    const { externalId: _, ...bare } = user("new-ada", ada)
    const reasonOf = (now: JsonObject, of = found) =>
      undoPlan([of], presentOf([now]), options).impossible.map(({ reason }) => reason)
    assert.deepStrictEqual(reasonOf(bare), ["notOurs"])
    assert.deepStrictEqual(reasonOf({ ...bare, externalId: "other" }), ["notOurs"])
    assert.deepStrictEqual(reasonOf({ ...bare, externalId: "ada" }), [])
    assert.deepStrictEqual(reasonOf({ ...bare, externalId: "other" }, item(create)), ["movedOn"])
  })
  it("says what cannot be undone", () => {
    const gone = { id: "1", key: "ada", label: "ada", at: null, reason: "groupGone", basis: "" } as const
    const { impossible } = undoPlan(
      [item({ _tag: "GroupDelete", ...gone }), item({ _tag: "Delete", ...gone, before: {} }), ...changed().items],
      presentOf([]),
      options
    )
    assert.deepStrictEqual(
      impossible.map(({ reason, tag }) => [tag, reason]),
      [
        ["GroupDelete", "groupDeleted"],
        ["Delete", "deleted"],
        ["Update", "vanished"]
      ]
    )
  })
  it("keeps a group that others have joined", () => {
    const planned = make({ people: [person("ada", { groups: ["Red"] })] })
    const { groups, users } = applyPlan(planned, [], [])
    const joined = groups.map((group) => ({ ...group, members: [{ value: "new-ada" }, { value: "guest" }] }))
    const { impossible, plan } = undoPlan(itemsOf(planned), presentOf(users, joined), options)
    assert.deepStrictEqual(
      impossible.map(({ detail, reason }) => [reason, detail]),
      [["othersInside", "1"]]
    )
    assert.notProperty(plan.counts, "GroupDelete")
  })
  it("takes nobody out of a group who is about to be deleted, and puts nobody in who was", () => {
    const red = { id: "g", displayName: "Red", externalId: "Red", members: [] }
    const planned = make({ people: [person("ada", { groups: ["Red"] })], actualGroups: [red] })
    const { groups, users } = applyPlan(planned, [], [red])
    const undone = (leavers: "deactivate" | "delete") =>
      undoPlan(itemsOf(planned), presentOf(users, groups), { ...options, leavers }).plan.counts
    assert.deepStrictEqual(undone("deactivate"), { Deactivate: 1, MembersRemove: 1 })
    assert.deepStrictEqual(undone("delete"), { Delete: 1 })
    const left = { id: "1", key: "bob", label: "bob", at: null, reason: "goneFromSource", basis: "" } as const
    const both = ["1", "2"].map((id) => ({ key: null, id, label: id }))
    const { impossible, plan } = undoPlan(
      [item({ _tag: "MembersRemove", ...left, id: "g", members: both }), item({ _tag: "Delete", ...left, before: {} })],
      presentOf([], [red]),
      options
    )
    assert.deepStrictEqual(
      plan.actions.map((action) => ("members" in action ? action.members.map(({ id }) => id) : [])),
      [["2"]]
    )
    assert.deepStrictEqual(
      impossible.map(({ reason, tag }) => [tag, reason]),
      [
        ["MembersRemove", "deleted"],
        ["Delete", "deleted"]
      ]
    )
  })
  it("lets go of a user that the run had taken over", () => {
    const ada = person("ada", { attributes: { title: "Countess" } })
    const { externalId: _, ...before } = user("1", person("ada"))
    const planned = make({ people: [ada], users: [before] }, { adopt: "unclaimed" })
    const { users } = applyPlan(planned, [before], [])
    const { plan } = undoPlan(itemsOf(planned), presentOf(users), options)
    assert.deepStrictEqual(
      plan.actions.map(({ _tag, key }) => [_tag, key]),
      [["Update", null]]
    )
    assert.notProperty(applyPlan(plan, users, []).users[0] ?? {}, "externalId")
    assert.deepStrictEqual(letGo(itemsOf(plan)), [{ _tag: "Forget", endpoint: "Users", id: "1" }])
    assert.deepStrictEqual(letGo(itemsOf(planned)), [])
    const red = { id: "g", displayName: "Red", members: [] }
    const joining = make({ people: [person("ada", { groups: ["Red"] })], actualGroups: [red] }, { adopt: "unclaimed" })
    const joined = applyPlan(joining, [], [red])
    const undone = undoPlan(itemsOf(joining), presentOf(joined.users, joined.groups), options)
    assert.deepStrictEqual(undone.plan.counts, { Deactivate: 1, GroupAdopt: 1, MembersRemove: 1 })
    assert.deepStrictEqual(letGo(itemsOf(undone.plan)), [{ _tag: "Forget", endpoint: "Groups", id: "g" }])
  })
})

describe("UndoRead.plan", () => {
  const ours = { endpoint: "Users", id: "new-ada", key: "ada", digest: null, groups: [] } as const

  it.effect("asks for members by name before it takes a group for empty", () =>
    Effect.gen(function* () {
      const planned = make({ people: [person("ada", { groups: ["Red"] })] })
      const { groups, users } = applyPlan(planned, [], [])
      const joined = groups.map((group) => ({ ...group, members: [{ value: "guest" }] }))
      const answers = serve({ ...empty, groups: joined, users })
      const hiding = serve({ ...empty, groups: joined.map((group) => ({ ...group, members: null })), users })
      const { impossible, plan } = yield* connectedTo(
        empty,
        (connected) => UndoRead.plan({ connected, items: itemsOf(planned), managed: [ours] }),
        "deactivate",
        (seen) => (seen.query.get("attributes") === "members" ? answers(seen) : hiding(seen))
      )
      assert.deepStrictEqual(plan.counts, { Deactivate: 1 })
      assert.deepStrictEqual(
        impossible.map(({ reason }) => reason),
        ["othersInside"]
      )
    })
  )
  it.effect("reads each resource once, and counts admins when one would be lost", () =>
    Effect.gen(function* () {
      const admin = { [enterpriseUserUrn]: { loomMemberRole: "admin" } }
      const planned = make({ people: [person("ada", { role: "admin", groups: ["Red"] })] })
      const { groups, users } = applyPlan(planned, [], [])
      const world = { ...empty, groups, users: [...users, { id: "2", userName: "root", active: true, ...admin }] }
      const { requests, undone } = yield* connectedTo(world, (connected, seen) =>
        Effect.map(UndoRead.plan({ connected, items: itemsOf(planned), managed: [ours] }), (undone) => ({
          undone,
          requests: seen.map(({ path }) => path)
        }))
      )
      assert.deepStrictEqual(undone.plan.counts, { Deactivate: 1, GroupDelete: 1 })
      const { active, admins, managed } = undone.plan.census
      assert.deepStrictEqual([admins, managed, active], [2, 1, 1])
      assert.deepStrictEqual(requests.slice(0, 2), ["/Users/new-ada", "/Groups/new-Red"])
      const gone = yield* connectedTo(empty, (connected) =>
        UndoRead.plan({ connected, items: itemsOf(planned), managed: [ours] })
      )
      // Whatever was added is as good as undone.
      assert.deepStrictEqual([gone.plan.actions, gone.plan.skipped, gone.impossible], [[], { unchanged: 2 }, []])
    })
  )
})
