/**
 * How fast requests may be begun: learnt from what a server accepted before it refused. Pure: a state, and what it
 * becomes by an observation; time is handed in.
 *
 * Without a refusal there is no pace. The first one closes the gate; after the pause a single request goes ahead, and
 * only its answer opens the gate again, so that a server that still refuses does so once. The rate then starts from two
 * readings of the past, between which the server's limit is: what it accepted per second just before it refused, and
 * what it accepted per second from one refusal to the next, pauses included. The first is too high for a bucket that had
 * tokens saved, the second too low for a window that the pause left unused.
 */
import * as Curve from "./PaceCurve.ts"
import * as History from "./PaceHistory.ts"

/** Refusals in a row, with no answer between them but to requests that were under way. */
interface Streak {
  /** When the first came, and how many answers had come until then. */
  readonly at: number
  readonly total: number
  /** Until when the server is known to refuse: the end of the pause it asked for, or its last refusal. */
  readonly until: number
  /** How often the gate opened in vain. */
  readonly rounds: number
  /** When the request that goes ahead was begun; null while there is none. */
  readonly trialAt: number | null
}

/** The pace of a connection. */
export interface Pace {
  /** What the options allow, in requests per second. */
  readonly most: number
  /** Null until a server has refused, and for as long as the options do not limit it either. */
  readonly curve: Curve.Curve | null
  /** Null while the server accepts. */
  readonly streak: Streak | null
  /** The first refusal of the streak before. */
  readonly before: { readonly at: number; readonly total: number } | null
  /** When the gate last opened; null when it never closed. */
  readonly openedAt: number | null
  readonly closedUntil: number
  /** The last request that was begun when the server refused; answers up to it tell nothing new. */
  readonly round: number
  /** When the next request is due. */
  readonly nextSlot: number
  readonly history: History.History
}

/** A 429 as the gate sees it. */
export interface Refusal {
  readonly now: number
  /** Which request was refused. */
  readonly ticket: number
  /** The last request begun so far. */
  readonly begun: number
  /** The pause that the server asks for; null when it does not say. */
  readonly saidMillis: number | null
  /** Between 0 and 1; spreads pauses that the server did not say. */
  readonly random: number
}

// Below the limit by as much as the network may move requests together: 20 milliseconds of a second.
const margin = 0.98
// What a good rate loses by a refusal.
const step = 0.985
const shortestWindow = 1000
const longestLook = 2000
// A rate that is tried out was surely good so long ago: a window has passed since, and the answer's way.
const hindsight = 1250
// A refusal after this much time is news about an otherwise good rate; before it the rate was a bad guess.
const provenAfter = 8000
// After this much the pause before it weighs less in what was accepted per second than a tenth too much would.
const settled = 4000
const guess = { hold: 1500, unit: 2500, trust: "guess" } as const
const firstHold = 120_000
const longestHold = 240_000
const slowly = 10_000
// For servers that refuse before they ever accepted: 20 a second is what nearly all of them allow.
const blind = { start: 4, target: 20 }
const slowest = 0.1
const firstBackoff = 1000
const longestBackoff = 60_000
// A timer that is late is caught up with, by no more than this.
const slack = 20
// A request that goes ahead and is not answered in this time is joined by another.
const patience = 2000

/** The pace before anything is known. */
export const make = (requestsPerSecond: number = Number.POSITIVE_INFINITY): Pace => ({
  most: requestsPerSecond,
  curve: null,
  streak: null,
  before: null,
  openedAt: null,
  closedUntil: 0,
  round: 0,
  nextSlot: 0,
  history: History.empty
})

/** Whether requests may be begun without asking {@link admit}. */
export const isFree = ({ curve, most, streak }: Pace): boolean =>
  curve === null && streak === null && most === Number.POSITIVE_INFINITY

/** Requests per second that may be begun at this time. */
export const rateAt = ({ curve, most }: Pace, now: number): number =>
  curve === null ? most : Math.min(most, Curve.rateAt(curve, now))

