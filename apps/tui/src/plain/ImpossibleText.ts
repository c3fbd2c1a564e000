/** What of a run is not put back, or not tried again, in words: data in one place for both commands. */
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { describeRefusal, type Impossible } from "@loom-scim/core/provisioning/UndoOutcome"
import { printable } from "./Printable.ts"

const maxShown = 50

/** A title with how many there are, then the first of them with their reasons. */
export const impossibleText = (title: string, impossible: ReadonlyArray<Impossible>): string => {
  const lines = impossible.slice(0, maxShown).map(({ detail, label, reason, tag }) => {
    const what = detail === "" ? "" : ` (${printable(detail)})`
    return `  ! ${PlanText.titleOf(tag)} ${printable(label)}${what}: ${describeRefusal(reason)}`
  })
  const more = impossible.length - lines.length
  return [`${title} (${impossible.length}):`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n")
}
