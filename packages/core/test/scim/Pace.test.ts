import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import * as Pace from "../../src/scim/Pace.ts"
import * as Curve from "../../src/scim/PaceCurve.ts"
import * as History from "../../src/scim/PaceHistory.ts"
import * as H from "./Limiter.harness.ts"

const refusal = { saidMillis: 1000, random: 0.5 }

/** A pace after so many answers in a tenth of a second, a refusal and its pause. */
const limited = (answers: number) => {
  let pace = Pace.make()
  for (let ticket = 1; ticket <= answers; ticket++) pace = Pace.accepted(pace, (ticket * 100) / answers, ticket)
  return Pace.refused(pace, { ...refusal, now: 100, ticket: answers + 1, begun: answers + 5 })
}

const begun = (pace: Pace.Pace, now: number): Pace.Pace => {
  const admission = Pace.admit(pace, now)
  if (admission._tag === "Wait") throw new Error(`to wait for ${admission.millis} ms`)
  return admission.pace
}

describe("the gate", () => {
  it("is free until a server refuses, unless the options say how many", () => {
    assert.isTrue(Pace.isFree(Pace.accepted(Pace.make(), 1, 1)))
    assert.isFalse(Pace.isFree(limited(10)))
    assert.isFalse(Pace.isFree(Pace.make(5)))
  })
  it("lets one request go ahead after the pause, and opens with its answer alone", () => {
    const closed = limited(100)
    assert.deepStrictEqual(Pace.admit(closed, 600), { _tag: "Wait", millis: 500 })
    const tried = begun(closed, 1100)
    assert.strictEqual(Pace.admit(tried, 1101)._tag, "Wait")
    assert.strictEqual(Pace.accepted(tried, 1150, 105).curve, null, "that one was under way when it closed")
    const open = Pace.accepted(tried, 1150, 106)
    assert.strictEqual(Pace.admit(open, 1160)._tag, "Begin")
    assert.isTrue(Pace.rateAt(open, 1160) > 80 && Pace.rateAt(open, 1160) < 100)
  })
  it("lets another go ahead when the first is lost, at once or after two seconds", () => {
    const tried = begun(limited(100), 1100)
    assert.strictEqual(Pace.admit(tried, 3099)._tag, "Wait")
    assert.strictEqual(Pace.admit(tried, 3100)._tag, "Begin")
    assert.strictEqual(Pace.admit(Pace.unanswered(tried, 106), 1101)._tag, "Begin")
  })
  it("closes for longer each time when the server does not say for how long", () => {
    let pace = Pace.make()
    let now = 0
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((ticket) => {
      pace = Pace.refused(pace, { now, ticket, begun: ticket, saidMillis: null, random: 1 })
      const wait = Pace.pauseLeft(pace, now)
      now += wait
      return wait
    })
    assert.deepStrictEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })
  it("closes for as long as the server says, and longer only when that did not help three times", () => {
    let pace = Pace.make()
    const waits = [1, 2, 3, 4, 5].map((ticket) => {
      pace = Pace.refused(pace, { now: ticket * 10_000, ticket, begun: ticket, saidMillis: 700, random: 1 })
      return Pace.pauseLeft(pace, ticket * 10_000)
    })
    assert.deepStrictEqual(waits, [700, 700, 700, 1000, 2000])
  })
  it("never forgets the longest pause, whatever else is refused", () => {
    const pauses = FastCheck.array(FastCheck.tuple(FastCheck.nat(10), FastCheck.option(FastCheck.nat(100_000))), {
      minLength: 1,
      maxLength: 20
    })
    FastCheck.assert(
      FastCheck.property(pauses, (all) => {
        let pace = Pace.make()
        for (const [ticket, saidMillis] of all) {
          pace = Pace.refused(pace, { now: 0, ticket, begun: 10, saidMillis, random: 0 })
        }
        assert.isAtLeast(Pace.pauseLeft(pace, 0), Math.max(...all.map(([, said]) => said ?? 500)))
      })
    )
  })
  it("never begins more than the options allow", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 1, max: 50 }),
        FastCheck.array(FastCheck.nat(300), { maxLength: 200 }),
        (most, gaps) => {
          let pace = Pace.make(most)
          let now = 0
          let count = 0
          for (const gap of gaps) {
            now += gap
            const admission = Pace.admit(pace, now)
            if (admission._tag === "Wait") continue
            pace = admission.pace
            count++
          }
          assert.isAtMost(count, 1 + ((now + 20) * most) / 1000)
        }
      )
    )
  })
})