/** Milliseconds until the pause is over. */
export const pauseLeft = ({ closedUntil }: Pace, now: number): number => Math.max(0, closedUntil - now)

/** The state after a request was begun, or how long to wait before asking again. */
export type Admission =
  | { readonly _tag: "Begin"; readonly pace: Pace }
  | { readonly _tag: "Wait"; readonly millis: number }

/** May a request be begun now? */
export const admit = (pace: Pace, now: number): Admission => {
  const { closedUntil, streak } = pace
  if (now < closedUntil) return { _tag: "Wait", millis: closedUntil - now }
  if (streak !== null) {
    const next = streak.trialAt === null ? now : streak.trialAt + patience
    if (now < next) return { _tag: "Wait", millis: next - now }
    return { _tag: "Begin", pace: { ...pace, streak: { ...streak, trialAt: now } } }
  }
  const slot = Math.max(pace.nextSlot, now - slack)
  if (slot > now) return { _tag: "Wait", millis: slot - now }
  return { _tag: "Begin", pace: { ...pace, nextSlot: slot + 1000 / rateAt(pace, now) } }
}

/** What is read from the past when a gate opens again. */
interface Reading {
  /** Answers per second just before the refusal. */
  readonly upper: number
  /** Answers per second between two refusals, pauses included. */
  readonly lower: number
  /** How long the gate had been open. */
  readonly openMillis: number
}

const readingOf = ({ before, history, openedAt }: Pace, streak: Streak): Reading => {
  const pause = Math.max(shortestWindow, streak.until - streak.at)
  const openMillis = streak.at - (openedAt ?? history.since ?? streak.at)
  const look = Math.min(History.span, Math.max(pause, Math.min(openMillis, longestLook)))
  const accepted = before === null ? streak.total : streak.total - before.total
  const time = before === null ? openMillis + pause : streak.at - before.at
  // Without a pace the answers come in waves, and the refusal may be the first of its wave.
  const end = openedAt === null ? Number.POSITIVE_INFINITY : streak.at
  return {
    upper: (History.between(history, streak.at - look, end) * 1000) / look,
    lower: (accepted * 1000) / time,
    openMillis
  }
}

const atLeast = (curve: Curve.Curve): Curve.Curve => {
  const target = Math.max(slowest, curve.target)
  return { ...curve, target, start: Math.min(target, Math.max(slowest, curve.start)) }
}

/** What was accepted before the refusal was felt, and a little less. */
const good = (old: Curve.Curve | null, at: number, { openMillis, upper }: Reading): number =>
  Math.min(upper, old === null ? upper : Curve.rateAt(old, at - Math.min(hindsight, openMillis / 2))) * margin

/** The rate that was good for long, or was being exceeded, and then was refused. */
const corrected = (old: Curve.Curve, at: number, now: number, reading: Reading): Curve.Curve => {
  const tried = good(old, at, reading)
  const target = Curve.isProbing(old, at) ? Math.max(old.target, tried) : old.target * step
  // Far above what was known: the limit is another one now, and not found yet.
  if (target > 1.2 * old.target) return { start: (old.target + target) / 2, target, since: now, ...guess }
  // The limit is where it was: it is tried less often.
  const isConfirmed = Curve.isProbing(old, at) && old.trust !== "guess"
  const hold = isConfirmed ? Math.min(2 * old.hold, longestHold) : Math.max(old.hold, firstHold)
  return { start: target, target, since: now, hold, unit: slowly, trust: "firm" }
}

