/** What `loom-scim watch` says of each turn: a line, and what a person does where there is something to do. */
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import { NeedsFull } from "@loom-scim/core/provisioning/SubsetNeedsFull"
import type { RunReport } from "@loom-scim/core/runs/RunService"
import type { Planned } from "@loom-scim/core/runs/SyncPlan"
import type { WatchEvent } from "@loom-scim/core/runs/Watch"
import { DateTime } from "effect"
import type { Ended } from "../Exit.ts"
import { printable } from "./Printable.ts"
import * as RunReports from "./RunReport.ts"
import { goOn, statusText } from "./RunText.ts"

const clock = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis)).slice(11, 19)

const indented = (text: string): ReadonlyArray<string> => text.split("\n").map((line) => `  ${line}`)

const modeText = ({ kind, needsFull }: Planned): ReadonlyArray<string> => {
  const mode = kind === "reconcile" ? "everybody" : "changes"
  return [mode, ...(needsFull === null ? [] : [new NeedsFull({ reason: needsFull }).message])]
}

const conflictsOf = ({ plan }: Planned): number => plan.counts["Conflict"] ?? 0

/** What is left for a person to correct in the source. */
const remarks = (planned: Planned): ReadonlyArray<string> => {
  const { problems } = planned.reading
  const conflicts = conflictsOf(planned)
  return [
    ...(problems.length === 0 ? [] : [`  ${problems.length} problems in the source; see them with: loom-scim plan`]),
    ...(conflicts === 0 ? [] : [`  ${conflicts} in each other's way; see them with: loom-scim plan`])
  ]
}

const tickedLines = (
  { endedAt, startedAt, ticked }: Extract<WatchEvent<Ended>, { readonly _tag: "Ticked" }>,
  report: RunReport | null
): ReadonlyArray<string> => {
  const at = clock(startedAt)
  const ending = report === null ? [] : indented(RunReports.ending(report, DateTime.makeUnsafe(endedAt)))
  const before = ticked.resumed.map((run) => `${at} went on: run ${run.id}: ${statusText(run)}`)
  if (ticked._tag === "Busy") return [...before, `${at} not begun, since a run is not over`, ...ending]
  const { planned } = ticked
  const [mode, ...because] = modeText(planned)
  const head = `${at} ${mode}: ${PlanText.summary(planned.plan)}`
  const notes = [...because.map((text) => `  ${text}`), ...remarks(planned)]
  switch (ticked._tag) {
    case "Unchanged":
      return [...before, head, ...notes]
    case "Repeated": {
      const { id } = ticked.run
      const { show } = goOn(id)
      return [
        ...before,
        head,
        `  Not tried again: run ${id} (${statusText(ticked.run)}) left exactly this undone. See: ${show}`,
        "  It is tried again when everybody is compared.",
        ...notes
      ]
    }
    case "Ran":
      return [...before, head, ...notes, ...ending]
  }
}

/** An event for people; the report is that of its run. */
export const lines = (event: WatchEvent<Ended>, report: RunReport | null): ReadonlyArray<string> =>
  event._tag === "Ticked"
    ? tickedLines(event, report)
    : [
        `${clock(event.startedAt)} failed: ${printable(event.error.detail)}`,
        `  The next turn is at ${clock(event.nextAt)}.`
      ]

const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** An event for machines. */
export const json = (event: WatchEvent<Ended>, report: RunReport | null): object => {
  const { endedAt, nextAt, startedAt } = event
  const times = { startedAt: iso(startedAt), endedAt: iso(endedAt), nextAt: iso(nextAt) }
  if (event._tag === "Failed") {
    const { code, detail, reason } = event.error
    return { _tag: "Failed", ...times, error: { reason, detail, code } }
  }
  const { ticked } = event
  const resumed = ticked.resumed.map(RunReports.runJson)
  const told = { resumed, ...(report === null ? {} : { report: RunReports.json(report) }) }
  if (ticked._tag === "Busy") return { _tag: "Busy", ...times, ...told }
  const { kind, needsFull, plan, reading } = ticked.planned
  const { census, counts, skipped } = plan
  const { problems, records } = reading
  return { _tag: ticked._tag, ...times, kind, needsFull, records, problems, census, counts, skipped, ...told }
}
