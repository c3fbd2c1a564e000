/**
 * How many requests may be under way: more with good answers, fewer when the server is overloaded (AIMD). Pure: a state,
 * and what it becomes by an observation.
 *
 * The first growth is slow on purpose. What is under way when a server says 429 is refused as a whole, and gateways ban
 * whoever is refused too often; so as long as no limit is known, trust grows with the number of answers. Once these rule
 * out what servers allow in a minute or less, and the rate what they allow in a second, it doubles with each round of
 * answers, as TCP does at first. After a first cut it grows by one per round.
 *
 * Latency counts as overload when it is three times the lowest seen for such requests: requests then wait in the
 * server's queue for longer than they are worked on, and fewer of them would be answered just as fast. Below 50
 * milliseconds nobody minds a queue, and on a fast network the lowest is mostly chance, so less than that is never taken
 * as the lowest.
 */

/** The requests that may be under way. */
export interface Concurrency {
  readonly most: number
  /** At least 1, with fractions; {@link room} is what counts. */
  readonly limit: number
  /** The last request that was begun at the last cut; what comes of those up to it cuts no further. */
  readonly round: number
  /** Whether there was a cut. */
  readonly isCut: boolean
  /** Smoothed latency as a multiple of the lowest. */
  readonly inflation: number
}

/** What came of a request. */
export type Observation =
  /**
   * A good answer; `millis`: its latency, `inflation`: that as a multiple of the lowest, `isFull`: as many as allowed were
   * under way.
   */
  | {
      readonly _tag: "Good"
      readonly ticket: number
      readonly millis: number
      readonly inflation: number
      readonly isFull: boolean
    }
  /** 429. Softly, since the pace does the rest. */
  | { readonly _tag: "Limited"; readonly ticket: number }
  /** 5xx, a time-out, or a connection that failed. */
  | { readonly _tag: "Failed"; readonly ticket: number }

const first = 10
const answersPerStep = 80
// Reached after 640 answers: 600 a minute is the largest of the limits that are common.
const trusted = 18
// With so many answers per second a limit per second is none that the slow growth could have found without harm.
const unlimitedAbove = 500
const lowestMillis = 50
const smoothing = 1 / 16
// Double after 35,000 answers.
const forgetting = 1 + 1 / 50_000
const growsBelow = 2
const cutAbove = 3
const softCut = 0.85
const hardCut = 0.5

/** Before anything is known. */
export const make = (most: number): Concurrency => ({
  most: Math.max(1, Math.floor(most)),
  limit: Math.max(1, Math.min(first, Math.floor(most))),
  round: 0,
  isCut: false,
  inflation: 1
})

/** How many requests may be under way. */
export const room = ({ limit }: Concurrency): number => Math.floor(limit)

/** The lowest latency after one more; it rises slowly, since a network may become a slower one. */
export const lowest = (known: number | undefined, millis: number): number =>
  known === undefined || millis < known ? millis : known * forgetting

/** A latency as a multiple of the lowest. */
export const inflationOf = (known: number, millis: number): number =>
  Math.max(1, millis / Math.max(known, lowestMillis))

const cut = (state: Concurrency, begun: number, factor: number): Concurrency => ({
  most: state.most,
  limit: Math.max(1, state.limit * factor),
  round: begun,
  isCut: true,
  inflation: 1
})

/** What a good answer that took so long adds. As many as are under way are answered in the time that one takes. */
const stepOf = ({ isCut, limit }: Concurrency, millis: number): number => {
  if (isCut) return 1 / limit
  const isTrusted = limit >= trusted && limit * 1000 >= unlimitedAbove * millis
  return isTrusted ? 1 : 1 / Math.max(limit, answersPerStep)
}

/** The state after a request; `begun` is the last one begun so far. */
export const observe = (state: Concurrency, observation: Observation, begun: number): Concurrency => {
  if (observation.ticket <= state.round) return state
  switch (observation._tag) {
    case "Failed":
      return cut(state, begun, hardCut)
    case "Limited":
      return cut(state, begun, softCut)
    case "Good": {
      const inflation = state.inflation + (observation.inflation - state.inflation) * smoothing
      if (inflation > cutAbove) return cut(state, begun, softCut)
      const { isCut, limit, most, round } = state
      const mayGrow = observation.isFull && inflation < growsBelow && limit < most
      const step = mayGrow ? stepOf(state, observation.millis) : 0
      return { most, limit: Math.min(most, limit + step), round, isCut, inflation }
    }
  }
}
