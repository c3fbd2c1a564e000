import { assert, beforeEach, describe, it } from "vitest"
import { failsWell } from "./support/failures.ts"
import type { Harness } from "./support/harness.ts"
import { harness } from "./support/harness.ts"

const at = await harness({ users: 7 })
for (const displayName of ["Design", "Engineering", "Sales"]) await at.scim("POST", "/Groups", { displayName })

beforeEach(at.reset)

interface Page {
  readonly items: ReadonlyArray<{ readonly id: string; readonly userName: string }>
  readonly totalResults?: number
  readonly nextCursor?: string
}

/** Every page of a list, by its cursors. */
const walk = async (run: Harness["action"], name: string, input: object): Promise<ReadonlyArray<Page>> => {
  const pages: Array<Page> = []
  let cursor: string | undefined
  do {
    const { output } = await run(name, { ...input, ...(cursor === undefined ? {} : { cursor }) })
    const page: Page = Object(output)
    pages.push(page)
    cursor = page.nextCursor
  } while (cursor !== undefined && pages.length < 20)
  return pages
}

const idsOf = (pages: ReadonlyArray<Page>) => new Set(pages.flatMap(({ items }) => items.map(({ id }) => id)))

describe("list-scim-users", () => {
  it("comes to everybody by its cursors", async () => {
    const pages = await walk(at.action, "list-scim-users", { count: 3 })
    assert.deepStrictEqual(
      pages.map(({ items }) => items.length),
      [3, 3, 1]
    )
    assert.strictEqual(idsOf(pages).size, 7)
    assert.deepInclude(pages[0], { totalResults: 7, nextCursor: "4" })
  })

  it("comes to everybody when the server gives fewer rows than it says", async () => {
    await at.fault({ kind: "cappedPages", max: 2 })
    assert.strictEqual(idsOf(await walk(at.action, "list-scim-users", { count: 5 })).size, 7)
  })

  it("comes to everybody when the total is the length of the page", async () => {
    await at.fault({ kind: "lyingTotal", total: "page" })
    const [first] = await walk(at.action, "list-scim-users", { count: 3, cursor: "4" })
    assert.deepInclude(first, { totalResults: 3, nextCursor: "7" })
  })

  it("gives those whom a filter means", async () => {
    const { output: all } = await at.action("list-scim-users", {})
    const { items }: Page = Object(all)
    const name = items[3]?.userName
    const { output } = await at.action("list-scim-users", { filter: `userName eq "${name}"` })
    const found: Page = Object(output)
    assert.deepStrictEqual(
      found.items.map(({ userName }) => userName),
      [name]
    )
    assert.isUndefined(found.nextCursor)
  })

  it("refuses a cursor that it did not give", async () => {
    const { failure } = await at.action("list-scim-users", { cursor: "0" })
    assert.deepInclude(failure, { type: "invalid_input" })
    assert.lengthOf(at.connection.calls, 0)
  })

  it("asks for the attributes that are wanted, and takes rows without the one it filters by", async () => {
    const input = { attributes: ["displayName"], filter: "userName pr", count: 1 }
    const { output } = await at.action("list-scim-users", input)
    assert.include(at.connection.calls[0]?.endpoint, "&attributes=displayName")
    const { items }: { items: ReadonlyArray<object> } = Object(output)
    assert.lengthOf(items, 1)
    assert.notProperty(items[0], "userName")
  })

  failsWell(at, "list-scim-users", () => ({ count: 3 }))
})

describe("list-scim-groups", () => {
  it("comes to every group", async () => {
    assert.strictEqual(idsOf(await walk(at.action, "list-scim-groups", { count: 2 })).size, 3)
  })

  failsWell(at, "list-scim-groups", () => ({}))
})
