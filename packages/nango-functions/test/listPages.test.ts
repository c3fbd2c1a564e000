import type { Page } from "@loom-scim/core/scim/ListPage"
import { assert, describe, it } from "vitest"
import { matching, nextCursor } from "../src/Lists.ts"
import { users } from "../src/Resources.ts"

const rows = (count: number) => Array.from({ length: count }, (_, index) => ({ id: String(index) }))
const page = (count: number, rest: Partial<Page> = {}): Page => ({
  resources: rows(count),
  totalResults: null,
  startIndex: null,
  itemsPerPage: null,
  nextCursor: null,
  ...rest
})
const at = (startIndex: number) => ({ _tag: "Index", startIndex, count: 5 }) as const

describe("the cursor of the next page", () => {
  for (const [what, asked, answered, countsPages, next] of [
    ["counts rows as they came, not as announced", at(1), page(2, { totalResults: 9, itemsPerPage: 5 }), false, "3"],
    ["is absent after the last", at(6), page(2, { totalResults: 7 }), false, undefined],
    ["is absent after an only page", at(1), page(3, { totalResults: 3 }), false, undefined],
    ["goes on where totals are known to count pages", at(1), page(3, { totalResults: 3 }), true, "4"],
    ["goes on where a later total is the length of its page", at(4), page(3, { totalResults: 3 }), false, "7"],
    ["goes on without a total until a page is empty", at(1), page(3), false, "4"],
    ["is absent after an empty page", at(4), page(0, { totalResults: 9 }), true, undefined],
    ["is the server's own where it has one", at(1), page(3, { nextCursor: "x", totalResults: 3 }), false, "c:x"],
    ["is absent after the server's last", { _tag: "Cursor", cursor: "x", count: 5 }, page(3), false, undefined]
  ] as const) {
    it(what, () => assert.strictEqual(nextCursor(asked, answered, countsPages), next))
  }
})

describe("rows of a filtered list", () => {
  const people = [{ userName: "ada@example.com" }, { userName: "Grace@example.com" }]

  it("are those that match, where a server ignores the filter", () => {
    assert.deepStrictEqual(matching(people, 'userName eq "grace@example.com"', users), people.slice(1))
  })

  it("are all, without a filter or with one that only the server understands", () => {
    assert.deepStrictEqual(matching(people, undefined, users), people)
    assert.deepStrictEqual(matching(people, "vendor:near(1)", users), people)
  })
})
