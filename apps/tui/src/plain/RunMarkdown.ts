/** A run's report as Markdown, to hand on. */
import { titleOf } from "@loom-scim/core/provisioning/PlanText"
import type { RunItem } from "@loom-scim/core/runs/RunItem"
import type { RunReport } from "@loom-scim/core/runs/RunService"
import type { DateTime } from "effect"
import { printable } from "./Printable.ts"
import * as RunProgress from "./RunProgress.ts"
import * as RunReports from "./RunReport.ts"
import { phaseWords, stateWords, verdictOf } from "./RunText.ts"

/** Somebody's words within a line or cell: nothing of them is Markdown. */
const cell = (text: string): string =>
  printable(text)
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>#|!~]/g, "\\$&")
    .trim()

/** All about a run but its items. */
export const summary = (report: RunReport, now: DateTime.Utc): string => {
  const { phases } = RunProgress.start(report.run, report.counts, 0)
  const [head = "", ...facts] = RunReports.facts(report, now)
  const rows = phases.map(
    ({ done, doubtful, dropped, failed, left, phase }) =>
      `| ${phaseWords[phase].title} | ${done} | ${doubtful} | ${failed} | ${dropped} | ${left} |`
  )
  return [
    `# ${cell(head)}`,
    "",
    ...facts.map((fact) => `- ${cell(fact)}`),
    ...(rows.length === 0
      ? []
      : ["", "| Phase | Done | Doubtful | Failed | Not tried | Left |", "|---|---:|---:|---:|---:|---:|", ...rows])
  ].join("\n")
}

/** The head of the table of items. */
export const itemsHead = [
  "",
  "## Objects",
  "",
  "| Outcome | Action | Who | Why | What to do |",
  "|---|---|---|---|---|"
].join("\n")

/** An item as a row of it. */
export const itemRow = ({ action, outcome, state }: RunItem, id: string): string => {
  const verdict = outcome === null ? null : verdictOf(outcome, id, action)
  const why = verdict === null ? "" : `${verdict.why} ${verdict.said}`
  return `| ${stateWords[state]} | ${titleOf(action._tag)} | ${cell(action.label)} | ${cell(why)} | ${cell(verdict?.next ?? "")} |`
}
