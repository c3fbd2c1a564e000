import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import type { ListVerdict, WalkOptions } from "../../src/scim/List.ts"
import { ListWalk } from "../../src/scim/List.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { decode } from "../../src/scim/ListPage.ts"

interface Asked {
  readonly startIndex: number | null
  readonly cursor: string | null
  readonly count: number | null
}

type Server = (asked: Asked, page: number) => JsonObject | "refused"

const user = (index: number) => ({ id: `u${index}`, userName: `user${index}` })
const users = (length: number, from = 0) => Array.from({ length }, (_, index) => user(from + index))

/** An honest server over some users, whose answer a test distorts. */
const honest = (all: ReadonlyArray<JsonObject>, cap = 1000) => {
  return ({ startIndex, count }: Asked) => {
    const from = Math.max((startIndex ?? 1) - 1, 0)
    const Resources = all.slice(from, from + Math.min(count ?? cap, cap))
    return { totalResults: all.length, startIndex: startIndex ?? 1, itemsPerPage: Resources.length, Resources }
  }
}

const walked = (server: Server, options: Partial<WalkOptions> = {}) => {
  const walk = new ListWalk({ count: 10, paging: "index", trustTotals: false, maxPages: 200, ...options })
  const ids: Array<unknown> = []
  const asked: Array<Asked> = []
  let request = walk.first
  for (let page = 1; page <= 300; page++) {
    const query: Asked =
      request._tag === "Cursor"
        ? { startIndex: null, cursor: request.cursor, count: request.count }
        : { startIndex: request.startIndex, cursor: null, count: request.count }
    asked.push(query)
    const answer = server(query, page)
    let step
    if (answer === "refused") step = walk.refused()
    else {
      const decoded = decode(JSON.parse(JSON.stringify(answer)))
      assert.isTrue(decoded._tag === "Success")
      if (decoded._tag === "Success") step = walk.take(decoded.success)
    }
    if (step === undefined || step === null) throw new Error("refused before the end")
    ids.push(...step.rows.map(({ id }) => id))
    if (step.verdict !== null) return { ids, verdict: step.verdict, asked, summary: summary(step.verdict) }
    if (step.next === null) throw new Error("neither next nor verdict")
    request = step.next
  }
  throw new Error("the walk does not end")
}

const summary = (verdict: ListVerdict) =>
  [verdict._tag === "Complete" ? "Complete" : verdict.reason, ...[...verdict.quirks].toSorted()].join(" ")

const idsOf = (length: number) => users(length).map(({ id }) => id)

