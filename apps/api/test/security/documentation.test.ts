/** docs/security.md names the test for each claim; here the tests are looked up. */
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"

const root = new URL("../../../../", import.meta.url)
const text = readFileSync(new URL("docs/security.md", root), "utf8")
const sections = text.split(/^## /m).slice(1)

describe("docs/security.md", () => {
  it("goes through all ten, each with a test", () => {
    const ten = sections.filter((section) => /^API\d/.test(section))
    assert.deepStrictEqual(
      ten.map((section) => section.split(" ", 1)[0]),
      Array.from({ length: 10 }, (_, index) => `API${index + 1}`)
    )
    for (const section of ten) assert.match(section, /^- `[^`]+\.test\.ts`/m, section.slice(0, 40))
  })

  it("names tests that there are", () => {
    const named = [...text.matchAll(/^- `([^`]+)`(?:: “([^”]+)”)?$/gm)]
    assert.isAbove(named.length, 30)
    for (const [, file = "", name] of named) {
      const url = new URL(file, root)
      assert.isTrue(existsSync(url), file)
      if (name === undefined) continue
      const source = readFileSync(url, "utf8")
      assert.isTrue(
        ['"', "'", "`"].some((quote) => source.includes(quote + name + quote)),
        `${file}: ${name}`
      )
    }
  })
})
