import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Edit, Line } from "../src/ui/LineEditor.ts"
import { edit, make, sanitise, view } from "../src/ui/LineEditor.ts"

const tags = ["Backspace", "Delete", "Left", "Right", "Home", "End", "ClearBefore", "ClearWord"] as const
const Edits = Schema.Array(Schema.Union([Schema.Literals(tags), Schema.String]))
const toEdit = (given: string): Edit => {
  const tag = tags.find((candidate) => candidate === given)
  return tag === undefined ? { _tag: "Insert", text: given } : { _tag: tag }
}

describe("LineEditor", () => {
  it.prop("keeps the caret inside the text, and the view within its width", { edits: Edits }, ({ edits }) => {
    let line: Line = make("start")
    for (const each of edits) {
      line = edit(line, toEdit(each))
      const length = [...line.value].length
      assert.isTrue(line.caret >= 0 && line.caret <= length)
      const { at, text } = view(line, 10)
      assert.isTrue([...text].length <= 10 && at >= 0 && at < 10)
    }
  })

  it("inserts and deletes at the caret", () => {
    const moved = edit(edit(make("abc"), { _tag: "Left" }), { _tag: "Insert", text: "X" })
    assert.deepStrictEqual(moved, { value: "abXc", caret: 3 })
    assert.deepStrictEqual(edit(moved, { _tag: "Backspace" }), { value: "abc", caret: 2 })
    assert.deepStrictEqual(edit(moved, { _tag: "ClearBefore" }), { value: "c", caret: 0 })
    assert.deepStrictEqual(edit(make("one two "), { _tag: "ClearWord" }), { value: "one ", caret: 4 })
  })

  it("lets no escape sequence through, and keeps line breaks only where they belong", () => {
    assert.strictEqual(sanitise("a\u001B[31mb\u0007\r\nc", false), "a[31mb c")
    assert.strictEqual(sanitise("a\r\nb\rc", true), "a\nb\nc")
    assert.strictEqual(sanitise("  token\n", false), "token")
  })
})
