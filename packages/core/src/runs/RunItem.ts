/** The journal of a run: a row per action, with the intent before it is sent and the outcome afterwards. */
import { Schema } from "effect"
import { Action } from "../provisioning/Action.ts"

/**
 * The parts of a run, in their order. Changes come before creations, since they free user names; groups after users,
 * since members need ids; whatever takes away comes last.
 */
export const phases = [
  "changes",
  "creations",
  "groups",
  "memberships",
  "removals",
  "departures",
  "groupDeletions"
] as const
export const Phase = Schema.Literals(phases)
export type Phase = typeof Phase.Type

/** The first phase that takes something away; before it the guard's thresholds are looked at. */
export const firstDestructive: Phase = "removals"

const phaseByTag: Record<Action["_tag"], Phase | null> = {
  Update: "changes",
  RoleChange: "changes",
  Adopt: "changes",
  Reactivate: "changes",
  Create: "creations",
  GroupAdopt: "groups",
  GroupRename: "groups",
  GroupCreate: "groups",
  MembersAdd: "memberships",
  MembersRemove: "removals",
  Deactivate: "departures",
  Delete: "departures",
  GroupDelete: "groupDeletions",
  Conflict: null,
  Skip: null
}

/** The phase of an action; null for one that does nothing. */
export const phaseOf = ({ _tag }: Pick<Action, "_tag">): Phase | null => phaseByTag[_tag]

/** It was done. `id` is the resource's. */
export const Done = Schema.TaggedStruct("Done", {
  id: Schema.String,
  /**
   * `answer`: the server said so. `found`: it was so already, since an earlier attempt had been carried out, or something
   * else had done the same.
   */
  by: Schema.Literals(["answer", "found"])
})
/** The server answered success and did not do as asked; `doubt` says in what way, in words. */
export const Doubtful = Schema.TaggedStruct("Doubtful", { id: Schema.String, doubt: Schema.String })
/** It was not done, for a reason that concerns this object alone. */
export const Failed = Schema.TaggedStruct("Failed", {
  /** The tag of the error. */
  error: Schema.String,
  /** In our words, without personal data. */
  message: Schema.String,
  /** The server's words; may name people. */
  detail: Schema.NullOr(Schema.String),
  /** What a person does about it. */
  next: Schema.String
})
/** It was not tried. */
export const Dropped = Schema.TaggedStruct("Dropped", {
  /**
   * `moved`: the user became another while the run waited for a decision. `lastAdmin`: nobody would be an admin any more,
   * which is not what was decided about.
   */
  reason: Schema.Literals(["cancelled", "rejected", "notCreated", "conflict", "moved", "lastAdmin"])
})

/** What came of an action. */
export const ItemOutcome = Schema.Union([Done, Doubtful, Failed, Dropped])
export type ItemOutcome = typeof ItemOutcome.Type

/** `planned`: not begun. `intended`: may have been sent, and nobody knows how it ended. Then the outcomes. */
export const ItemState = Schema.Literals(["planned", "intended", "done", "doubtful", "failed", "dropped"])
export type ItemState = typeof ItemState.Type

const stateByTag: Record<ItemOutcome["_tag"], ItemState> = {
  Done: "done",
  Doubtful: "doubtful",
  Failed: "failed",
  Dropped: "dropped"
}

/** The state of an item with that outcome. */
export const stateOf = ({ _tag }: ItemOutcome): ItemState => stateByTag[_tag]

/** One row. */
export const RunItem = Schema.Struct({
  /** From 0, in the order of the plan. */
  position: Schema.Int,
  phase: Schema.NullOr(Phase),
  action: Action,
  state: ItemState,
  intendedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  settledAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  outcome: Schema.NullOr(ItemOutcome)
})
export type RunItem = typeof RunItem.Type
