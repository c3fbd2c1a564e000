import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import * as Concurrency from "../../src/scim/Concurrency.ts"
import { simulate } from "./Limiter.harness.ts"

const good = { _tag: "Good", millis: 20, inflation: 1, isFull: true } as const

/** So many good answers, one after the other. */
const answered = (state: Concurrency.Concurrency, answers: number, millis = 20) => {
  let grown = state
  for (let ticket = state.round + 1; ticket <= state.round + answers; ticket++) {
    grown = Concurrency.observe(grown, { ...good, millis, ticket }, ticket)
  }
  return grown
}

const observation = FastCheck.oneof(
  FastCheck.record({
    _tag: FastCheck.constant("Good" as const),
    ticket: FastCheck.nat(400),
    millis: FastCheck.nat(10_000),
    inflation: FastCheck.double({ min: 1, max: 50, noNaN: true }),
    isFull: FastCheck.boolean()
  }),
  FastCheck.record({ _tag: FastCheck.constantFrom("Limited" as const, "Failed" as const), ticket: FastCheck.nat(400) })
)

describe("how many requests may be under way", () => {
  it("stays between 1 and the most, whatever happens", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 1, max: 100 }),
        FastCheck.array(observation, { maxLength: 300 }),
        (most, observations) => {
          let state = Concurrency.make(most)
          observations.forEach((one, index) => {
            state = Concurrency.observe(state, one, Math.max(index, one.ticket))
            assert.isTrue(Concurrency.room(state) >= 1 && Concurrency.room(state) <= most)
          })
        }
      )
    )
  })
  it("grows to the most with good answers, and is no more than 18 while a server may still limit 600 in a window", () => {
    for (const millis of [0, 20, 200]) {
      assert.isAtMost(Concurrency.room(answered(Concurrency.make(32), 600, millis)), 18)
      assert.strictEqual(Concurrency.room(answered(Concurrency.make(32), 2000, millis)), 32)
    }
  })
  it("then doubles per round where more are answered than a limit per second allows, and grows as slowly elsewhere", () => {
    assert.strictEqual(Concurrency.room(answered(Concurrency.make(32), 655, 20)), 32)
    assert.strictEqual(Concurrency.room(answered(Concurrency.make(32), 655, 200)), 18)
  })
  it("grows by one per round after a cut", () => {
    const cut = Concurrency.observe(Concurrency.make(32), { _tag: "Failed", ticket: 1 }, 10)
    assert.strictEqual(Concurrency.room(cut), 5)
    assert.strictEqual(Concurrency.room(answered(cut, 6)), 6)
  })
  it("does not grow when fewer are under way than may be", () => {
    let state = Concurrency.make(32)
    for (let ticket = 1; ticket < 1000; ticket++) {
      state = Concurrency.observe(state, { ...good, isFull: false, ticket }, ticket)
    }
    assert.strictEqual(Concurrency.room(state), 10)
  })
  it("is cut once by all that was under way together", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(observation, { minLength: 1, maxLength: 30 }), (observations) => {
        const cut = Concurrency.observe(Concurrency.make(32), { _tag: "Failed", ticket: 400 }, 400)
        assert.strictEqual(
          observations.reduce((state, one) => Concurrency.observe(state, one, 400), cut),
          cut
        )
      })
    )
  })
  it("is cut when latency is three times the lowest for long, not by one slow answer", () => {
    let state = answered(Concurrency.make(32), 100)
    const before = state.limit
    state = Concurrency.observe(state, { ...good, inflation: 20, ticket: 101 }, 101)
    assert.isAtLeast(state.limit, before)
    for (let ticket = 102; !(state.limit < before); ticket++) {
      assert.isBelow(ticket, 200)
      state = Concurrency.observe(state, { ...good, inflation: 5, ticket }, ticket)
    }
  })
  it("takes no latency below 50 milliseconds for overload, and forgets a lowest slowly", () => {
    assert.strictEqual(Concurrency.inflationOf(1, 50), 1)
    assert.strictEqual(Concurrency.inflationOf(100, 300), 3)
    let low = Concurrency.lowest(undefined, 100)
    for (let index = 0; index < 100; index++) low = Concurrency.lowest(low, 1000)
    assert.isBelow(low, 110)
    assert.strictEqual(Concurrency.lowest(low, 20), 20)
  })
})

describe("a server that only becomes slow", () => {
  for (const workers of [2, 4, 8]) {
    it(`of ${workers} workers is kept busy without a queue that helps nobody`, () => {
      // The first request finds it idle, as a client's first one does.
      let ways = 0
      const run = simulate({
        limit: { take: () => 0 },
        requests: 5000,
        latency: (inFlight) => 100 * (ways++ < 20 ? 1 : Math.max(1, inFlight / workers)),
        retryAfter: "said"
      })
      const capacity = workers * 10
      assert.isAtLeast((5000 * 1000) / run.millis, 0.95 * capacity)
      // 32 at once would wait for 400 to 1600 milliseconds, to the same end.
      assert.isBelow(run.latency, 390)
    })
  }
})
