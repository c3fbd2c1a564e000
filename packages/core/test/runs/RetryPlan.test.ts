import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { Runs } from "../../src/ports/Runs.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import { fingerprintOfResource } from "../../src/provisioning/Fingerprint.ts"
import type { Now } from "../../src/runs/RetryOutcome.ts"
import { retryPlan, retryStates } from "../../src/runs/RetryPlan.ts"
import * as RetryRead from "../../src/runs/RetryRead.ts"
import { type Run, runIdOf, type RunKind } from "../../src/runs/Run.ts"
import { type ItemOutcome, phaseOf, type RunItem, stateOf } from "../../src/runs/RunItem.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { groupType, loomUser, rolePath } from "../../src/scim/Schemas.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { connectedTo, empty } from "../provisioning/IncrementalServer.ts"
import { Kept, layer } from "./memoryRuns.ts"

const census = { people: 9, duplicates: 0, users: 9, managed: 9, unmanaged: 0, admins: 1 }

const create = (label: string): Action => ({
  _tag: "Create",
  key: label,
  label,
  at: null,
  reason: "newInSource",
  resource: { userName: label }
})
const conflict: Action = {
  _tag: "Conflict",
  endpoint: "Users",
  key: "c",
  label: "c",
  at: null,
  reason: "sameKey",
  ids: [],
  detail: ""
}
const theGroup: JsonObject = { id: "g", displayName: "a group" }
const groupDelete: Action = {
  _tag: "GroupDelete",
  id: "g",
  key: "g",
  label: "a group",
  at: null,
  reason: "groupGone",
  basis: fingerprintOfResource(theGroup, groupType)
}

const item = (position: number, action: Action, outcome: ItemOutcome | null): RunItem => ({
  position,
  phase: phaseOf(action),
  action,
  state: outcome === null ? "planned" : stateOf(outcome),
  intendedAt: null,
  settledAt: null,
  outcome
})

const failed: ItemOutcome = { _tag: "Failed", error: "Conflict", message: "", detail: null, next: "" }
const dropped = (reason: "cancelled" | "rejected" | "notCreated" | "conflict"): ItemOutcome => ({
  _tag: "Dropped",
  reason
})

const found = { census, withheld: [] }

/** Nobody has done anything since. */
const quiet: Now = {
  user: () => null,
  group: () => null,
  rival: () => null,
  idOf: () => null,
  isMade: () => false,
  isDecided: () => false,
  isGroupDecided: () => false
}

const doubtful: ItemOutcome = { _tag: "Doubtful", id: "d", doubt: "" }

describe("what a run left undone", () => {
  const items = [
    item(0, groupDelete, dropped("cancelled")),
    item(1, create("failed"), failed),
    item(2, create("doubtful"), doubtful),
    item(3, create("done"), { _tag: "Done", id: "x", by: "answer" }),
    item(4, create("rejected"), dropped("rejected")),
    item(5, create("needs another"), dropped("notCreated")),
    item(6, conflict, dropped("conflict")),
    item(7, create("not tried yet"), null)
  ]
  const untouched = { ...quiet, group: () => theGroup }

  it("is the same actions in the order of doing: failed, doubtful, cancelled, and what waited for another", () => {
    const { impossible, plan } = retryPlan(found, items, untouched)
    assert.deepStrictEqual(
      plan.actions.map(({ label }) => label),
      ["doubtful", "failed", "needs another", "a group"]
    )
    assert.deepStrictEqual([plan.counts, impossible], [{ Create: 3, GroupDelete: 1 }, []])
    for (const action of plan.actions) assert.isTrue(items.some((one) => one.action === action))
  })
  it("is found among the states that are read for it", () => {
    const states: ReadonlyArray<string> = retryStates
    const read = items.filter(({ state }) => states.includes(state))
    assert.deepStrictEqual(retryPlan(found, read, untouched), retryPlan(found, items, untouched))
  })
  it("of a run that left nothing is nothing", () => {
    assert.deepStrictEqual(retryPlan(found, items.slice(3, 5), untouched).plan.actions, [])
  })
})

