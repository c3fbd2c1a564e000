import { Messages, type Types } from "scimmy"
import type { RequestContext } from "./RequestContext.ts"

/** The largest page, also told in /ServiceProviderConfig as filter.maxResults. */
export const MAX_PAGE = 200

const DEFAULT_PAGE = 100

/** The parts of a SCIMMY resource instance that describe a query. */
export interface ListQuery {
  readonly filter?: Types.Filter
  readonly constraints?: {
    readonly sortBy?: string
    readonly sortOrder?: string
    readonly startIndex?: number
    readonly count?: number
  }
}

function sorted(rows: Array<Types.Schema>, query: ListQuery, sortBy: string): Array<Types.Schema> {
  const sortOrder = query.constraints?.sortOrder
  const all = new Messages.ListResponse(rows, {
    sortBy,
    ...(sortOrder === undefined ? {} : { sortOrder }),
    itemsPerPage: rows.length
  })
  return all.Resources
}

/**
 * Filters, sorts and pages rows into a list answer (RFC 7644 §3.4.2). SCIMMY on its own would
 * shape every row of the directory for each page; here, unless it sorts, only the rows of the page are.
 */
export function listPage<Row extends object>(
  rows: ReadonlyArray<Row>,
  query: ListQuery,
  shape: (row: Row) => Types.Schema,
  context: RequestContext
): Messages.ListResponse {
  const matching: ReadonlyArray<Row> = query.filter === undefined ? rows : query.filter.match([...rows])
  const startIndex = query.constraints?.startIndex ?? 1
  const count = Math.min(query.constraints?.count ?? DEFAULT_PAGE, context.pageCap ?? MAX_PAGE, MAX_PAGE)
  const sortBy = query.constraints?.sortBy
  const cut = <Any>(all: ReadonlyArray<Any>): Array<Any> => all.slice(startIndex - 1, startIndex - 1 + count)
  const page = sortBy === undefined ? cut(matching).map(shape) : cut(sorted(matching.map(shape), query, sortBy))
  const told = context.toldTotal ?? matching.length
  const list = new Messages.ListResponse(page, {
    itemsPerPage: page.length,
    totalResults: told === "page" ? page.length : told
  })
  // Set afterwards: given to the constructor, it would cut the page a second time.
  list.startIndex = startIndex
  return list
}
