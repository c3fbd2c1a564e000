import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import {
  at,
  initial,
  pauseAfter,
  type Quarantine,
  type QuarantinePolicy,
  record,
  usual
} from "../../src/provisioning/Quarantine.ts"

const policy: QuarantinePolicy = { window: 4, minimum: 2, rate: 0.5, firstPause: 100, longestPause: 350 }

const outcomeOf = (letter: string) => (letter === "+" ? "success" : letter === "-" ? "failure" : "refusal")

const after = (outcomes: string, start: Quarantine = initial, now = 0): Quarantine =>
  [...outcomes].reduce((state, letter) => record(state, policy, outcomeOf(letter), now), start)

describe("Quarantine", () => {
  it("pauses when more than the rate of the last outcomes failed, not before there are enough", () => {
    assert.strictEqual(after("-")._tag, "Open")
    assert.deepStrictEqual(after("--"), { _tag: "Paused", until: 100, pauses: 1, because: "failure" })
    assert.strictEqual(after("+-+-")._tag, "Open")
    assert.strictEqual(after("++--")._tag, "Open")
    assert.strictEqual(after("++---")._tag, "Paused")
  })

  it("opens at the time said, with a clean sheet", () => {
    const paused = after("--")
    assert.strictEqual(at(paused, 99), paused)
    assert.deepStrictEqual(at(paused, 100), { _tag: "Open", outcomes: [], pauses: 1 })
    assert.strictEqual(record(paused, policy, "failure", 50), paused)
    assert.deepStrictEqual(record(paused, policy, "success", 100), { _tag: "Open", outcomes: ["success"], pauses: 1 })
  })

  it("doubles the pause up to the longest, and starts anew after a window that went well", () => {
    let state = initial
    let now = 0
    const pauses: Array<number> = []
    for (let round = 0; round < 4; round++) {
      state = after("--", state, now)
      const until = state._tag === "Paused" ? state.until : assert.fail("not paused")
      pauses.push(until - now)
      now = until
    }
    assert.deepStrictEqual(pauses, [100, 200, 350, 350])
    assert.deepStrictEqual(after("++++--", state, now), {
      _tag: "Open",
      outcomes: ["success", "success", "failure", "failure"],
      pauses: 0
    })
    const paused = { _tag: "Paused", until: now + 100, pauses: 1, because: "failure" } as const
    assert.deepStrictEqual(after("++++---", state, now), paused)
    assert.strictEqual(pauseAfter(usual, 10_000), usual.longestPause)
  })

  it("counts refusals, once there is a whole window of outcomes", () => {
    assert.strictEqual(after("???")._tag, "Open")
    assert.deepStrictEqual(after("????"), { _tag: "Paused", until: 100, pauses: 1, because: "refusal" })
    assert.strictEqual(after("+?+?+?+?")._tag, "Open")
    assert.deepStrictEqual(after("++?-?"), { _tag: "Paused", until: 100, pauses: 1, because: "refusal" })
    assert.deepStrictEqual(after("?---"), { _tag: "Paused", until: 100, pauses: 1, because: "failure" })
    assert.strictEqual(record(after("????"), policy, "refusal", 100)._tag, "Open")
  })

  it("never pauses while at most the rate fails, never keeps more than a window, and never opens early", () => {
    const events = FastCheck.array(FastCheck.tuple(FastCheck.boolean(), FastCheck.nat({ max: 80 })), { maxLength: 60 })
    FastCheck.assert(
      FastCheck.property(events, (events) => {
        let state = initial
        let now = 0
        for (const [isSuccess, passed] of events) {
          now += passed
          const before = state
          state = record(state, policy, isSuccess ? "success" : "failure", now)
          if (before._tag === "Paused" && now < before.until) assert.strictEqual(state, before)
          if (state._tag === "Open") assert.isAtMost(state.outcomes.length, policy.window)
          if (before._tag === "Open" && state._tag === "Paused") {
            assert.isFalse(isSuccess)
            assert.isAtMost(state.until - now, policy.longestPause)
          }
        }
        let calm = initial
        for (const [index] of events.entries()) calm = record(calm, policy, index % 2 === 0 ? "success" : "failure", 0)
        assert.strictEqual(calm._tag, "Open")
      })
    )
  })
})