/** What comes of one item: the actions, how many need none any more, and the reasons of what is not tried. */
const of = (action: Action, now: Partial<Now>, outcome: ItemOutcome = failed) => {
  const { impossible, plan } = retryPlan(found, [item(0, action, outcome)], { ...quiet, ...now })
  return {
    actions: plan.actions,
    left: plan.skipped["unchanged"] ?? 0,
    reasons: impossible.map(({ detail, reason }) => (detail === "" ? reason : `${reason} ${detail}`))
  }
}
const same = { actions: [], left: 1, reasons: [] }
const not = (...reasons: Array<string>) => ({ actions: [], left: 0, reasons })

describe("trying a user again", () => {
  const user: JsonObject = { id: "1", userName: "ada", title: "old", active: true }
  const change = {
    id: "1",
    key: "ada",
    label: "ada",
    at: null,
    reason: "differs",
    admin: { before: false, after: false },
    basis: fingerprintOfResource(user, loomUser)
  } as const
  const update: Action = {
    ...change,
    _tag: "RoleChange",
    changes: [
      { path: "title", before: "old", after: "new" },
      { path: rolePath, before: null, after: "creator" }
    ],
    operations: [
      { op: "replace", path: "title", value: "new" },
      { op: "replace", path: rolePath, value: "creator" }
    ]
  }
  const deactivate: Action = {
    ...change,
    _tag: "Deactivate",
    before: user,
    changes: [{ path: "active", before: true, after: false }],
    operations: [{ op: "replace", path: "active", value: false }]
  }
  const remove: Action = { ...change, _tag: "Delete", before: user }
  const now = (some: JsonObject) => ({ user: () => ({ ...user, ...some }) })

  it("does what was planned of whoever is as the plan saw them", () => {
    for (const action of [update, deactivate, remove]) {
      assert.deepStrictEqual(of(action, now({})), { actions: [action], left: 0, reasons: [] })
    }
  })
  it("leaves whoever was changed since, and says what was", () => {
    assert.deepStrictEqual(of(update, now({ title: "newer" })), not("movedOn title"))
    assert.deepStrictEqual(of(update, now({ nickName: "A" })), not("movedOn"))
    assert.deepStrictEqual(of(deactivate, now({ title: "newer" })), not("movedOn"))
    assert.deepStrictEqual(of(remove, now({ title: "newer" })), not("movedOn"))
  })
  it("has nothing left to do of whoever is as they are to be, and of leavers who are gone", () => {
    assert.deepStrictEqual(of(deactivate, now({ active: false, title: "newer" })), same)
    for (const action of [deactivate, remove]) assert.deepStrictEqual(of(action, {}), same)
    assert.deepStrictEqual(of(update, {}), not("vanished"))
  })
  it("goes on with what the run itself did in part, from how it is now", () => {
    const { actions, reasons } = of(update, now({ title: "new" }), doubtful)
    const basis = fingerprintOfResource({ ...user, title: "new" }, loomUser)
    assert.deepStrictEqual([actions, reasons], [[{ ...update, basis }], []])
    assert.deepStrictEqual(of(update, now({ title: "new", nickName: "A" }), doubtful), not("movedOn"))
  })
  it("leaves to a later plan whom it looked at", () => {
    const isDecided: Now["isDecided"] = ({ id, key }) => id === "1" || key === "bob"
    for (const action of [update, deactivate, remove, create("bob")]) {
      assert.deepStrictEqual(of(action, { ...now({}), isDecided }), not("decidedAnew"))
    }
    assert.deepStrictEqual(of(create("eve"), { isDecided }).actions, [create("eve")])
  })
  it("creates nobody who is there by now, but lets the server judge who else has the name", () => {
    const rival = (some: JsonObject) => ({ rival: () => ({ id: "7", userName: "bob", ...some }) })
    assert.deepStrictEqual(of(create("bob"), rival({ externalId: "bob" })), not("appeared"))
    assert.deepStrictEqual(of(create("bob"), rival({ id: "d" }), doubtful), not("appeared"))
    assert.deepStrictEqual(of(create("bob"), rival({ externalId: "other" })).actions, [create("bob")])
    assert.deepStrictEqual(of(create("bob"), { ...rival({ externalId: "bob" }), isMade: () => true }), same)
  })
})