describe("index pages", () => {
  it("reads all pages and proves the end with one request", () => {
    const { asked, ids, summary } = walked(honest(users(25)))
    assert.deepStrictEqual(ids, idsOf(25))
    assert.strictEqual(summary, "Complete")
    assert.deepStrictEqual(
      asked.map(({ startIndex }) => startIndex),
      [null, 11, 21, 26]
    )
  })
  it("saves the proof when totals are trusted, and for an empty list", () => {
    assert.strictEqual(walked(honest(users(25)), { trustTotals: true }).asked.length, 3)
    const empty = walked(honest([]))
    assert.deepStrictEqual([empty.asked.length, empty.summary], [1, "Complete"])
  })
  it("totalResults missing", () => {
    const found = walked((asked) => ({ Resources: honest(users(25))(asked).Resources }))
    assert.deepStrictEqual([found.ids.length, found.summary], [25, "Complete totalMissing"])
  })
  it("totalResults on the first page only", () => {
    const found = walked((asked, page) => {
      const answer = honest(users(25))(asked)
      return page === 1 ? answer : { Resources: answer.Resources }
    })
    assert.deepStrictEqual([found.ids.length, found.summary], [25, "Complete totalOnFirstPageOnly"])
  })
  it("totalResults is the page size: 120 users, 50 told", () => {
    const found = walked(
      (asked) => {
        const { Resources } = honest(users(120), 50)(asked)
        return { totalResults: Resources.length, Resources }
      },
      { count: 100 }
    )
    assert.deepStrictEqual(found.ids, idsOf(120))
    assert.include(found.summary, "Complete")
    assert.isTrue(found.verdict.quirks.has("totalIsPageSize"))
  })
  it("totalResults of 0 past the end takes nothing back", () => {
    const found = walked((asked) => {
      const answer = honest(users(25))(asked)
      return answer.Resources.length === 0 ? { totalResults: 0 } : answer
    })
    assert.deepStrictEqual([found.ids.length, found.summary], [25, "Complete"])
  })
  it("totalResults too small: all are read, but it is not called complete", () => {
    const found = walked((asked) => ({ ...honest(users(25))(asked), totalResults: 12 }))
    assert.deepStrictEqual([found.ids.length, found.summary], [25, "totalsDoNotFit totalTooSmall"])
  })
  it("an empty page before the total is incomplete, and ends (authentik)", () => {
    for (const seen of [0, 7, 10, 20]) {
      const found = walked((asked) => ({ ...honest(users(seen))(asked), totalResults: 25 }))
      assert.strictEqual(found.ids.length, seen)
      assert.strictEqual(found.verdict._tag === "Incomplete" && found.verdict.reason, "emptyPageBeforeTotal")
    }
  })
  it("a server that counts from 0", () => {
    const found = walked(({ count, startIndex }) => {
      const from = startIndex ?? 0
      return { totalResults: 25, startIndex: from, Resources: users(25).slice(from, from + (count ?? 10)) }
    })
    assert.deepStrictEqual(found.ids, idsOf(25))
    assert.strictEqual(found.summary, "Complete zeroBased")
  })
  it("startIndex echoed as 0 by a server that counts from 1", () => {
    for (const length of [5, 10, 11, 25]) {
      const found = walked((asked) => ({ ...honest(users(length))(asked), startIndex: 0 }))
      assert.deepStrictEqual(found.ids, idsOf(length))
      assert.strictEqual(found.summary, "Complete startIndexEchoedZero")
      assert.strictEqual(found.verdict.counts.duplicates, 0)
    }
  })
  it("count=0 returns rows: they are left out", () => {
    const found = walked(() => ({ totalResults: 25, Resources: users(10) }), { count: 0 })
    assert.deepStrictEqual([found.ids.length, found.verdict.counts.total], [0, 25])
    assert.strictEqual(found.summary, "Complete countZeroReturnsRows")
  })
  it("count capped: goes on where the page ended", () => {
    const found = walked(honest(users(25), 4))
    assert.deepStrictEqual(found.ids, idsOf(25))
    assert.strictEqual(found.summary, "Complete countCapped")
  })
  it("pages longer than asked", () => {
    const found = walked((asked) => honest(users(25))({ ...asked, count: 15 }))
    assert.deepStrictEqual(found.ids, idsOf(25))
    assert.strictEqual(found.summary, "Complete pageTooLong")
  })
  it("startIndex and count ignored: the whole directory each time", () => {
    const found = walked(() => ({ totalResults: 25, Resources: users(25) }))
    assert.deepStrictEqual(found.ids, idsOf(25))
    assert.strictEqual(found.summary, "Complete duplicates pageTooLong")
  })
  it("the same page for ever: no progress", () => {
    const found = walked(() => ({ totalResults: 25, Resources: users(10) }))
    assert.deepStrictEqual([found.ids.length, found.summary], [10, "noProgress duplicates"])
  })
  it("duplicates across pages are left out and counted, and hide nobody", () => {
    const rows = [...users(10), ...users(15, 8)]
    const found = walked(honest(rows))
    assert.deepStrictEqual(found.ids, idsOf(23))
    assert.strictEqual(found.summary, "emptyPageBeforeTotal duplicates")
    assert.strictEqual(found.verdict.counts.duplicates, 2)
  })
  it("a filter that is ignored: only matching rows, and counted", () => {
    const found = walked(honest(users(25)), { matches: ({ id }) => id === "u3" })
    assert.deepStrictEqual(found.ids, ["u3"])
    assert.strictEqual(found.summary, "Complete filterIgnored")
    assert.strictEqual(found.verdict.counts.unmatched, 24)
  })
  it("the directory shrank meanwhile: incomplete; it grew: complete when all are seen", () => {
    const shrank = walked((asked, page) => ({ ...honest(users(25))(asked), totalResults: page === 1 ? 26 : 25 }))
    assert.strictEqual(shrank.summary, "totalChanged totalChanged")
    const grew = walked((asked, page) => honest(users(page === 1 ? 24 : 25))(asked))
    assert.deepStrictEqual([grew.ids.length, grew.summary], [25, "Complete totalChanged"])
  })
  it("a page past the end that is refused is the end; one before it is not", () => {
    const server: Server = (asked) => ((asked.startIndex ?? 1) > 25 ? "refused" : honest(users(25))(asked))
    assert.strictEqual(walked(server).summary, "Complete pastEndRefused")
    assert.throws(() => walked((asked, page) => (page === 2 ? "refused" : honest(users(25))(asked))), /refused/)
  })
  it("rows without an id are kept", () => {
    const found = walked((asked) => honest([{ userName: "a" }, { userName: "b" }])(asked))
    assert.deepStrictEqual([found.ids.length, found.summary], [2, "Complete idMissing"])
  })
  it("rows without an id, startIndex ignored: the same page again is no progress", () => {
    const nameless = [{ userName: "a" }, { userName: "b" }]
    for (const total of [{}, { totalResults: 90 }]) {
      const found = walked(() => ({ ...total, Resources: nameless }))
      assert.strictEqual(found.summary.split(" ")[0], "noProgress")
      // Handed on each time, as they may be different people.
      assert.deepStrictEqual([found.ids.length, found.asked.length], [6, 3])
    }
    const whole = walked(() => ({ totalResults: 2, Resources: nameless }))
    assert.deepStrictEqual([whole.verdict._tag, whole.asked.length], ["Incomplete", 2])
    // Nested deeper than JSON.stringify goes: not compared, and survived.
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`)
    const walk = new ListWalk({ count: 10, paging: "index", trustTotals: false, maxPages: 3 })
    const page = { resources: [deep], totalResults: null, startIndex: null, itemsPerPage: null, nextCursor: null }
    const steps = [walk.take(page), walk.take(page), walk.take(page)]
    assert.strictEqual(steps.at(-1)?.verdict?._tag, "Incomplete")
  })
  it("rows without an id on pages that differ, or between rows that have one, are progress", () => {
    const nameless = Array.from({ length: 30 }, (_, index) => ({ userName: `user${index}` }))
    const read = walked((asked) => honest(nameless)(asked))
    assert.deepStrictEqual([read.ids.length, read.summary], [30, "Complete idMissing"])
    // A row that has no id may well come twice; the new one beside it proves that reading goes on.
    const mixed = walked((_, page) => ({ totalResults: 6, Resources: page > 3 ? [] : [user(page), { userName: "x" }] }))
    assert.deepStrictEqual([mixed.ids.length, mixed.verdict._tag], [6, "Complete"])
  })
  it("an endless server", () => {
    const found = walked((_, page) => ({ Resources: users(10, page * 10) }), { maxPages: 7 })
    assert.deepStrictEqual([found.ids.length, found.summary], [70, "tooManyPages totalMissing"])
  })
})

describe("cursor pages (RFC 9865)", () => {
  const cursors =
    (pages: ReadonlyArray<ReadonlyArray<JsonObject>>, fields: JsonObject = {}): Server =>
    ({ cursor }) => {
      const at = cursor === null || cursor === "" ? 0 : Number(cursor)
      return {
        ...fields,
        Resources: [...(pages[at] ?? [])],
        ...(at + 1 < pages.length ? { nextCursor: `${at + 1}` } : {})
      }
    }
  const three = [users(10), users(10, 10), users(3, 20)]
  it("follows cursors, asked for or offered", () => {
    for (const paging of ["cursor", "index"] as const) {
      const found = walked(cursors(three, { totalResults: 23 }), { paging })
      assert.deepStrictEqual(found.ids, idsOf(23))
      assert.include(found.summary, "Complete")
      assert.strictEqual(found.asked[0]?.cursor, paging === "cursor" ? "" : null)
      assert.strictEqual(found.asked[2]?.cursor, "2")
      assert.strictEqual(found.asked.length, 3)
    }
  })
  it("needs no total, and passes over empty pages", () => {
    const found = walked(cursors([users(10), [], users(3, 10)]), { paging: "cursor" })
    assert.strictEqual(found.ids.length, 13)
    assert.strictEqual(found.verdict._tag, "Complete")
  })
  it("is incomplete when the total does not fit", () => {
    assert.include(walked(cursors(three, { totalResults: 24 }), { paging: "cursor" }).summary, "totalsDoNotFit")
  })
  it("ends when a cursor repeats, or brings nothing for long", () => {
    const ring = walked(() => ({ Resources: users(3), nextCursor: "x" }), { paging: "cursor" })
    assert.include(ring.summary, "cursorRepeats")
    const dry = walked((_, page) => ({ Resources: [], nextCursor: `c${page}` }), { paging: "cursor" })
    assert.include(dry.summary, "noProgress")
  })
})

describe("any server", () => {
  it("ends within its pages; an honest server of any size, cap and page size is complete, in order, without doubles", () => {
    const sizes = FastCheck.record({
      length: FastCheck.integer({ min: 0, max: 80 }),
      cap: FastCheck.integer({ min: 1, max: 30 }),
      count: FastCheck.option(FastCheck.integer({ min: 1, max: 40 }))
    })
    FastCheck.assert(
      FastCheck.property(sizes, ({ length, cap, count }) => {
        const found = walked(honest(users(length), cap), { count })
        assert.deepStrictEqual(found.ids, idsOf(length))
        assert.strictEqual(found.verdict._tag, "Complete")
      })
    )
  })
  it("whatever it answers: it ends, gives no id twice, and never says complete when fewer were seen than the total", () => {
    const page = FastCheck.record(
      {
        totalResults: FastCheck.oneof(FastCheck.integer({ min: -1, max: 30 }), FastCheck.string({ maxLength: 3 })),
        startIndex: FastCheck.integer({ min: 0, max: 30 }),
        nextCursor: FastCheck.string({ maxLength: 2 }),
        Resources: FastCheck.array(FastCheck.integer({ min: 0, max: 20 }).map(user), { maxLength: 12 })
      },
      { requiredKeys: ["Resources"] }
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(page, { minLength: 1, maxLength: 8 }), (pages) => {
        const found = walked((_, at) => pages[(at - 1) % pages.length] ?? "refused", { maxPages: 40 })
        assert.strictEqual(new Set(found.ids).size, found.ids.length)
        const { distinct, total } = found.verdict.counts
        if (found.verdict._tag === "Complete" && total !== null) assert.isAtLeast(distinct, total)
      }),
      { numRuns: 500 }
    )
  })
})

describe("decode", () => {
  it("takes bare arrays, small letters, counts as text and missing rows", () => {
    const page = (body: unknown) => {
      const decoded = decode(body)
      return decoded._tag === "Success" ? [decoded.success.resources.length, decoded.success.totalResults] : "notAList"
    }
    assert.deepStrictEqual(page([user(1)]), [1, null])
    assert.deepStrictEqual(page({ resources: [user(1)], totalResults: "7" }), [1, 7])
    assert.deepStrictEqual(page({ totalResults: 0 }), [0, 0])
    for (const body of [{}, null, "x", { Resources: {} }, { Resources: [1] }, { Resources: null }]) {
      assert.strictEqual(page(body), "notAList", JSON.stringify(body))
    }
  })
})
