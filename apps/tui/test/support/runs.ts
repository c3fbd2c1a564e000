/** A run and its events, made up. */
import type { ItemCount } from "@loom-scim/core/ports/Runs"
import type { ActionTag } from "@loom-scim/core/provisioning/Action"
import type { Run, RunStatus } from "@loom-scim/core/runs/Run"
import { RunId } from "@loom-scim/core/runs/Run"
import type { RunEvent } from "@loom-scim/core/runs/RunEvent"
import type { ItemOutcome, Phase } from "@loom-scim/core/runs/RunItem"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime } from "effect"

export const runId = RunId.make("20261124-193000-a1b2c3")
/** When it was started, in milliseconds. */
export const origin = Date.UTC(2026, 10, 24, 19, 30)

const atOf = (millis: number): DateTime.Utc => DateTime.makeUnsafe(origin + millis)

export const ada = { name: "ada", face: "cli" } as const

export const runWith = (change: Partial<Run> = {}): Run => ({
  id: runId,
  connectionId: ConnectionId.make("acme"),
  kind: "reconcile",
  parent: null,
  startedAt: atOf(0),
  startedBy: ada,
  endedAt: null,
  source: "people.csv",
  census: { people: 20, duplicates: 0, users: 20, managed: 20, unmanaged: 0, admins: 1 },
  withheld: [],
  plan: "0123456789abcd",
  judgement: { _tag: "Clear" },
  status: { _tag: "Running" },
  stops: 0,
  cancelledBy: null,
  ...change
})

/** One action of every phase. */
export const actionIn: Record<Phase, ActionTag> = {
  changes: "Update",
  creations: "Create",
  groups: "GroupCreate",
  memberships: "MembersAdd",
  removals: "MembersRemove",
  departures: "Deactivate",
  groupDeletions: "GroupDelete"
}

export const outcomes: Record<ItemOutcome["_tag"], ItemOutcome> = {
  Done: { _tag: "Done", id: "u1", by: "answer" },
  Doubtful: { _tag: "Doubtful", id: "u1", doubt: "The server left the title as it was." },
  Failed: {
    _tag: "Failed",
    error: "InvalidRequest",
    message: "The server refuses the request (400).",
    detail: "title is too long",
    next: "Shorten the title in the source."
  },
  Dropped: { _tag: "Dropped", reason: "notCreated" }
}

export const began = (millis: number, phase: Phase, left: number): RunEvent => ({
  _tag: "PhaseBegan",
  runId,
  at: atOf(millis),
  phase,
  left
})

export const settled = (
  millis: number,
  phase: Phase,
  outcome: ItemOutcome["_tag"],
  { label = "ada@example.com", position = 0 }: { readonly label?: string; readonly position?: number } = {}
): RunEvent => ({
  _tag: "ItemSettled",
  runId,
  at: atOf(millis),
  position,
  action: actionIn[phase],
  label,
  outcome: outcomes[outcome]
})

export const stands = (millis: number, status: RunStatus): RunEvent => ({
  _tag: "StatusChanged",
  runId,
  at: atOf(millis),
  status
})

export const pausedUntil = (millis: number | null): RunStatus => ({
  _tag: "Paused",
  reason: "rateLimited",
  detail: "The server asked to wait.",
  next: "Nothing; it goes on by itself.",
  until: millis === null ? null : atOf(millis)
})

export const planned = (phase: Phase, count: number): ItemCount => ({ phase, state: "planned", count })
