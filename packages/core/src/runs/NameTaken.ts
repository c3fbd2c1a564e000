/** Changes that are refused because somebody else still has the name: names are passed on from one person to the next. Pure. */
import type { ItemOutcome, RunItem } from "./RunItem.ts"

const names: ReadonlySet<string> = new Set(["userName", "emails"])

/** Whether a change was refused for a name that another change of the run may give up. */
export const isBlocked = ({ action, phase }: RunItem, outcome: ItemOutcome): boolean =>
  phase === "changes" &&
  outcome._tag === "Failed" &&
  outcome.error === "Conflict" &&
  "changes" in action &&
  action.changes.some(({ path }) => names.has(path))

/** Nobody has given it up: what there is to do when two people are to change places. */
export const orGiveWay = (outcome: ItemOutcome): ItemOutcome =>
  outcome._tag === "Failed"
    ? {
        ...outcome,
        next: `${outcome.next} When people change names with each other, give one of them another for one run.`
      }
    : outcome
