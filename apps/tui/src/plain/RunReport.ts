/** A run as a report: how it stands on top, then every object that a person asked for, with what to do about it. */
import type { ItemCount } from "@loom-scim/core/ports/Runs"
import { Decision } from "@loom-scim/core/provisioning/Decision"
import { titleOf } from "@loom-scim/core/provisioning/PlanText"
import { isOver, Run } from "@loom-scim/core/runs/Run"
import { RunItem } from "@loom-scim/core/runs/RunItem"
import type { RunReport } from "@loom-scim/core/runs/RunService"
import { DateTime, Schema } from "effect"
import type { Glyphs } from "./Glyphs.ts"
import { held, heldBy, holds, lookOf } from "./HoldText.ts"
import { printable } from "./Printable.ts"
import { duration } from "./Progress.ts"
import { tallyText } from "./RunLines.ts"
import type { PhaseProgress } from "./RunProgress.ts"
import * as RunProgress from "./RunProgress.ts"
import * as RunText from "./RunText.ts"
import { lines as tableLines } from "./Table.ts"

/** How many items ended in a way that leaves something to a person. */
export const undone = (counts: ReadonlyArray<ItemCount>): number =>
  counts.reduce((sum, { count, state }) => (state === "done" ? sum : sum + count), 0)

const phasesOf = ({ counts, run }: RunReport): RunProgress.RunProgress => RunProgress.start(run, counts, 0)

const conflictsText = (conflicts: number): string =>
  conflicts === 0 ? "" : `, ${conflicts} ${conflicts === 1 ? "conflict" : "conflicts"}`

/** The counts in one line. */
export const countsText = (report: RunReport): string => {
  const progress = phasesOf(report)
  return `${tallyText(RunProgress.total(progress))}${conflictsText(progress.conflicts)}`
}

const took = ({ endedAt, startedAt }: Run, now: DateTime.Utc): string =>
  duration(DateTime.toEpochMillis(endedAt ?? now) - DateTime.toEpochMillis(startedAt))

const decisionText = ({ at, by, note, reasons, verdict }: Decision): string => {
  const about = reasons.length === 0 ? "" : ` (${reasons.map((tag) => holds[tag].title).join("; ")})`
  const word = verdict === "allow" ? "allowed" : "rejected"
  return `${word} by ${RunText.whoText(by)} at ${RunText.momentText(at)}${note === "" ? "" : `: "${printable(note)}"`}${about}`
}

/** What a person does next with a run, one line each; the first is what most do. */
export const nextSteps = ({ counts, run }: RunReport): ReadonlyArray<string> => {
  const { cancel, allow, reject, resume, retry, show } = RunText.goOn(run.id)
  switch (run.status._tag) {
    case "Waiting":
      return [`Allow it: ${allow}`, `Or reject it: ${reject}`]
    case "Paused": {
      const { next, reason } = run.status
      // Of a stop that a person asked for, the commands say enough.
      return [
        ...(next === "" || reason === "interrupted" ? [] : [printable(next)]),
        `Go on: ${resume}`,
        `Or end it: ${cancel}`
      ]
    }
    case "Running":
      return [`Go on: ${resume}`, `Or end it: ${cancel}`]
    case "Completed":
    case "Cancelled":
    case "Rejected": {
      // A conflict is for a person, and what was rejected was rejected; what had failed before may be tried again.
      const isRejected = run.status._tag === "Rejected"
      const isRetried = counts.some(
        ({ phase, state }) => phase !== null && state !== "done" && !(isRejected && state === "dropped")
      )
      return undone(counts) === 0
        ? []
        : [`See what was not done: ${show}`, ...(isRetried ? [`Try that again: ${retry}`] : [])]
    }
  }
}

/** Why it waits or does not go on. */
const because = (run: Run): ReadonlyArray<string> => {
  const { judgement, status } = run
  if (status._tag === "Waiting") {
    return heldBy(judgement, status.reasons).flatMap((text, index) => {
      const tag = status.reasons[index]
      return [text, ...(tag === undefined ? [] : [`  ${lookOf(run, tag)}`])]
    })
  }
  return status._tag === "Paused" && status.detail !== "" ? [printable(status.detail)] : []
}