const learn = (old: Curve.Curve | null, at: number, now: number, reading: Reading): Curve.Curve => {
  const { lower, openMillis, upper } = reading
  if (old !== null && (Curve.isProbing(old, at) || openMillis >= provenAfter)) return corrected(old, at, now, reading)
  if (old?.trust === "firm" && upper > 0.8 * old.target) {
    // A good rate was refused soon: perhaps the network moved requests together. Not twice, though.
    const target = old.target * step
    return { start: target, target, since: now, hold: old.hold, unit: slowly, trust: "shaken" }
  }
  if (upper > 0) {
    const target = good(old, at, reading)
    return { start: openMillis < settled ? lower * margin : 0.9 * target, target, since: now, ...guess }
  }
  const { start, target } = old === null ? blind : { start: old.target / 4, target: old.target / 2 }
  return { start, target, since: now, ...guess }
}

const opened = (pace: Pace, streak: Streak, now: number): Pace => {
  const curve = atLeast(learn(pace.curve, streak.at, now, readingOf(pace, streak)))
  const interval = 1000 / Math.min(pace.most, Curve.rateAt(curve, now))
  return {
    ...pace,
    curve,
    streak: null,
    before: { at: streak.at, total: streak.total },
    openedAt: now,
    // The request that went ahead was the first at this pace.
    nextSlot: Math.max(now, (streak.trialAt ?? now) + interval),
    history: History.add(pace.history, now)
  }
}

/** Growth counts only the time in which the rate was used: nothing is learnt from a rate that nobody asks for. */
const used = (curve: Curve.Curve, history: History.History, now: number): Curve.Curve => {
  const gap = now - (History.last(history) ?? now)
  const rate = Curve.rateAt(curve, now)
  const idle = Math.max(0, gap - Math.max(1000, 3000 / rate))
  const look = 2000
  const isUsed = History.between(history, now - look, now) >= (0.8 * rate * look) / 1000 - 1
  const unused = Curve.isProbing(curve, now) && !isUsed ? gap : idle
  return unused === 0 ? curve : { ...curve, since: Math.min(now, curve.since + unused) }
}

/** An answer other than 429 came. */
export const accepted = (pace: Pace, now: number, ticket: number): Pace => {
  const { curve, history, round, streak } = pace
  if (streak !== null && ticket > round) return opened(pace, streak, now)
  const isStep = curve !== null && streak === null && History.isNewSlice(history, now)
  return {
    ...pace,
    curve: isStep ? used(curve, history, now) : curve,
    history: History.add(history, now)
  }
}

/** A request got no answer at all. If it went ahead, another may. */
export const unanswered = (pace: Pace, ticket: number): Pace =>
  pace.streak === null || ticket <= pace.round ? pace : { ...pace, streak: { ...pace.streak, trialAt: null } }

/** How often a pause that a server asks for is believed before longer ones are tried. That it needs none is believed once. */
const believed = (saidMillis: number): number => (saidMillis === 0 ? 1 : 3)

const backoff = (rounds: number, random: number): number =>
  Math.min(firstBackoff * 2 ** rounds, longestBackoff) * (0.5 + random / 2)

/**
 * A request was refused: the gate closes for everybody. Without a word of the server the pause grows with every vain
 * attempt; a server that asks for the same short pause again and again is not believed for ever either.
 */
export const refused = (pace: Pace, { begun, now, random, saidMillis, ticket }: Refusal): Pace => {
  const { history, streak } = pace
  const isOld = ticket <= pace.round
  const rounds = streak === null ? 0 : streak.rounds + (isOld ? 0 : 1)
  const vain = rounds - (saidMillis === null ? 0 : believed(saidMillis))
  const wait = Math.max(saidMillis ?? 0, vain < 0 ? 0 : backoff(vain, random))
  // Whole milliseconds, since a clock may never show a fraction of one.
  const closedUntil = Math.max(pace.closedUntil, now + Math.ceil(wait))
  if (isOld) return { ...pace, closedUntil }
  const until = now + (saidMillis ?? 0)
  const { at, total } = streak ?? { at: now, total: history.total }
  return { ...pace, closedUntil, round: begun, streak: { at, total, until, rounds, trialAt: null } }
}
