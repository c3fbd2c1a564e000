/** What comes of undoing one thing that a run did, or of trying again what it did not do. */
import { Schema } from "effect"
import type { Action, ActionTag } from "./Action.ts"

/** Why something cannot be put back, or is not tried again. */
export const UndoRefusal = Schema.Literals([
  "deleted",
  "groupDeleted",
  "vanished",
  "movedOn",
  "notOurs",
  "othersInside",
  "notExpressible",
  "appeared",
  "decidedAnew"
])
export type UndoRefusal = typeof UndoRefusal.Type

const words: Record<UndoRefusal, string> = {
  deleted:
    "a deleted user does not come back: a new account would be another person to Loom. Run the reconcile to create one from the source",
  groupDeleted: "a deleted group does not come back. Run the reconcile to create one from the source",
  vanished: "it is no longer on the server",
  movedOn: "it was changed again since the run, and is left as it is",
  notOurs: "it was there before the run",
  othersInside: "it has members by now whom the run did not put in",
  notExpressible: "the earlier value cannot be sent",
  appeared: "it is on the server by now",
  decidedAnew: "a later plan looked at it anew, and knows better"
}

/** A refusal in words that follow the name of a user or group. */
export const describeRefusal = (reason: UndoRefusal): string => words[reason]

/** What a run did that is not, or not wholly, put back; or what it left undone that is not tried again. */
export interface Impossible {
  readonly label: string
  /** What the run did. */
  readonly tag: ActionTag
  readonly reason: UndoRefusal
  /** The attributes or members it is about; empty when it is about the whole. */
  readonly detail: string
}

/** What comes of one item. */
export interface Outcome {
  readonly actions: ReadonlyArray<Action>
  readonly impossible: ReadonlyArray<Pick<Impossible, "reason" | "detail">>
}

/** Nothing is done. */
export const refused = (reason: UndoRefusal, detail = ""): Outcome => ({
  actions: [],
  impossible: [{ reason, detail }]
})
