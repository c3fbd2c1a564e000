/** Runs and actions to store. */
import type { ManagedResource } from "@loom-scim/core/ports/Runs"
import type { Action } from "@loom-scim/core/provisioning/Action"
import type { Decision } from "@loom-scim/core/provisioning/Decision"
import { type Run, runIdOf } from "@loom-scim/core/runs/Run"
import type { ItemOutcome } from "@loom-scim/core/runs/RunItem"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { DateTime } from "effect"
import { acme, start } from "./sample.ts"

export const ada: Actor = { name: 'Ada "the" Löwe', face: "cli" }
export const bob: Actor = { name: "bob", face: "api" }

/** So many seconds after the start. */
export const at = (seconds: number) => DateTime.add(start, { seconds })

/** The run that began so many seconds after the start. */
export const run = (seconds: number, fields: Partial<Run> = {}): Run => ({
  id: runIdOf(DateTime.toEpochMillis(at(seconds)), seconds),
  connectionId: acme,
  kind: "reconcile",
  parent: null,
  startedAt: at(seconds),
  startedBy: ada,
  endedAt: null,
  source: "Leute 'neu'.csv",
  census: { people: 3, duplicates: 0, users: 4, managed: 2, unmanaged: 1, admins: 1 },
  withheld: [{ reason: "sourceFailed", detail: "line 7 is cut off" }],
  plan: `plan-${seconds}`,
  judgement: {
    _tag: "Held",
    reasons: [
      { _tag: "TooManyLosses", count: 5, of: 6, limit: { count: 3, percent: 12.5 } },
      { _tag: "ProtectedPeople", count: 1, labels: ["Zoë \u0007\\"] }
    ]
  },
  status: { _tag: "Running" },
  stops: 0,
  cancelledBy: null,
  ...fields
})

/** A person of the source. */
const person = (number: number) => ({ key: `k${number}`, label: `Zoë № ${number} \u{1f600}`, at: `line ${number}` })

export const create = (number: number): Action => ({
  _tag: "Create",
  ...person(number),
  reason: "newInSource",
  resource: {
    userName: `u${number}@acme.com`,
    emails: [{ value: `u${number}@acme.com`, primary: true }],
    note: "\u0000"
  }
})

export const change = (number: number): Action => ({
  _tag: "Update",
  ...person(number),
  id: `id${number}`,
  reason: "differs",
  changes: [{ path: "displayName", before: null, after: 'Z "o" ë' }],
  operations: [{ op: "replace", path: "displayName", value: 'Z "o" ë' }],
  admin: { before: false, after: false },
  basis: `basis${number}`
})

export const departure = (number: number): Action => ({
  _tag: "Delete",
  id: `id${number}`,
  key: null,
  label: `u${number}@acme.com`,
  reason: "goneFromSource",
  basis: `basis${number}`,
  before: { id: `id${number}`, active: true, groups: [] }
})

export const conflict = (number: number): Action => ({
  _tag: "Conflict",
  endpoint: "Users",
  ...person(number),
  reason: "sameKey",
  ids: [],
  detail: "two records"
})

/** Two changes, two creations, a departure, a conflict. */
export const few: ReadonlyArray<Action> = [change(0), change(1), create(2), create(3), departure(4), conflict(5)]

export const done = (id: string): ItemOutcome => ({ _tag: "Done", id, by: "answer" })

export const failed: ItemOutcome = {
  _tag: "Failed",
  error: "InvalidRequest",
  message: "The server refused it.",
  detail: 'it\'s \u0000 \\u0000 "bad"',
  next: "Look at the person."
}

export const user = (id: string, fields: Partial<ManagedResource> = {}): ManagedResource => ({
  endpoint: "Users",
  id,
  key: `key of ${id}`,
  digest: `digest of ${id}`,
  groups: ["staff", "a,b"],
  ...fields
})

export const decision = (verdict: Decision["verdict"], seconds: number): Decision => ({
  verdict,
  by: bob,
  at: at(seconds),
  plan: "plan-0",
  reasons: ["TooManyLosses"],
  note: "it's fine"
})
