/** A run that goes on as lines for logs: phases, failures and stops as they come, and now and then how far it is. */
import { titleOf } from "@loom-scim/core/provisioning/PlanText"
import type { RunEvent } from "@loom-scim/core/runs/RunEvent"
import type { Judgement } from "@loom-scim/core/provisioning/Guard"
import { DateTime } from "effect"
import type { Glyphs } from "./Glyphs.ts"
import { heldBy } from "./HoldText.ts"
import { printable } from "./Printable.ts"
import * as Progress from "./Progress.ts"
import type { PhaseProgress, RunProgress, Tally, Trouble } from "./RunProgress.ts"
import { currentPhase, remaining, speed, step } from "./RunProgress.ts"
import { momentText, pauseWords, phaseWords, verdictOf } from "./RunText.ts"

/** How often it is said how far it is, in milliseconds. */
const interval = 5000

/** What was said so far. */
export interface Told {
  readonly progress: RunProgress
  /** When a line was last said of how far it is. */
  readonly at: number
}

/** How many of each, without those of which there are none. */
export const tallyText = (tally: Tally & { readonly left?: number }): string => {
  const parts = [
    `${tally.done} done`,
    ...(tally.doubtful === 0 ? [] : [`${tally.doubtful} doubtful`]),
    ...(tally.failed === 0 ? [] : [`${tally.failed} failed`]),
    ...(tally.dropped === 0 ? [] : [`${tally.dropped} not tried`]),
    ...(tally.left === undefined || tally.left === 0 ? [] : [`${tally.left} left`])
  ]
  return parts.join(", ")
}

/** Rate and time left, as far as they can be told. */
export const paceText = (progress: RunProgress, now: number): string => {
  const measured = speed(progress, now)
  const rest = remaining(progress, now)
  const rate = measured === null ? null : Progress.rate(measured)
  return [...(rate === null ? [] : [rate]), ...(rest === null ? [] : [`${Progress.duration(rest)} left`])].join("  ")
}

const howFar = (phase: PhaseProgress, progress: RunProgress, now: number): string => {
  const pace = paceText(progress, now)
  const through = phase.total - phase.left
  const failed = phase.failed === 0 ? "" : `  ${phase.failed} failed`
  return `${phaseWords[phase.phase].title}: ${through} of ${phase.total}${pace === "" ? "" : `  ${pace}`}${failed}`
}

/** Something that failed or is doubtful, and what a person does next. */
export const troubleLines = (
  { action, label, outcome }: Pick<Trouble, "action" | "label" | "outcome">,
  id: string
): ReadonlyArray<string> => {
  const { next, said, why } = verdictOf(outcome, id)
  const words = said === "" || why.includes(said) ? why : `${why} ${said}`
  const mark = outcome._tag === "Failed" ? "X failed  " : "? doubtful"
  return [
    `${mark} ${titleOf(action)} ${printable(label)}: ${words}`,
    ...(next === "" || why.includes(next) ? [] : [`    ${next}`])
  ]
}

const settled = ({ outcome, runId, ...event }: Extract<RunEvent, { _tag: "ItemSettled" }>): ReadonlyArray<string> =>
  outcome._tag === "Failed" || outcome._tag === "Doubtful" ? troubleLines({ ...event, outcome }, runId) : []

const stood = (
  event: Extract<RunEvent, { _tag: "StatusChanged" }>,
  before: RunProgress,
  judgement: Judgement
): ReadonlyArray<string> => {
  const { status } = event
  switch (status._tag) {
    case "Running":
      return before.status._tag === "Running" ? [] : ["Goes on."]
    case "Waiting":
      return ["Waits for a decision:", ...heldBy(judgement, status.reasons).map((text) => `  ${text}`)]
    case "Paused": {
      const goesOn = status.until === null ? "" : ` It goes on by itself at ${momentText(status.until)}.`
      const detail = printable(status.detail)
      const next = printable(status.next)
      return [
        `Paused: ${pauseWords[status.reason]}.${goesOn}`,
        ...(detail === "" ? [] : [`    ${detail}`]),
        ...(next === "" || detail.includes(next) ? [] : [`    ${next}`])
      ]
    }
    case "Completed":
    case "Cancelled":
    case "Rejected":
      return []
  }
}

/** Takes an event and says what it means, if it is to be said. */
export const tell = (
  { at, progress }: Told,
  event: RunEvent,
  judgement: Judgement,
  glyphs: Glyphs
): readonly [Told, ReadonlyArray<string>] => {
  const after = step(progress, event)
  const now = DateTime.toEpochMillis(event.at)
  switch (event._tag) {
    case "PhaseBegan": {
      const { title } = phaseWords[event.phase]
      return [{ progress: after, at: now }, event.left === 0 ? [] : [`${glyphs.arrow} ${title}: ${event.left} to do`]]
    }
    case "StatusChanged":
      return [{ progress: after, at: now }, stood(event, progress, judgement)]
    case "ItemSettled": {
      const phase = currentPhase(after)
      const words = settled(event)
      const before = currentPhase(progress)
      if (phase !== null && phase.left === 0 && before !== null && before.left > 0) {
        const ended = `${glyphs.done} ${phaseWords[phase.phase].title}: ${tallyText(phase)}`
        return [{ progress: after, at: now }, [...words, ended]]
      }
      if (phase === null || now - at < interval) return [{ progress: after, at }, words]
      return [{ progress: after, at: now }, [...words, `  ${howFar(phase, after, now)}`]]
    }
  }
}
