/** Walking through the pages of a list, and judging whether everything was seen (RFC 7644 §3.4.2.4, RFC 9865). */
import type { JsonObject } from "./Json.ts"
import { Result } from "effect"
import type { Page } from "./ListPage.ts"
import { idOf } from "./ListPage.ts"

/** What a server does differently from the RFCs. Each is survived; together they make a profile. */
export type ListQuirk =
  /** No page says how many there are. */
  | "totalMissing"
  /** Only the first page says it. */
  | "totalOnFirstPageOnly"
  /** `totalResults` is the number of rows of the page. */
  | "totalIsPageSize"
  /** There are more rows than `totalResults`. */
  | "totalTooSmall"
  /** `totalResults` changed between pages. */
  | "totalChanged"
  /** The first row has index 0. */
  | "zeroBased"
  /** `startIndex` is answered as 0, although the first row has index 1. */
  | "startIndexEchoedZero"
  /** Rows came although none were asked for. */
  | "countZeroReturnsRows"
  /** Pages are shorter than asked, although more follows. */
  | "countCapped"
  /** A page was longer than asked. */
  | "pageTooLong"
  /** Rows came more than once. */
  | "duplicates"
  /** Rows came that do not match the filter. */
  | "filterIgnored"
  /** Rows without an id came. */
  | "idMissing"
  /** Asking beyond the end is an error. */
  | "pastEndRefused"
  /** Pages are answered with a cursor although none was asked for. */
  | "cursorOnly"

/** Why not everything was seen. */
export type IncompleteReason =
  /** A page was empty although `totalResults` promises more. Never means that the rest is gone. */
  | "emptyPageBeforeTotal"
  /** Pages bring nothing new although `totalResults` promises more. */
  | "noProgress"
  /** More rows came than `totalResults` says, so it cannot be told what is missing. */
  | "totalsDoNotFit"
  /** The directory changed while it was read, so a row may have slipped from one page to another. */
  | "totalChanged"
  /** The server sent the same cursor twice. */
  | "cursorRepeats"
  /** More pages than allowed. */
  | "tooManyPages"

/** What was seen. Everything is counted in rows. */
export interface ListCounts {
  readonly pages: number
  /** Different resources, matching or not. */
  readonly distinct: number
  readonly duplicates: number
  /** Rows that do not match the filter; they are left out. */
  readonly unmatched: number
  /** The last `totalResults`; null when there was none. */
  readonly total: number | null
}

/**
 * Whether a list is whole. Absence of a resource may be concluded from a `Complete` list only, and of course not when
 * no rows were asked for (`count` 0).
 */
export type ListVerdict = { readonly quirks: ReadonlySet<ListQuirk>; readonly counts: ListCounts } & (
  | { readonly _tag: "Complete" }
  | { readonly _tag: "Incomplete"; readonly reason: IncompleteReason }
)

/** The page to ask for. The very first index page is asked for without `startIndex`. */
export type PageRequest =
  | { readonly _tag: "Index"; readonly startIndex: number | null; readonly count: number | null }
  | { readonly _tag: "Cursor"; readonly cursor: string; readonly count: number | null }

/** How to walk. */
export interface WalkOptions {
  /** Rows per page to ask for; null leaves it to the server, 0 asks for the total only. */
  readonly count: number | null
  /** `cursor` asks for cursors (RFC 9865 §2.1); with `index` a `nextCursor` is still followed when one comes. */
  readonly paging: "index" | "cursor"
  /** Checks a row against the filter that was sent; rows that fail it are left out. */
  readonly matches?: (resource: JsonObject) => boolean
  /** Takes `totalResults` at its word and saves the request past the end that proves it. */
  readonly trustTotals: boolean
  readonly maxPages: number
}

/** What came of a page: the rows to hand on, and either the next request or the verdict. */
export interface WalkStep {
  readonly rows: ReadonlyArray<JsonObject>
  readonly next: PageRequest | null
  readonly verdict: ListVerdict | null
}

// Servers may filter after cutting pages (RFC 9865 allows short and empty pages), but not for ever.
const fruitlessCursorPages = 10
const fruitlessIndexPages = 2

/**
 * One walk over one list. Deterministic and without effects: give it each page in turn and ask for what it says next.
 * Memory grows with the number of ids only.
 */
