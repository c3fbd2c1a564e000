/** Schedules in words. */
import type { Cadence } from "@loom-scim/core/schedules/Cadence"
import type { Firing, Outcome, Task } from "@loom-scim/core/schedules/Schedule"
import { DateTime } from "effect"

const units = [
  [86_400, "d"],
  [3600, "h"],
  [60, "m"]
] as const

const span = (seconds: number): string => {
  const [size, unit] = units.find(([size]) => seconds % size === 0) ?? [1, "s"]
  return `${seconds / size}${unit}`
}

/** How often. */
export const cadenceText = (cadence: Cadence): string => {
  switch (cadence._tag) {
    case "Every":
      return `every ${span(cadence.seconds)}`
    case "Daily":
      return `daily ${cadence.at} ${cadence.timeZone}`
    case "Cron":
      return `cron ${cadence.expression} ${cadence.timeZone}`
  }
}

/** What is done. */
export const taskText = (task: Task): string => {
  if (task._tag === "Check") return "check"
  const from = task.source._tag === "Named" ? task.source.name : `scim:${task.source.connection}`
  return `${task._tag === "Sync" ? "sync" : "full sync"} from ${from}`
}

const skipped = {
  atWork: "what was begun before was still going on",
  runGoesOn: "a run went on",
  runWaits: "a run waits for a decision",
  runPaused: "a run is paused"
} as const

const outcomeText = (outcome: Outcome): string => {
  switch (outcome._tag) {
    case "Ran":
      return `run ${outcome.run} ${outcome.status._tag.toLowerCase()}`
    case "Unchanged":
      return outcome.conflicts === 0 ? "nothing to do" : `nothing to do but ${outcome.conflicts} conflicts`
    case "Repeated":
      return `as run ${outcome.run} left it`
    case "Checked":
      return outcome.ok ? `checked, ${outcome.warnings} warnings` : `checked, ${outcome.failed} failed`
    case "Skipped":
      return `passed over: ${skipped[outcome.reason]}${outcome.run === null ? "" : ` (${outcome.run})`}`
    case "Failed":
      return `failed: ${outcome.detail} ${outcome.next}`
    case "Interrupted":
      return "interrupted"
  }
}

/** A moment to the minute, in UTC. */
export const momentText = (at: DateTime.Utc): string => DateTime.formatIso(at).slice(0, 16).replace("T", " ")

/** What came of a due moment. */
export const firingText = ({ dueAt, outcome }: Firing): string =>
  `${momentText(dueAt)} ${outcome === null ? "at work" : outcomeText(outcome)}`
