/** How far a run has come, as a pure fold of its events: what every way of showing it shows. */
import type { ActionTag } from "@loom-scim/core/provisioning/Action"
import type { ItemCount } from "@loom-scim/core/ports/Runs"
import type { Run, RunStatus } from "@loom-scim/core/runs/Run"
import type { RunEvent } from "@loom-scim/core/runs/RunEvent"
import type { Doubtful, Failed, ItemState, Phase } from "@loom-scim/core/runs/RunItem"
import { phaseOf, phases as allPhases, stateOf } from "@loom-scim/core/runs/RunItem"
import { DateTime } from "effect"

/** How many items have which outcome. */
export interface Tally {
  readonly done: number
  readonly doubtful: number
  readonly failed: number
  readonly dropped: number
}

/** One phase. `left` have no outcome yet. */
export interface PhaseProgress extends Tally {
  readonly phase: Phase
  readonly total: number
  readonly left: number
}

/** Something a person should hear of. */
export interface Trouble {
  readonly position: number
  readonly action: ActionTag
  readonly label: string
  readonly outcome: typeof Failed.Type | typeof Doubtful.Type
}

/** Where a run stands. */
export interface RunProgress {
  /** Those that have items, in their order. */
  readonly phases: ReadonlyArray<PhaseProgress>
  /** The one at work; null before the first. */
  readonly current: Phase | null
  readonly status: RunStatus
  /** Items that need a person's decision and are in no phase. */
  readonly conflicts: number
  /** The newest last; only so many. */
  readonly troubles: ReadonlyArray<Trouble>
  /** Since when it is at work without a stop, in milliseconds. */
  readonly workingSince: number
  /** Outcomes in each of the last seconds, by the second's number. */
  readonly recent: ReadonlyArray<readonly [second: number, count: number]>
}

/** How many troubles are kept. */
export const maxTroubles = 50
/** Over how many seconds the rate is taken. */
const window = 10

const nothing: Tally = { done: 0, doubtful: 0, failed: 0, dropped: 0 }

const isOutcome = (state: ItemState): state is keyof Tally => Object.hasOwn(nothing, state)

/** A run as the journal has it, before it goes on. */
export const start = ({ status }: Pick<Run, "status">, counts: ReadonlyArray<ItemCount>, now: number): RunProgress => ({
  phases: allPhases.flatMap((phase): ReadonlyArray<PhaseProgress> => {
    const own = counts.filter((one) => one.phase === phase)
    const total = own.reduce((sum, { count }) => sum + count, 0)
    const tally = { ...nothing }
    let left = 0
    for (const { count, state } of own) {
      if (isOutcome(state)) tally[state] += count
      else left += count
    }
    return total === 0 ? [] : [{ phase, total, left, ...tally }]
  }),
  current: null,
  status,
  conflicts: counts.reduce((sum, { count, phase }) => (phase === null ? sum + count : sum), 0),
  troubles: [],
  workingSince: now,
  recent: []
})

const within = (recent: RunProgress["recent"], second: number): RunProgress["recent"] =>
  recent.filter(([at]) => at > second - window)

const count = (recent: RunProgress["recent"], second: number): RunProgress["recent"] => {
  const last = recent.at(-1)
  if (last !== undefined && last[0] >= second) return [...recent.slice(0, -1), [last[0], last[1] + 1]]
  return [...within(recent, second), [second, 1]]
}

/** The run after an event. */
export const step = (progress: RunProgress, event: RunEvent): RunProgress => {
  const at = DateTime.toEpochMillis(event.at)
  switch (event._tag) {
    case "PhaseBegan": {
      // Says how many are left, which sets right what was missed of a run that is faster than its screen.
      const phases = progress.phases.map((one) =>
        one.phase === event.phase ? { ...one, left: Math.min(one.total, event.left) } : one
      )
      return { ...progress, current: event.phase, phases }
    }
    case "ItemSettled": {
      const phase = phaseOf({ _tag: event.action })
      const state = stateOf(event.outcome)
      if (phase === null || !isOutcome(state)) return progress
      const phases = progress.phases.map((one) =>
        one.phase === phase ? { ...one, left: Math.max(0, one.left - 1), [state]: one[state] + 1 } : one
      )
      const { action, label, outcome, position } = event
      const troubles =
        outcome._tag === "Failed" || outcome._tag === "Doubtful"
          ? [...progress.troubles.slice(1 - maxTroubles), { position, action, label, outcome }]
          : progress.troubles
      return { ...progress, phases, troubles, recent: count(progress.recent, Math.floor(at / 1000)) }
    }
    case "StatusChanged": {
      // A stop is no slowness: the rate begins anew after it.
      const isResumed = event.status._tag === "Running" && progress.status._tag !== "Running"
      return { ...progress, status: event.status, ...(isResumed ? { workingSince: at, recent: [] } : {}) }
    }
  }
}

/** All phases together. */
export const total = ({ phases }: RunProgress): Tally & { readonly total: number; readonly left: number } => {
  const sum = { total: 0, left: 0, ...nothing }
  for (const one of phases) {
    sum.total += one.total
    sum.left += one.left
    sum.done += one.done
    sum.doubtful += one.doubtful
    sum.failed += one.failed
    sum.dropped += one.dropped
  }
  return sum
}

/** The phase at work; null before the first. */
export const currentPhase = ({ current, phases }: RunProgress): PhaseProgress | null =>
  phases.find(({ phase }) => phase === current) ?? null

/** Outcomes over the last ten seconds, or since it is at work if that is less; null within the first second and while it is not. */
export const speed = (
  { recent, status, workingSince }: RunProgress,
  now: number
): { readonly done: number; readonly elapsedMillis: number } | null => {
  if (status._tag !== "Running") return null
  const first = Math.floor(now / 1000) - window + 1
  const elapsedMillis = now - Math.max(workingSince, first * 1000)
  if (elapsedMillis < 1000) return null
  const done = recent.reduce((sum, [second, many]) => (second >= first ? sum + many : sum), 0)
  return { done, elapsedMillis }
}

/** How many milliseconds the rest takes at this rate; null when that cannot be told. */
export const remaining = (progress: RunProgress, now: number): number | null => {
  const measured = speed(progress, now)
  const { left } = total(progress)
  return measured === null || measured.done === 0 || left === 0 ? null : (left * measured.elapsedMillis) / measured.done
}

/** How many milliseconds until it goes on by itself; null when it does not. */
export const goesOnIn = ({ status }: RunProgress, now: number): number | null =>
  status._tag === "Paused" && status.until !== null ? Math.max(0, DateTime.toEpochMillis(status.until) - now) : null
