/** Servers with limits and bans in a time of their own, and the pure gate in front of them: no clock, no Effect. */
import * as Concurrency from "../../src/scim/Concurrency.ts"
import * as Pace from "../../src/scim/Pace.ts"

/** Takes a request, or says after how many milliseconds it would. */
export interface Limit {
  readonly take: (now: number) => number
}

/** A bucket that is full at first and holds what comes in a second, or `burst`. */
export const bucket = (perSecond: (now: number) => number, burst?: number): Limit => {
  let tokens = Number.POSITIVE_INFINITY
  let filledAt = 0
  return {
    take: (now) => {
      const rate = perSecond(now)
      tokens = Math.min(burst ?? rate, tokens + ((now - filledAt) * rate) / 1000)
      filledAt = now
      if (tokens < 1) return ((1 - tokens) * 1000) / rate
      tokens -= 1
      return 0
    }
  }
}

/** So many per window that begins by the clock; `phase` moves it. */
export const fixedWindow = (most: (now: number) => number, millis: number, phase = 0): Limit => {
  let window = -1
  let count = 0
  return {
    take: (now) => {
      const current = Math.floor((now + phase) / millis)
      if (current !== window) count = 0
      window = current
      if (count >= most(now)) return (current + 1) * millis - phase - now
      count++
      return 0
    }
  }
}

/** So many in any window. */
export const slidingWindow = (most: (now: number) => number, millis: number): Limit => {
  const accepted: Array<number> = []
  return {
    take: (now) => {
      while (accepted[0] !== undefined && accepted[0] <= now - millis) accepted.shift()
      if (accepted.length >= most(now)) return (accepted[0] ?? now) + millis - now
      accepted.push(now)
      return 0
    }
  }
}

/** A limit that stays. */
export const always = (value: number) => (): number => value

const banWindow = 10_000
const banAbove = 20
const banMillis = 60_000

/** A server that bans for a minute whoever is refused more than 20 times in ten seconds. */
export const banning = (limit: Limit) => {
  const acceptedAt: Array<number> = []
  const refusedAt: Array<number> = []
  const state = { bans: 0, bannedUntil: 0 }
  return {
    acceptedAt,
    refusedAt,
    bans: () => state.bans,
    /** 0 when it takes the request, else milliseconds until it would. */
    take: (now: number): number => {
      if (now < state.bannedUntil) return state.bannedUntil - now
      const wait = limit.take(now)
      if (wait <= 0) {
        acceptedAt.push(now)
        return 0
      }
      refusedAt.push(now)
      if (refusedAt.filter((at) => at > now - banWindow).length <= banAbove) return wait
      state.bans++
      state.bannedUntil = now + banMillis
      return banMillis
    }
  }
}

/** Numbers between 0 and 1 that are the same in every run. */
export const chance = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Accepted requests per second between two times. */
export const rateBetween = (acceptedAt: ReadonlyArray<number>, from: number, to: number): number =>
  (acceptedAt.filter((at) => at >= from && at < to).length * 1000) / (to - from)

/** How a simulated server and the way to it behave. */
export interface Simulation {
  readonly limit: Limit
  /** When to stop. */
  readonly requests: number
  /** Milliseconds there and back by the number of requests under way; by chance a tenth more or less. */
  readonly latency: (inFlight: number) => number
  /** `said`: in whole seconds, as servers do. */
  readonly retryAfter: "said" | "none"
  readonly maxInFlight?: number
  readonly seed?: number
}

interface Event {
  readonly at: number
  readonly ticket: number
  readonly begunAt: number
  /** Undefined on the way there, then what the server said. */
  readonly wait: number | undefined
}

/** Sends so many requests one after the other as the gate lets them, refused ones again. */
export const simulate = ({ latency, limit, maxInFlight = 32, requests, retryAfter, seed = 7 }: Simulation) => {
  const server = banning(limit)
  const random = chance(seed)
  // By time.
  const events: Array<Event> = []
  let pace = Pace.make()
  let concurrency = Concurrency.make(maxInFlight)
  let low: number | undefined
  let now = 0
  let begun = 0
  const load = { left: requests, inFlight: 0 }
  let sum = 0
  let most = 0
  const later = (event: Omit<Event, "at">) => {
    const at = now + (latency(load.inFlight) / 2) * (0.9 + random() / 5)
    events.splice(events.findLastIndex((other) => other.at <= at) + 1, 0, { ...event, at })
  }
  const begin = () => {
    load.left--
    load.inFlight++
    later({ ticket: ++begun, begunAt: now, wait: undefined })
    most = Math.max(most, load.inFlight)
  }
  /** Begins what is due; ends with the time to come back at. */
  const pump = (): number => {
    while (load.left > 0 && load.inFlight < Concurrency.room(concurrency)) {
      if (!Pace.isFree(pace)) {
        const admission = Pace.admit(pace, now)
        if (admission._tag === "Wait") return Math.ceil(now + admission.millis)
        pace = admission.pace
      }
      begin()
    }
    return Number.POSITIVE_INFINITY
  }
  const answered = ({ begunAt, ticket }: Event, wait: number) => {
    const isFull = load.inFlight >= Concurrency.room(concurrency)
    load.inFlight--
    sum += now - begunAt
    if (wait > 0) {
      load.left++
      const saidMillis = retryAfter === "none" ? null : Math.ceil(wait / 1000) * 1000
      pace = Pace.refused(pace, { now, ticket, begun, saidMillis, random: random() })
      concurrency = Concurrency.observe(concurrency, { _tag: "Limited", ticket }, begun)
      return
    }
    const millis = now - begunAt
    low = Concurrency.lowest(low, millis)
    const inflation = Concurrency.inflationOf(low, millis)
    concurrency = Concurrency.observe(concurrency, { _tag: "Good", ticket, millis, inflation, isFull }, begun)
    pace = Pace.accepted(pace, now, ticket)
  }
  while (load.left > 0 || load.inFlight > 0) {
    const due = pump()
    const [next] = events
    if (next === undefined || next.at > due) {
      now = due
      continue
    }
    now = next.at
    events.shift()
    if (next.wait === undefined) later({ ...next, wait: server.take(now) })
    else answered(next, next.wait)
  }
  const { acceptedAt, bans, refusedAt } = server
  return { acceptedAt, refusedAt, bans: bans(), millis: now, latency: sum / begun, most, pace, concurrency }
}