/** A few lines for the end of a command that carried a run out. */
export const ending = (report: RunReport, now: DateTime.Utc): string => {
  const { run } = report
  const head = `Run ${run.id} of ${run.connectionId}: ${RunText.statusText(run)} after ${took(run, now)}.`
  return [
    head,
    `  ${countsText(report)}.`,
    ...because(run).map((text) => `  ${text}`),
    ...nextSteps(report).map((text) => `  ${text}`)
  ].join("\n")
}

const guardText = ({ judgement }: Run): ReadonlyArray<string> =>
  judgement._tag === "Clear"
    ? ["The guard held nothing"]
    : judgement.reasons.map((reason) => `The guard held: ${held(reason)}`)

const phaseRow = ({ dropped, doubtful, done, failed, left, phase }: PhaseProgress): ReadonlyArray<string> => [
  RunText.phaseWords[phase].title,
  ...[done, doubtful, failed, dropped, left].map(String)
]

const columns = ["", "done", "doubtful", "failed", "not tried", "left"]

/** What is known of a run: a headline, then one fact a line. Facts that belong to the one above are indented. */
export const facts = ({ counts, decisions, run }: RunReport, now: DateTime.Utc): ReadonlyArray<string> => {
  const { conflicts } = RunProgress.start(run, counts, 0)
  const parent = run.parent === null ? "" : ` ${run.parent}`
  const stops = run.stops === 0 ? "" : `, stopped ${run.stops === 1 ? "once" : `${run.stops} times`} on the way`
  const ended = run.endedAt === null ? "" : `, ended ${RunText.momentText(run.endedAt)}`
  return [
    `Run ${run.id} of ${run.connectionId}: ${RunText.statusText(run)}`,
    ...because(run),
    `${run.kind}${parent} (${RunText.kindWords[run.kind]}), from ${printable(run.source)}`,
    `Started ${RunText.momentText(run.startedAt)} by ${RunText.whoText(run.startedBy)}${ended}`,
    `${isOver(run.status) ? "Took" : "Since"} ${took(run, now)}${stops}`,
    ...(run.status._tag === "Waiting" ? [] : guardText(run)),
    ...decisions.map((decision) => `Decided: ${decisionText(decision)}`),
    ...run.withheld.map(({ detail }) => `Nobody was taken for gone: ${printable(detail)}`),
    ...(conflicts === 0 ? [] : [`${conflicts === 1 ? "1 conflict needs" : `${conflicts} conflicts need`} a decision`])
  ]
}

/** All about a run but its items. */
export const summary = (report: RunReport, now: DateTime.Utc): string => {
  const [head = "", ...others] = facts(report, now)
  const rows = RunProgress.start(report.run, report.counts, 0).phases.map(phaseRow)
  const table = rows.length === 0 ? [] : ["", ...tableLines(columns, rows)]
  return [head, ...[...others, ...table].map((line) => (line === "" ? "" : `  ${line}`))].join("\n")
}

/** An item with its outcome and what a person does next. */
export const itemLines = (item: RunItem, id: string, glyphs: Glyphs): ReadonlyArray<string> => {
  const { action, outcome, state } = item
  const marks = { planned: glyphs.open, intended: "?", done: glyphs.done, doubtful: "?", failed: "X", dropped: "!" }
  const at = "at" in action && action.at !== null ? ` (${printable(action.at)})` : ""
  const head = `${marks[state]} ${RunText.stateWords[state].padEnd(9)} ${titleOf(action._tag)} ${printable(action.label)}${at}`
  if (outcome === null) return [head]
  const { next, said, why } = RunText.verdictOf(outcome, id, action)
  return [
    why === "" ? head : `${head}: ${why}`,
    ...(said === "" || why.includes(said) ? [] : [`    ${said}`]),
    ...(next === "" || why.includes(next) ? [] : [`    ${next}`])
  ]
}

const encodeRun = Schema.encodeSync(Run)
const encodeDecision = Schema.encodeSync(Decision)
const encodeItem = Schema.encodeSync(RunItem)

/** A run without its items for machines. */
export const runJson = (run: Run) => encodeRun(run)

/** An item for machines. */
export const itemJson = (item: RunItem) => encodeItem(item)

/** What is known of a run without its items, for machines. */
export const json = ({ counts, decisions, run }: RunReport) => ({
  run: encodeRun(run),
  counts,
  decisions: decisions.map((decision) => encodeDecision(decision))
})
