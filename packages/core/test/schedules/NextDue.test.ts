/** Due moments: after what was asked, none left out, none twice, and never moved by when something was carried out. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result, Schema } from "effect"
import * as FastCheck from "fast-check"
import { Cadence } from "../../src/schedules/Cadence.ts"
import { nextDue } from "../../src/schedules/NextDue.ts"

const year2026 = Date.UTC(2026, 0, 1)
const moment = FastCheck.integer({ min: year2026, max: year2026 + 5 * 365 * 86_400_000 }).map(DateTime.makeUnsafe)
const every = FastCheck.record({ seconds: FastCheck.integer({ min: 60, max: 2_678_400 }) }).map(
  ({ seconds }): Cadence => ({ _tag: "Every", seconds })
)
const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland"]
const zone = FastCheck.constantFrom(...zones)
const two = (value: number) => String(value).padStart(2, "0")
const timeOfDay = FastCheck.tuple(FastCheck.nat(23), FastCheck.nat(59)).map(([h, m]) => `${two(h)}:${two(m)}`)
const daily = FastCheck.record({ at: timeOfDay, timeZone: zone }).map((fields): Cadence => ({
  _tag: "Daily",
  ...fields
}))
const expression = FastCheck.oneof(
  FastCheck.constantFrom(1, 5, 15, 20, 30).map((step) => `*/${step} * * * *`),
  FastCheck.tuple(FastCheck.nat(59), FastCheck.integer({ min: 1, max: 6 })).map(([m, d]) => `${m} 4 * * ${d}`),
  FastCheck.tuple(FastCheck.nat(59), FastCheck.integer({ min: 1, max: 28 })).map(([m, d]) => `${m} 0,12 ${d} * *`)
)
const cron = FastCheck.record({ expression, timeZone: zone }).map((fields): Cadence => ({ _tag: "Cron", ...fields }))
const any = FastCheck.oneof(every, daily, cron)

const millis = DateTime.toEpochMillis
const due = (cadence: Cadence, anchor: DateTime.Utc, after: DateTime.Utc): DateTime.Utc => {
  const found = nextDue(cadence, anchor, after)
  assert(found !== null)
  return found
}

const isCadence = Schema.is(Cadence)
const faultOf = (cadence: unknown): string => {
  const decoded = Schema.decodeUnknownResult(Cadence)(cadence)
  return Result.isFailure(decoded) ? decoded.failure.message : ""
}
const at = (text: string) => DateTime.makeUnsafe(text)
const walk = (cadence: Cadence, from: string, count: number): ReadonlyArray<string> => {
  const moments: Array<DateTime.Utc> = [at(from)]
  for (let n = 0; n < count; n++) moments.push(due(cadence, at(from), moments.at(-1) ?? at(from)))
  return moments.slice(1).map((each) => DateTime.formatIso(each).slice(0, 16))
}

describe("the next due moment", () => {
  it("comes after what was asked, and nothing before it is left out", () => {
    FastCheck.assert(
      FastCheck.property(
        any,
        moment,
        moment,
        FastCheck.double({ min: 0, max: 1, noNaN: true }),
        (cadence, a, t, part) => {
          const next = due(cadence, a, t)
          const from = Math.max(millis(a), millis(t))
          assert.isAbove(millis(next), from)
          // Whenever it is asked in between, the answer is the same: what was missed is one moment, and nothing drifts.
          const between = DateTime.makeUnsafe(from + Math.floor(part * (millis(next) - from - 1)))
          assert.strictEqual(millis(due(cadence, a, between)), millis(next))
          // Asked at the moment itself, the one behind it.
          assert.isAbove(millis(due(cadence, a, next)), millis(next))
        }
      )
    )
  })

  it("of an interval is a whole number of intervals from its anchor, the next one", () => {
    FastCheck.assert(
      FastCheck.property(every, moment, moment, (cadence, anchor, after) => {
        assert(cadence._tag === "Every")
        const next = millis(due(cadence, anchor, after))
        assert.strictEqual((next - millis(anchor)) % (cadence.seconds * 1000), 0)
        assert.isAtMost(next - Math.max(millis(anchor), millis(after)), cadence.seconds * 1000)
      })
    )
  })

  it("of a day comes once on each day of its time zone, also when the clock is changed", () => {
    FastCheck.assert(
      FastCheck.property(daily, moment, (cadence, from) => {
        assert(cadence._tag === "Daily")
        const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: cadence.timeZone, dateStyle: "short" })
        let last = due(cadence, from, from)
        for (let n = 0; n < 400; n++) {
          const next = due(cadence, from, last)
          const [before, after] = [last, next].map((each) => Date.parse(dayOf.format(millis(each))))
          assert.strictEqual((after ?? 0) - (before ?? 0), 86_400_000)
          last = next
        }
      }),
      { numRuns: 6 }
    )
  })

  it("is at the time of its zone; one that the clock leaves out right after the gap, one that it shows twice once", () => {
    const cadence: Cadence = { _tag: "Daily", at: "02:30", timeZone: "Europe/Berlin" }
    assert.deepStrictEqual(walk(cadence, "2026-03-27T12:00:00Z", 3), [
      "2026-03-28T01:30",
      "2026-03-29T01:30",
      "2026-03-30T00:30"
    ])
    assert.deepStrictEqual(walk(cadence, "2026-10-24T12:00:00Z", 2), ["2026-10-25T00:30", "2026-10-26T01:30"])
  })

  it("of an expression that names no hour goes on through an hour that the clock shows twice", () => {
    const cadence: Cadence = { _tag: "Cron", expression: "*/30 * * * *", timeZone: "Europe/Berlin" }
    assert.deepStrictEqual(walk(cadence, "2026-10-24T23:45:00Z", 5), [
      "2026-10-25T00:00",
      "2026-10-25T00:30",
      "2026-10-25T01:00",
      "2026-10-25T01:30",
      "2026-10-25T02:00"
    ])
  })
})

describe("a cadence", () => {
  it("is at least a minute, and never an expression with seconds", () => {
    assert.isFalse(isCadence({ _tag: "Every", seconds: 59 }))
    assert.isTrue(isCadence({ _tag: "Every", seconds: 60 }))
    assert.include(faultOf({ _tag: "Cron", expression: "*/10 * * * * *", timeZone: "UTC" }), "five fields")
    assert.isTrue(isCadence({ _tag: "Cron", expression: "* * * * *", timeZone: "UTC" }))
  })

  it("is refused when it cannot be read, or no day ever matches it", () => {
    assert.include(faultOf({ _tag: "Cron", expression: "0 25 * * *", timeZone: "UTC" }), "25")
    assert.include(faultOf({ _tag: "Cron", expression: "0 0 30 2 *", timeZone: "UTC" }), "some day")
    assert.include(faultOf({ _tag: "Daily", at: "03:30", timeZone: "Europe/Nowhere" }), "time zone")
    assert.isFalse(isCadence({ _tag: "Daily", at: "24:00", timeZone: "UTC" }))
    assert.isTrue(isCadence({ _tag: "Cron", expression: "0 0 29 2 *", timeZone: "UTC" }))
  })
})
