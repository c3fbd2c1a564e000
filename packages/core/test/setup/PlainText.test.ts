import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as PlainText from "../../src/setup/PlainText.ts"

const fits = (check: typeof PlainText.isLine) => Schema.is(Schema.String.check(check))

describe("a text that is kept", () => {
  it("is whole characters, whatever the script, and steers nothing", () => {
    for (const text of ["Acme 'GmbH' № 1", "Größe 漢字 العربية", "👩\u200d🚀", ""]) {
      assert.isTrue(fits(PlainText.isLine)(text), text)
      assert.isUndefined(PlainText.refuseLine("The name", text))
    }
    for (const text of ["a\u0000b", "\ud83d", "\udc00x", "\u001b[31mred", "\u007f", "\u009b2J"]) {
      assert.isFalse(fits(PlainText.isLine)(text), JSON.stringify(text))
      assert.isFalse(fits(PlainText.isLines)(text), JSON.stringify(text))
      assert.match(PlainText.refuseLine("The name", text) ?? "", /^The name must be one line/)
      assert.match(PlainText.refuseLines("The note", text) ?? "", /^The note must be whole/)
    }
  })

  it("has several lines only where that is of use", () => {
    const note = "Agreed with Ada:\r\n\tall of them."
    assert.isTrue(fits(PlainText.isLines)(note))
    assert.isUndefined(PlainText.refuseLines("The note", note))
    assert.isFalse(fits(PlainText.isLine)(note))
  })
})
