import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { longest, parse, parseHttpDate } from "../../src/scim/RetryAfter.ts"

const now = Date.UTC(2026, 10, 24, 12, 0, 0)

describe("RetryAfter", () => {
  for (const [header, form, waitMillis] of [
    ["7", "seconds", 7000],
    [" 7 ", "seconds", 7000],
    ["0", "seconds", 0],
    ["1.2", "seconds", 1200],
    ["99999999999999", "seconds", longest],
    ["Tue, 24 Nov 2026 12:00:30 GMT", "date", 30_000],
    ["Tuesday, 24-Nov-26 12:00:30 GMT", "date", 30_000],
    ["Tue Nov 24 12:00:30 2026", "date", 30_000],
    ["2026-11-24T12:00:30Z", "date", 30_000],
    ["Tue, 24 Nov 2099 12:00:30 GMT", "date", longest],
    ["Tue, 24 Nov 2026 11:59:59 GMT", "past", 0],
    ["Sunday, 06-Nov-94 08:49:37 GMT", "past", 0],
    [undefined, "missing", null],
    ["  ", "missing", null],
    ["-5", "negative", null],
    ["soon", "garbage", null],
    ["7, 9", "garbage", null],
    ["Tue, 31 Feb 2026 12:00:30 GMT", "garbage", null],
    ["Tue, 24 Nov 2026 25:00:30 GMT", "garbage", null],
    ["1e3", "garbage", null]
  ] as const) {
    it(`${String(header)} is ${form}`, () => {
      assert.deepStrictEqual(parse(header, now), { form, waitMillis })
    })
  }

  it("measures a date against the server's own clock", () => {
    const date = "Tue, 24 Nov 2026 08:00:00 GMT"
    assert.strictEqual(parse("Tue, 24 Nov 2026 08:00:20 GMT", now, date).waitMillis, 20_000)
    assert.strictEqual(parse("Tue, 24 Nov 2026 12:00:20 GMT", now, "no date").waitMillis, 20_000)
  })

  it("reads every date that JavaScript writes", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        assert.strictEqual(parseHttpDate(new Date(seconds * 1000).toUTCString(), now), seconds * 1000)
      })
    )
  })

  it("stays within bounds whatever comes", () => {
    const text = FastCheck.oneof(FastCheck.string(), FastCheck.stringMatching(/^[-+]?\d{0,20}\.?\d{0,3}$/))
    FastCheck.assert(
      FastCheck.property(text, (header) => {
        const { form, waitMillis } = parse(header, now)
        assert.strictEqual(waitMillis === null, ["missing", "negative", "garbage"].includes(form))
        assert.isTrue(waitMillis === null || (waitMillis >= 0 && waitMillis <= longest))
      })
    )
  })
})
