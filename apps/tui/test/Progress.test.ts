import { assert, describe, it } from "@effect/vitest"
import * as Glyphs from "../src/plain/Glyphs.ts"
import { duration, ended, line, rate, type Progress } from "../src/plain/Progress.ts"

const unicode = Glyphs.of({ LANG: "C.UTF-8", TERM: "xterm" })
const ascii = Glyphs.of({ LANG: "C" })
const at = (done: number, change: Partial<Progress> = {}): Progress => ({
  label: "deactivated",
  done,
  total: 120,
  failed: 0,
  elapsedMillis: 2000,
  ...change
})

describe("a progress line", () => {
  it("has bar, count, total, rate, time left and failures", () => {
    assert.strictEqual(
      line(at(60, { failed: 2 }), unicode, 100),
      `deactivated  ${"█".repeat(15)}${"░".repeat(15)}  60/120  30/s  2 s left  2 failed`
    )
    assert.strictEqual(
      line(at(60), ascii, 100),
      `deactivated  ${"#".repeat(15)}${".".repeat(15)}  60/120  30/s  2 s left`
    )
  })
  it("claims no rate and no time left before the first, and no time left after the last", () => {
    assert.strictEqual(line(at(0), ascii, 80), `deactivated  ${".".repeat(30)}  0/120`)
    assert.strictEqual(line(at(120), ascii, 80), `deactivated  ${"#".repeat(30)}  120/120  60/s`)
    assert.isNull(rate(at(1, { elapsedMillis: 0 })))
    assert.notInclude(line(at(119), ascii, 80), ` ${"#".repeat(30)} `)
  })
  it("gives up the bar, then the end of the text, where it gets narrow", () => {
    assert.include(line(at(60), ascii, 50), "  ##")
    assert.strictEqual(line(at(60), ascii, 40), "deactivated  60/120  30/s  2 s left")
    assert.strictEqual(line(at(60), ascii, 20), "deactivated  60/120")
    assert.strictEqual(line(at(60), ascii, 0), "")
  })
  it("any progress on any terminal: shorter than a row, one line, no control characters", () => {
    const numbers = [0, 1, 7, 120, 2_147_483_647]
    for (const done of numbers)
      for (const total of numbers)
        for (const failed of numbers)
          for (const elapsedMillis of numbers)
            for (const columns of [0, 1, 12, 36, 80, 200]) {
              const progress = { label: "given the role creator", done, total, failed, elapsedMillis }
              for (const glyphs of [unicode, ascii]) {
                const text = line(progress, glyphs, columns)
                assert.isBelow(text.length, Math.max(1, columns))
                assert.match(text, glyphs === ascii ? /^[ -~]*$/ : /^[ -~█░]*$/)
              }
            }
  })
})

describe("its parts", () => {
  it("times in at most two units, never less than what is left", () => {
    assert.deepStrictEqual([0, 1, 59_000, 59_001, 65_000, 3_599_001, 7_800_000].map(duration), [
      "0 s",
      "1 s",
      "59 s",
      "1 min 00 s",
      "1 min 05 s",
      "1 h 00 min",
      "2 h 10 min"
    ])
  })
  it("rates a second, or a minute when few", () => {
    assert.deepStrictEqual([at(100), at(5), at(1), at(1, { elapsedMillis: 600_000 })].map(rate), [
      "50/s",
      "2.5/s",
      "30/min",
      "1/min"
    ])
  })
  it("a line for logs at the end", () => {
    assert.strictEqual(ended(at(120)), "deactivated: 120 of 120 in 2 s (60/s)")
    assert.strictEqual(ended(at(3, { failed: 3 })), "deactivated: 3 of 120 in 2 s (1.5/s), 3 failed")
    assert.strictEqual(ended(at(0)), "deactivated: 0 of 120 in 2 s")
  })
})
