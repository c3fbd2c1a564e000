/** A plan with all that was noticed on the way, for people and for machines. */
import type { Repetition } from "@loom-scim/core/provisioning/Duplicates"
import * as PlanText from "@loom-scim/core/provisioning/PlanText"
import type { Planned, Prepared } from "@loom-scim/core/runs/SyncPlan"
import { codes, Ended } from "../Exit.ts"
import { held } from "../plain/HoldText.ts"
import { printable } from "../plain/Printable.ts"

// Problems beyond these are counted: a wrong column makes one per person.
const shownProblems = 20

const common: Record<Repetition["by"], string> = { key: "external id", userName: "user name", email: "address" }

/** `line 7: repeats line 3 (external id "e1")`. */
const repetitionText = ({ again, by, first, kind, value }: Repetition): string => {
  const what = `${common[by]} ${JSON.stringify(value)}`
  const other = first ?? "a row that is no longer there"
  return kind === "duplicate" ? `${again}: repeats ${other} (${what})` : `${again}: contradicts ${other} (${what})`
}

const rows = (count: number): string => (count === 1 ? "1 row" : `${count} rows`)

const listed = (lines: ReadonlyArray<string>, all: number): ReadonlyArray<string> => [
  ...lines.slice(0, shownProblems).map((line) => `  ${printable(line)}`),
  ...(all > shownProblems ? [`  and ${all - shownProblems} more`] : [])
]

const remarks = ({ plan, reading }: Planned): ReadonlyArray<string> => {
  const { contradictions, doubt, excluded, failure, problems, records, repetitions } = reading
  const { problemCount = problems.length } = reading
  const { duplicates } = plan.census
  const isRepeated = duplicates + contradictions > 0
  return [
    `${records} records read, ${excluded} left out by the mapping, ${problemCount} problems.`,
    ...listed(
      problems.map(({ at, detail, field }) => `${at}: ${field} ${detail}`),
      problemCount
    ),
    ...(isRepeated ? [`${rows(duplicates)} repeating another, ${rows(contradictions)} contradicting another.`] : []),
    ...listed(repetitions.map(repetitionText), duplicates + contradictions),
    ...(doubt === undefined ? [] : [`Was the source cut? ${printable(doubt)}.`]),
    ...(failure === null ? [] : [`The source was not read to its end: ${printable(failure.message)}`])
  ]
}

/** What the guard will stop of a plan; no lines when it lets all of it pass. */
export const heldLines = ({ judgement }: Pick<Prepared, "judgement">): ReadonlyArray<string> =>
  judgement._tag === "Clear"
    ? []
    : ["Held until somebody allows it:", ...judgement.reasons.map((one) => `  ${held(one)}`)]

/** As text: the plan, then what the source had, then what the guard says. */
export const text = (planned: Planned): string => {
  const reasons = heldLines(planned)
  return [PlanText.toText(planned.plan), ...remarks(planned), ...(reasons.length === 0 ? [] : ["", ...reasons])].join(
    "\n"
  )
}

/** The same as Markdown, for a pull request. */
export const markdown = (planned: Planned): string => {
  const { judgement, plan } = planned
  const notes = remarks(planned).map((line) => (line.startsWith("  ") ? `    ${line.trim()}` : `${line}\n`))
  const reasons =
    judgement._tag === "Clear"
      ? []
      : ["\n**Held until somebody allows it:**\n", ...judgement.reasons.map((one) => `    ${held(one)}`)]
  return [PlanText.toMarkdown(plan), ...notes, ...reasons].join("\n")
}

/** The same for machines. */
export const json = ({ judgement, plan, reading, source }: Planned): string => {
  const { contradictions, doubt = null, excluded, failure, problems, records, repetitions } = reading
  return JSON.stringify({
    source,
    records,
    excluded,
    problems,
    duplicates: plan.census.duplicates,
    contradictions,
    repetitions,
    failure: failure === null ? null : failure.message,
    doubt,
    judgement,
    plan: JSON.parse(PlanText.toJson(plan))
  })
}

/** Why a plan is not to be relied on, as the end of a command; null when the source was whole and clear. */
export const sourceProblems = ({ reading: { contradictions, failure, problems } }: Planned): Ended | null => {
  if (failure === null && problems.length === 0 && contradictions === 0) return null
  const detail = "The source has records that cannot be used, or was not read to its end."
  return new Ended({ code: codes.checkFailed, reason: "SourceProblems", detail })
}