describe("trying a group again", () => {
  const members = ["1", "2", "3"].map((id) => ({ id, key: `k${id}`, label: id }))
  const common = { id: "g", key: "Red", label: "Red", at: null, basis: "planned" } as const
  const add: Action = { ...common, _tag: "MembersAdd", reason: "memberMissing", members }
  const take: Action = { ...common, _tag: "MembersRemove", reason: "memberLeft", members }
  const group = (some: JsonObject) => ({ group: () => ({ id: "g", displayName: "Red", ...some }) })
  const inside = (...ids: ReadonlyArray<string>) => group({ members: ids.map((value) => ({ value })) })
  const idsIn = ({ actions }: ReturnType<typeof of>) =>
    actions.flatMap((action) => ("members" in action ? action.members.map(({ id }) => id) : []))

  it("moves only the members who are still to go", () => {
    assert.deepStrictEqual(idsIn(of(add, inside("1", "9"))), ["2", "3"])
    assert.deepStrictEqual(idsIn(of(take, inside("1", "9"))), ["1"])
    assert.deepStrictEqual(of(add, inside("1", "2", "3")), same)
    assert.deepStrictEqual(of(take, inside()), same)
    // A group that shows no members may have any.
    assert.deepStrictEqual(idsIn(of(take, group({}))), ["1", "2", "3"])
    assert.deepStrictEqual([of(add, {}), of(take, {})], [not("vanished"), same])
  })
  it("leaves members to a later plan that looked at them", () => {
    const isDecided: Now["isDecided"] = ({ key }) => key === "k2"
    const some = of(add, { ...inside("1"), isDecided })
    assert.deepStrictEqual([idsIn(some), some.reasons], [["3"], ["decidedAnew 1 of the members"]])
    assert.deepStrictEqual(of(add, { ...inside("1", "3"), isDecided }), not("decidedAnew 1 of the members"))
  })
  it("only adds to a group that was made and lacks members, also those who were created since", () => {
    const made: Action = {
      _tag: "GroupCreate",
      key: "Red",
      label: "Red",
      at: null,
      reason: "newInSource",
      resource: { displayName: "Red" },
      members: [...members, { id: null, key: "k4", label: "4" }]
    }
    const idOf: Now["idOf"] = (key) => (key === "k4" ? "4" : null)
    assert.deepStrictEqual(of(made, { ...inside("1", "2", "3", "4"), idOf }, doubtful), same)
    const { actions } = of(made, { ...inside("1", "2", "4"), idOf }, doubtful)
    assert.deepInclude(actions[0], { _tag: "MembersAdd", id: "d" })
    assert.deepStrictEqual(idsIn(of(made, { ...inside("1", "2", "4"), idOf }, doubtful)), ["3"])
    assert.deepStrictEqual(of(made, { rival: () => ({ id: "g", displayName: "Red" }) }), not("appeared"))
    assert.deepStrictEqual(of(made, {}).actions, [made])
  })
  it("renames, takes over and deletes what is as the plan saw it", () => {
    const replace = (path: string, value: string) => [{ op: "replace", path, value }]
    const rename: Action = {
      ...common,
      _tag: "GroupRename",
      reason: "nameDiffers",
      before: "red",
      operations: replace("displayName", "Red")
    }
    const adopt: Action = {
      ...common,
      _tag: "GroupAdopt",
      reason: "matchedByName",
      operations: replace("externalId", "Red")
    }
    assert.deepStrictEqual(of(rename, group({ displayName: "red" })).actions, [rename])
    assert.deepStrictEqual(of(rename, group({})), same)
    assert.deepStrictEqual(of(rename, group({ displayName: "Blue" })), not("movedOn displayName"))
    assert.deepStrictEqual(of(adopt, group({})).actions, [adopt])
    assert.deepStrictEqual(of(adopt, group({ externalId: "Red" })), same)
    assert.deepStrictEqual(of(adopt, group({ externalId: "theirs" })), not("movedOn externalId"))
    assert.deepStrictEqual(
      of(groupDelete, { group: () => ({ ...theGroup, members: [{ value: "9" }] }) }),
      not("movedOn")
    )
    assert.deepStrictEqual(of(groupDelete, {}), same)
    assert.deepStrictEqual(of(groupDelete, { group: () => theGroup, isGroupDecided: () => true }), not("decidedAnew"))
  })
})

