/** Journeys and checks as plain text and as JSON, for pipes, logs and scripts. */
import type { CheckResult } from "@loom-scim/core/setup/Check"
import type { Evidence } from "@loom-scim/core/setup/Evidence"
import * as Guide from "@loom-scim/core/setup/Guide"
import * as Progress from "@loom-scim/core/setup/Progress"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import * as Step from "@loom-scim/core/setup/Step"
import * as Task from "@loom-scim/core/setup/Task"
import { DateTime } from "effect"
import type { Glyphs } from "./Glyphs.ts"

const day = (at: DateTime.Utc): string => DateTime.formatIsoDateUtc(at)

/** One line that tells a check from a person's word at its first word. */
export const evidenceLine = (evidence: Evidence): string =>
  evidence._tag === "Checked"
    ? `checked ${day(evidence.at)}: ${evidence.saw}`
    : `attested ${day(evidence.at)} by ${evidence.by.name}: ${evidence.statement}`

const statusWord: Record<Progress.Status, string> = {
  done: "done",
  open: "to do",
  started: "started",
  blocked: "waits",
  invalidated: "INVALID"
}

/** The mark of a step's status. */
export const mark = (status: Progress.Status, glyphs: Glyphs): string => glyphs[status]

/** A connection's steps with evidence, and what to do next. */
export const status = ({ id, state }: Connection, glyphs: Glyphs): string => {
  const lines = [`${state.name ?? id} (${id})`, ""]
  for (const progress of Progress.all(state)) {
    const { invalidation, step } = progress
    const title = Guide.steps[step].title
    lines.push(
      `${mark(progress.status, glyphs)} ${Step.position(step)} ${title.padEnd(32)} ${statusWord[progress.status]}`
    )
    if (invalidation !== undefined)
      lines.push(`      because ${invalidation.because}`, `      ${invalidation.endangers}`)
    if (progress.status === "blocked" || progress.status === "open") continue
    for (const task of Task.of(state, step)) {
      const value = task.value === null ? "" : ` = ${task.value}`
      if (task.done) lines.push(`      ${task.label}${value}`)
      if (task.evidence !== null) lines.push(`        ${evidenceLine(task.evidence)}`)
      if (task.problem !== null) lines.push(`        problem: ${task.problem}`)
    }
  }
  const current = Progress.current(state)
  const next = Task.next(state, current)
  lines.push(
    "",
    next === undefined
      ? "Connected. Check it again any time with: loom-scim check"
      : `Next: step ${Step.position(current)}, ${next.label}. Go on with: loom-scim setup --connection ${id}`
  )
  return lines.join("\n")
}

const evidenceJson = (evidence: Evidence) => ({
  kind: evidence._tag === "Checked" ? "checked" : "attested",
  at: DateTime.formatIso(evidence.at),
  ...(evidence._tag === "Checked"
    ? { by: evidence.by, saw: evidence.saw }
    : { by: evidence.by.name, face: evidence.by.face, statement: evidence.statement })
})

/** The same for machines. */
export const statusJson = ({ id, state }: Connection) => ({
  connection: id,
  name: state.name,
  connected: state.connected !== null,
  sequence: state.sequence,
  steps: Progress.all(state).map(({ blockedBy, invalidation, status, step }) => ({
    step,
    status,
    blockedBy: blockedBy ?? null,
    invalidation:
      invalidation === undefined ? null : { because: invalidation.because, endangers: invalidation.endangers },
    tasks: Task.of(state, step).map(({ done, evidence, id, problem, required, value }) => ({
      task: id,
      done,
      required,
      value,
      problem,
      evidence: evidence === null ? null : evidenceJson(evidence)
    }))
  }))
})

/** A check's lines. */
export const check = (results: ReadonlyArray<CheckResult>, glyphs: Glyphs): string => {
  const marks = { ok: glyphs.done, warning: "!", failed: "X", skipped: glyphs.blocked }
  return results
    .flatMap(({ detail, next, outcome, step, subject }) => [
      `${marks[outcome]} ${outcome.padEnd(8)} ${Guide.steps[step].short.padEnd(16)} ${subject}: ${detail}`,
      ...(next === "" ? [] : [`                             ${next}`])
    ])
    .join("\n")
}
