/** A plan about a few people is refused where only a full one tells what is right. */
import { Schema } from "effect"

/** Why a full plan is needed. */
export const FullReason = Schema.Literals([
  "digestsMissing",
  "tooManyChanges",
  "sourceChanged",
  "entangled",
  "groupMissing",
  "filterRefused"
])
export type FullReason = typeof FullReason.Type

const words: Record<FullReason, string> = {
  digestsMissing: "it is not known of too many people what was last sent of them, as before a first full run",
  tooManyChanges: "so many people changed that reading everybody is less work",
  sourceChanged: "the source changed while the plan was made",
  entangled: "those who changed are entangled by names or addresses with many others",
  groupMissing: "a group that others are to be in is no longer on the server",
  filterRefused: "the server cannot be searched for single users or groups"
}

/** Nothing was planned; nothing was changed. */
export class NeedsFull extends Schema.TaggedError<NeedsFull>()("NeedsFull", { reason: FullReason }) {
  override get message(): string {
    return `A plan about a few people cannot be made: ${words[this.reason]}.`
  }
  get next(): string {
    return "Make a full plan instead."
  }
}
