import { assert, describe, it } from "@effect/vitest"
import type { Action } from "../../src/provisioning/Action.ts"
import { retryPlan, retryStates } from "../../src/runs/RetryPlan.ts"
import { type ItemOutcome, phaseOf, type RunItem, stateOf } from "../../src/runs/RunItem.ts"

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
const groupDelete: Action = {
  _tag: "GroupDelete",
  id: "g",
  key: "g",
  label: "a group",
  at: null,
  reason: "groupGone",
  basis: "0"
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

describe("what a run left undone", () => {
  const items = [
    item(0, groupDelete, dropped("cancelled")),
    item(1, create("failed"), failed),
    item(2, create("doubtful"), { _tag: "Doubtful", id: "d", doubt: "" }),
    item(3, create("done"), { _tag: "Done", id: "x", by: "answer" }),
    item(4, create("rejected"), dropped("rejected")),
    item(5, create("needs another"), dropped("notCreated")),
    item(6, conflict, dropped("conflict")),
    item(7, create("not tried yet"), null)
  ]

  it("is the same actions in the order of doing: failed, doubtful, cancelled, and what waited for another", () => {
    const { actions, counts } = retryPlan({ census, withheld: [] }, items)
    assert.deepStrictEqual(
      actions.map(({ label }) => label),
      ["doubtful", "failed", "needs another", "a group"]
    )
    assert.deepStrictEqual(counts, { Create: 3, GroupDelete: 1 })
    for (const action of actions) assert.isTrue(items.some((one) => one.action === action))
  })
  it("is found among the states that are read for it", () => {
    const states: ReadonlyArray<string> = retryStates
    const read = items.filter(({ state }) => states.includes(state))
    assert.deepStrictEqual(retryPlan({ census, withheld: [] }, read), retryPlan({ census, withheld: [] }, items))
  })
  it("of a run that left nothing is nothing", () => {
    assert.deepStrictEqual(retryPlan({ census, withheld: [] }, items.slice(3, 5)).actions, [])
  })
})
