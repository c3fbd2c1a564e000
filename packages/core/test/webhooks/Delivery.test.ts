import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import * as Delivery from "../../src/webhooks/Delivery.ts"

const attempts = FastCheck.integer({ min: 1, max: Delivery.waits.length })
const randoms = FastCheck.double({ min: 0, max: 1, noNaN: true })
const failing = FastCheck.oneof(
  FastCheck.integer({ min: 100, max: 599 })
    .filter((status) => (status < 200 || status >= 300) && status !== 410)
    .map((status) => ({ _tag: "Answered", status }) as const),
  FastCheck.constant({ _tag: "Unanswered", reason: "timeout" } as const)
)

describe("what is next after an attempt", () => {
  it("is the end of it for 2xx, and of the endpoint for 410, whatever the attempt", () => {
    FastCheck.assert(
      FastCheck.property(attempts, randoms, FastCheck.integer({ min: 200, max: 299 }), (attempt, random, status) => {
        assert.deepStrictEqual(Delivery.next("run.started", attempt, { _tag: "Answered", status }, random), {
          _tag: "Delivered"
        })
        assert.deepStrictEqual(Delivery.next("run.started", attempt, { _tag: "Answered", status: 410 }, random), {
          _tag: "Disable",
          because: "gone"
        })
      })
    )
  })

  it("is a wait of the schedule with at most a tenth more, until the attempts are used up", () => {
    FastCheck.assert(
      FastCheck.property(attempts, randoms, failing, (attempt, random, outcome) => {
        const next = Delivery.next("run.started", attempt, outcome, random)
        const wait = Delivery.waits[attempt]
        if (wait === undefined) assert.deepStrictEqual(next, { _tag: "Disable", because: "failing" })
        else {
          assert(next._tag === "Retry")
          assert.isAtLeast(next.afterMillis, wait)
          assert.isAtMost(next.afterMillis, Math.ceil(wait * 1.1))
        }
      })
    )
  })

  it("is the end of it alone for what a person asked for, also for 410: a test, and another attempt after the last one", () => {
    const gone = FastCheck.constant({ _tag: "Answered", status: 410 } as const)
    FastCheck.assert(
      FastCheck.property(attempts, randoms, FastCheck.oneof(failing, gone), (attempt, random, outcome) => {
        assert.deepStrictEqual(Delivery.next("webhook.test", attempt, outcome, random), { _tag: "Fail" })
        const beyond = Delivery.waits.length + attempt
        assert.deepStrictEqual(Delivery.next("run.started", beyond, outcome, random), { _tag: "Fail" })
      })
    )
  })

  it("follows the specification's schedule", () => {
    const hours = (count: number) => count * 3_600_000
    const retried = Array.from({ length: 9 }, (_, index) =>
      Delivery.next("run.started", index + 1, { _tag: "Answered", status: 302 }, 0)
    ).map((next) => (next._tag === "Retry" ? next.afterMillis : next._tag))
    const expected = [5000, 300_000, 1_800_000, hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)]
    assert.deepStrictEqual(retried, expected)
  })
})
