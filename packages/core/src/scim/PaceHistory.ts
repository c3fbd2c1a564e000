/** How many answers a server gave lately: a count per tenth of a second, kept for as long as its limits look back. */

/** The answers of one slice of time. */
interface Slice {
  /** The number of the slice since 1970. */
  readonly at: number
  readonly count: number
}

/** What was accepted. */
export interface History {
  /** All answers ever. */
  readonly total: number
  /** When the first one came; null before. */
  readonly since: number | null
  readonly current: Slice
  /** Oldest first; slices without an answer are left out. */
  readonly past: ReadonlyArray<Slice>
}

const sliceMillis = 100

/** How far back it goes, in milliseconds: limits per minute are the longest that a client can keep by its pace. */
export const span = 120_000

const kept = span / sliceMillis

/** Nothing yet. */
export const empty: History = { total: 0, since: null, current: { at: 0, count: 0 }, past: [] }

/** When the last answer came, to a slice; null before the first. */
export const last = ({ current, since }: History): number | null => (since === null ? null : current.at * sliceMillis)

/** Whether an answer at this time begins a new slice. */
export const isNewSlice = ({ current }: History, now: number): boolean => Math.floor(now / sliceMillis) !== current.at

/** One more answer. */
export const add = (history: History, now: number): History => {
  const { current, past } = history
  const at = Math.floor(now / sliceMillis)
  const total = history.total + 1
  if (at === current.at) {
    return { total, since: history.since, current: { at, count: current.count + 1 }, past }
  }
  const older = current.count === 0 ? past : [...past.filter((slice) => slice.at > at - kept), current]
  return { total, since: history.since ?? now, current: { at, count: 1 }, past: older }
}

/** The answers between two times; the slice in which it begins counts in part, the one in which it ends as it is. */
export const between = ({ current, past }: History, from: number, to: number): number => {
  const part = ({ at, count }: Slice) => {
    const start = at * sliceMillis
    if (start > to) return 0
    return count * Math.min(1, Math.max(0, (start + sliceMillis - from) / sliceMillis))
  }
  return past.reduce((sum, slice) => sum + part(slice), part(current))
}