export class ListWalk {
  readonly #options: WalkOptions
  readonly #seen = new Set<string>()
  readonly #cursors = new Set<string>()
  readonly #quirks = new Set<ListQuirk>()
  #pages = 0
  #distinct = 0
  #duplicates = 0
  #unmatched = 0
  #total: number | null = null
  // Every page so far gave its own length as the total.
  #totalIsLength = true
  #totalShrank = false
  // Rows that came by position, counted with duplicates; where the next page begins depends on it.
  #position = 0
  // 0 while the server seems to count from 0; one row of overlap then proves or disproves it.
  #base = 1
  #lastId: string | null = null
  #fruitless = 0
  // The page before as JSON, when none of its rows had an id.
  #nameless: string | null = null
  #shortPage = false
  #byCursor: boolean
  #isPastEnd = false

  constructor(options: WalkOptions) {
    this.#options = options
    this.#byCursor = options.paging === "cursor"
  }

  /** The first page to ask for. */
  get first(): PageRequest {
    const { count, paging } = this.#options
    return paging === "cursor" ? { _tag: "Cursor", cursor: "", count } : { _tag: "Index", startIndex: null, count }
  }

  /** Takes the page that was asked for. */
  take(page: Page): WalkStep {
    this.#pages++
    if (page.nextCursor !== null && !this.#byCursor) {
      this.#quirks.add("cursorOnly")
      this.#byCursor = true
    }
    this.#noteTotal(page)
    if (this.#options.count === 0) return this.#totalOnly(page)
    const { fresh, rows } = this.#sift(page)
    const { count } = this.#options
    const length = page.resources.length
    if (count !== null && length > count) this.#quirks.add("pageTooLong")
    if (this.#shortPage && length > 0 && fresh > 0) this.#quirks.add("countCapped")
    this.#shortPage = count !== null && length < count
    if (!this.#byCursor) this.#noteIndexBase(page)
    this.#position += length
    const isFruitless = this.#repeats(page) || fresh === 0
    this.#fruitless = isFruitless ? this.#fruitless + 1 : 0
    return this.#decide(page, rows)
  }

  /**
   * The page that was asked for was refused (400 or 404): the end for servers that know no page past it. Null when more
   * was promised; the refusal is then an error.
   */
  refused(): WalkStep | null {
    if (!this.#isPastEnd) return null
    this.#quirks.add("pastEndRefused")
    return this.#end([], this.#doubt())
  }

  #noteTotal({ resources, totalResults }: Page): void {
    if (totalResults === null) {
      if (this.#pages === 1) this.#quirks.add("totalMissing")
      else if (this.#total !== null) this.#quirks.add("totalOnFirstPageOnly")
      return
    }
    // Some servers answer 0 past the end; that takes nothing back.
    if (totalResults === 0 && resources.length === 0 && this.#total !== null) return
    this.#quirks.delete("totalMissing")
    if (totalResults !== resources.length) this.#totalIsLength = false
    if (this.#total !== null && this.#total !== totalResults && !this.#totalIsLength) {
      this.#quirks.add("totalChanged")
      if (totalResults < this.#total) this.#totalShrank = true
    }
    this.#total = totalResults
  }

  #totalOnly(page: Page): WalkStep {
    if (page.resources.length > 0) this.#quirks.add("countZeroReturnsRows")
    return this.#end([], null)
  }

  /**
   * True for the page before once more. Rows without ids cannot be told apart, so the whole page has to be the same. They
   * are counted and handed on all the same: they may be different people about whom the server says the same.
   */
  #repeats({ resources }: Page): boolean {
    const isNameless = resources.length > 0 && resources.every((resource) => idOf(resource) === null)
    // What is nested too deep for JSON.stringify was read by JSON.parse all the same; it is not compared.
    const text = isNameless
      ? Result.getOrElse(
          Result.try(() => JSON.stringify(resources)),
          () => null
        )
      : null
    const isSame = text !== null && text === this.#nameless
    this.#nameless = text
    return isSame
  }

  /** Whether a row with this id came before; from now on one has. One look into the set, since there are many. */
  #isSeen(id: string): boolean {
    const { size } = this.#seen
    return this.#seen.add(id).size === size
  }

  #sift(page: Page): { readonly rows: ReadonlyArray<JsonObject>; readonly fresh: number } {
    const rows: Array<JsonObject> = []
    const { matches } = this.#options
    let fresh = 0
    for (const resource of page.resources) {
      const id = idOf(resource)
      if (id === null) this.#quirks.add("idMissing")
      else if (this.#isSeen(id)) {
        this.#duplicates++
        this.#quirks.add("duplicates")
        continue
      }
      fresh++
      this.#distinct++
      if (matches === undefined || matches(resource)) rows.push(resource)
      else {
        this.#unmatched++
        this.#quirks.add("filterIgnored")
      }
    }
    return { rows, fresh }
  }

  #noteIndexBase(page: Page): void {
    if (this.#pages === 1 && page.startIndex === 0 && page.resources.length > 0) this.#base = 0
    if (this.#pages === 2 && this.#base === 0) {
      const first = page.resources[0]
      const isOverlap = first !== undefined && this.#lastId !== null && idOf(first) === this.#lastId
      this.#quirks.add(isOverlap ? "startIndexEchoedZero" : "zeroBased")
      if (isOverlap) {
        // The overlap was ours and is no fault of the server's order.
        this.#base = 1
        this.#position--
        if (--this.#duplicates === 0) this.#quirks.delete("duplicates")
      }
    }
    const last = page.resources.at(-1)
    this.#lastId = last === undefined ? null : idOf(last)
  }

  #decide(page: Page, rows: ReadonlyArray<JsonObject>): WalkStep {
    if (this.#byCursor) return this.#decideCursor(page, rows)
    const total = this.#total
    const isEmpty = page.resources.length === 0
    const isBelow = total !== null && this.#distinct < total
    if (isEmpty) return this.#end(rows, this.#doubt())
    if (this.#isPastEnd && this.#fruitless === 0) {
      if (this.#totalIsLength && total !== null) this.#quirks.add("totalIsPageSize")
      else if (!isBelow) this.#quirks.add("totalTooSmall")
    }
    if (this.#fruitless > 0) {
      if (total !== null && !isBelow) return this.#end(rows, this.#doubt())
      if (this.#fruitless >= fruitlessIndexPages) return this.#end(rows, "noProgress")
    }
    const isDone = total !== null && !isBelow
    if (isDone && this.#options.trustTotals) return this.#end(rows, this.#doubt())
    this.#isPastEnd = isDone
    return this.#ask(rows, {
      _tag: "Index",
      startIndex: this.#position + this.#base,
      count: this.#options.count
    })
  }

  #decideCursor(page: Page, rows: ReadonlyArray<JsonObject>): WalkStep {
    const cursor = page.nextCursor
    if (cursor === null) {
      if (this.#pages > 1 && this.#totalIsLength && this.#total !== null) this.#quirks.add("totalIsPageSize")
      return this.#end(rows, this.#doubt())
    }
    if (this.#cursors.has(cursor)) return this.#end(rows, "cursorRepeats")
    this.#cursors.add(cursor)
    if (this.#fruitless >= fruitlessCursorPages) return this.#end(rows, "noProgress")
    return this.#ask(rows, { _tag: "Cursor", cursor, count: this.#options.count })
  }

  /** Why an end that looks like one may be none. */
  #doubt(): IncompleteReason | null {
    const total = this.#total
    if (total === null) return null
    // A total that is the length of its page promises nothing, so more rows than it says are no contradiction.
    if (this.#quirks.has("totalIsPageSize") && this.#totalIsLength && this.#distinct >= total) return null
    if (this.#totalShrank) return "totalChanged"
    if (this.#distinct < total) return this.#byCursor ? "totalsDoNotFit" : "emptyPageBeforeTotal"
    return this.#distinct > total || this.#quirks.has("totalTooSmall") ? "totalsDoNotFit" : null
  }

  #ask(rows: ReadonlyArray<JsonObject>, next: PageRequest): WalkStep {
    return this.#pages >= this.#options.maxPages ? this.#end(rows, "tooManyPages") : { rows, next, verdict: null }
  }

  #end(rows: ReadonlyArray<JsonObject>, reason: IncompleteReason | null): WalkStep {
    const common = {
      quirks: this.#quirks,
      counts: {
        pages: this.#pages,
        distinct: this.#distinct,
        duplicates: this.#duplicates,
        unmatched: this.#unmatched,
        total: this.#total
      }
    }
    return {
      rows,
      next: null,
      verdict: reason === null ? { _tag: "Complete", ...common } : { _tag: "Incomplete", reason, ...common }
    }
  }
}