describe("what came after a run", () => {
  const connectionId = ConnectionId.make("acme")
  const at = (second: number) => DateTime.makeUnsafe(1_000_000 + second * 1000)
  const runOf = (second: number, kind: RunKind, some: Partial<Run> = {}): Run => ({
    id: runIdOf(DateTime.toEpochMillis(at(second)), 100 - second),
    connectionId,
    kind,
    parent: null,
    startedAt: at(second),
    startedBy: { face: "cli", name: "ada" },
    endedAt: null,
    source: "people.csv",
    census,
    withheld: [],
    plan: "",
    judgement: { _tag: "Clear" },
    status: { _tag: "Completed" },
    stops: 0,
    cancelledBy: null,
    ...some
  })
  const bob = create("bob")
  const first = runOf(0, "reconcile")

  /** Creating Bob and Eve again on an empty server. */
  const planned = (kept: Kept) =>
    connectedTo(empty, (connected) =>
      Effect.gen(function* () {
        const later = yield* RetryRead.runsAfter(first)
        const managed = yield* Runs.use((runs) => runs.managed(connectionId))
        const items = [item(0, bob, failed), item(1, create("eve"), failed)]
        const { impossible, plan } = yield* RetryRead.plan({ run: first, connected, items, later, managed })
        return [plan.actions.map(({ label }) => label), impossible.map(({ label, reason }) => `${label} ${reason}`)]
      }).pipe(Effect.provide(layer(kept)))
    )
  const having = (...runs: ReadonlyArray<readonly [run: Run, action: Action | null, outcome: ItemOutcome]>) => {
    const kept = new Kept()
    for (const [run, action, outcome] of runs) {
      kept.runs.set(run.id, run)
      kept.items.set(run.id, action === null ? [] : [item(0, action, outcome)])
    }
    return kept
  }

  it.effect("knows better of whom it is about, and a plan about everybody of all", () =>
    Effect.gen(function* () {
      const done: ItemOutcome = { _tag: "Done", id: "b", by: "answer" }
      const before = runOf(-9, "reconcile")
      const itself = [first, bob, failed] as const
      assert.deepStrictEqual(yield* planned(having([before, bob, failed], itself)), [["bob", "eve"], []])
      const provision = runOf(0, "provision", { startedAt: DateTime.add(at(0), { milliseconds: 9 }) })
      const one = yield* planned(having(itself, [provision, bob, failed]))
      assert.deepStrictEqual(one, [["eve"], ["bob decidedAnew"]])
      const all = yield* planned(having(itself, [runOf(5, "reconcile"), null, failed]))
      assert.deepStrictEqual(all, [[], ["bob decidedAnew", "eve decidedAnew"]])
      const withheld = [{ reason: "sourceFailed", detail: "" }] as const
      const half = yield* planned(having(itself, [runOf(5, "reconcile", { withheld }), null, failed]))
      assert.deepStrictEqual(half, [["bob", "eve"], []])
      const retried = runOf(5, "retry", { parent: first.id })
      assert.deepStrictEqual(yield* planned(having(itself, [retried, bob, done])), [["eve"], []])
      assert.deepStrictEqual(yield* planned(having(itself, [retried, bob, failed])), [["bob", "eve"], []])
    })
  )
  it.effect("is known of people also where a plan had nothing to do, by what was kept of them", () =>
    Effect.gen(function* () {
      const kept = having([first, bob, failed])
      const manage = (digest: string | null) =>
        kept.managed.set(`${connectionId} Users b`, { endpoint: "Users", id: "b", key: "bob", digest, groups: [] })
      manage(null)
      assert.deepStrictEqual(yield* planned(kept), [["bob", "eve"], []])
      manage("0")
      assert.deepStrictEqual(yield* planned(kept), [["eve"], ["bob decidedAnew"]])
    })
  )
})
