/** Pausing a connection that mostly fails: a state machine without a clock of its own. Times are in milliseconds. */
import { Schema } from "effect"

const Positive = Schema.Int.check(Schema.isGreaterThan(0))

/** When to pause, and for how long. */
export const QuarantinePolicy = Schema.Struct({
  /** How many of the last outcomes count. */
  window: Positive,
  /** Outcomes there have to be before anything is concluded; at most `window`. */
  minimum: Positive,
  /** The share of failures, from 0 to 1, beyond which a pause begins. */
  rate: Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  firstPause: Positive,
  longestPause: Positive
})
export type QuarantinePolicy = typeof QuarantinePolicy.Type

/** Of the last 50 requests more than half failed or were refused: a minute, then two, then four, up to six hours. */
export const usual: QuarantinePolicy = {
  window: 50,
  minimum: 10,
  rate: 0.5,
  firstPause: 60_000,
  longestPause: 21_600_000
}

/**
 * How something went. `failure`: the server was not there, or could not. `refusal`: it answered that it would not, which is
 * about the one object, until it says so of most.
 */
export const Outcome = Schema.Literals(["success", "failure", "refusal"])
export type Outcome = typeof Outcome.Type

/** Working, with the last outcomes. `pauses` so far, one after the other. */
export const Open = Schema.TaggedStruct("Open", { outcomes: Schema.Array(Outcome), pauses: Schema.Int })
/** Nothing is sent before `until`. `refusal`: it took the refusals, too, to come to that. */
export const Paused = Schema.TaggedStruct("Paused", {
  until: Schema.Number,
  pauses: Schema.Int,
  because: Schema.Literals(["failure", "refusal"])
})
/** Whether a connection is in quarantine. It may be kept. */
export const Quarantine = Schema.Union([Open, Paused])
export type Quarantine = typeof Quarantine.Type

/** Nothing has happened yet. */
export const initial: Quarantine = { _tag: "Open", outcomes: [], pauses: 0 }

/** The state at a time: a pause that is over is left, with nothing held against the connection but its pauses. */
export const at = (state: Quarantine, now: number): Quarantine =>
  state._tag === "Paused" && now >= state.until ? { _tag: "Open", outcomes: [], pauses: state.pauses } : state

/** How long the next pause is after so many: doubled each time, up to the longest. */
export const pauseAfter = ({ firstPause, longestPause }: QuarantinePolicy, pauses: number): number =>
  Math.min(longestPause, firstPause * 2 ** pauses)

/**
 * Takes an outcome. What comes in during a pause was sent before it and is not counted. Refusals count once the window is
 * full: of a few objects each has its own reason.
 */
export const record = (state: Quarantine, policy: QuarantinePolicy, outcome: Outcome, now: number): Quarantine => {
  const current = at(state, now)
  if (current._tag === "Paused") return current
  const outcomes = [...current.outcomes, outcome].slice(-policy.window)
  const failures = outcomes.filter((one) => one === "failure").length
  const bad = outcomes.filter((one) => one !== "success").length
  const most = policy.rate * outcomes.length
  const isFailing = outcomes.length >= Math.min(policy.minimum, policy.window) && failures > most
  if (isFailing || (outcomes.length === policy.window && bad > most)) {
    return {
      _tag: "Paused",
      until: now + pauseAfter(policy, current.pauses),
      pauses: current.pauses + 1,
      because: isFailing ? "failure" : "refusal"
    }
  }
  // A whole window without a new pause means that it works again.
  return { _tag: "Open", outcomes, pauses: outcomes.length === policy.window ? 0 : current.pauses }
}