describe("the curve", () => {
  const curve = FastCheck.record({
    start: FastCheck.double({ min: 0.1, max: 1000, noNaN: true }),
    gap: FastCheck.double({ min: 1, max: 10, noNaN: true }),
    hold: FastCheck.integer({ min: 0, max: 100_000 })
  }).map(({ gap, hold, start }) => ({
    start,
    target: start * gap,
    since: 0,
    hold,
    unit: 1000,
    trust: "guess" as const
  }))

  it("only rises, from the start, through the target, beyond it after the level part", () => {
    FastCheck.assert(
      FastCheck.property(curve, FastCheck.nat(200_000), FastCheck.nat(10_000), (one, now, later) => {
        assert.closeTo(Curve.rateAt(one, 0), one.start, 1e-6)
        assert.isAtLeast(Curve.rateAt(one, now + later), Curve.rateAt(one, now) - 1e-6)
        const level = Curve.rise(one) + one.hold
        assert.closeTo(Curve.rateAt(one, level), one.target, 1e-6)
        assert.strictEqual(Curve.isProbing(one, now), now > level)
        assert.closeTo(Curve.rateAt(one, level + 1000), one.target * 1.05, 1e-6)
      })
    )
  })
})

describe("the past", () => {
  it("counts all answers between two times, the first tenth of a second in part", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.nat(400), { maxLength: 200 }),
        FastCheck.nat(20_000),
        (gaps, from) => {
          let now = 0
          const times = gaps.map((gap) => (now += gap))
          const history = times.reduce(History.add, History.empty)
          assert.strictEqual(history.total, times.length)
          const counted = History.between(history, from, now)
          const slice = from - (from % 100)
          assert.isAtLeast(counted, times.filter((at) => at >= slice + 100).length - 1e-6)
          assert.isAtMost(counted, times.filter((at) => at >= slice).length + 1e-6)
        }
      )
    )
  })
  it("is kept for two minutes", () => {
    let history = History.empty
    for (let now = 0; now < 1_000_000; now += 50) history = History.add(history, now)
    assert.isAtMost(history.past.length, 1200)
    assert.closeTo(History.between(history, 880_100, 1_000_000), 2398, 2)
  })
})

const kinds = (rate: (now: number) => number) =>
  [
    ["bucket", () => H.bucket(rate)],
    ["fixed window", () => H.fixedWindow(rate, 1000)],
    ["fixed window half a second later", () => H.fixedWindow(rate, 1000, 500)],
    ["sliding window", () => H.slidingWindow(rate, 1000)]
  ] as const

describe("10,000 requests to a server that takes 100 per second", () => {
  for (const [kind, limit] of kinds(H.always(100))) {
    for (const retryAfter of ["said", "none"] as const) {
      for (const latency of [2, 20]) {
        it(`by ${kind}, Retry-After ${retryAfter}, ${latency} ms: at least 95 per second, and no ban`, () => {
          for (const seed of [1, 2, 3]) {
            const run = H.simulate({ limit: limit(), requests: 10_000, latency: () => latency, retryAfter, seed })
            assert.isAtLeast(H.rateBetween(run.acceptedAt, 0, run.millis), 95)
            assert.strictEqual(run.bans, 0)
          }
        })
      }
    }
    it(`by ${kind}, over slow networks: nearly as many, and no ban`, () => {
      for (const latency of [50, 100, 200]) {
        for (const seed of [1, 2, 3]) {
          const run = H.simulate({ limit: limit(), requests: 10_000, latency: () => latency, retryAfter: "said", seed })
          assert.isAtLeast(H.rateBetween(run.acceptedAt, 0, run.millis), latency === 200 ? 84 : 90)
          assert.strictEqual(run.bans, 0)
        }
      }
    })
  }
})

describe("other limits", () => {
  for (const [kind, limit] of kinds(H.always(10))) {
    it(`10 per second by ${kind}: at least 9 of them, 9.5 in the end, and no ban`, () => {
      for (const latency of [2, 20, 100]) {
        const run = H.simulate({ limit: limit(), requests: 2000, latency: () => latency, retryAfter: "said" })
        assert.isAtLeast(H.rateBetween(run.acceptedAt, 0, run.millis), 9)
        assert.isAtLeast(H.rateBetween(run.acceptedAt, 90_000, run.millis), 9.5)
        assert.strictEqual(run.bans, 0)
      }
    })
  }
  for (const [retryAfter, share] of [
    ["said", 0.95],
    ["none", 0.85]
  ] as const) {
    it(`600 per minute, Retry-After ${retryAfter}: at least ${share} of them, and no ban`, () => {
      for (const latency of [2, 20, 100]) {
        const limit = H.fixedWindow(H.always(600), 60_000, 13_000)
        const run = H.simulate({ limit, requests: 6000, latency: () => latency, retryAfter })
        assert.isAtLeast(H.rateBetween(run.acceptedAt, 0, run.millis), 10 * share)
        assert.strictEqual(run.bans, 0)
      }
    })
  }
  for (const [kind, limit] of kinds((now) => (now < 60_000 || now >= 150_000 ? 100 : 50))) {
    it(`100 per second by ${kind}, halved after a minute, doubled after another and a half: follows both, and no ban`, () => {
      const run = H.simulate({ limit: limit(), requests: 45_000, latency: () => 20, retryAfter: "said" })
      const rate = (from: number, to: number) => H.rateBetween(run.acceptedAt, from * 1000, to * 1000)
      assert.isAtLeast(rate(80, 150), 46)
      assert.isAtLeast(rate(400, 450), 94)
      assert.strictEqual(run.bans, 0)
    })
  }
})
