/** Lists by index and by cursor (RFC 7644 §3.4.2, RFC 9865), right or wrong. */
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { limits, Refusal, type Context, type Kind } from "./Exchange.ts"
import { matching } from "./Filters.ts"
import { project, shown, type Projection } from "./Show.ts"
import { memberIds } from "./Store.ts"

/** What is asked for. */
export interface Query extends Projection {
  readonly filter: string | null
  readonly startIndex: number | null
  readonly count: number | null
  /** RFC 9865 §2: an empty one asks for the first page. */
  readonly cursor: string | null
}

const whole = (text: unknown): number | null => {
  const number = Number(text)
  return text === null || text === undefined || text === "" || !Number.isInteger(number) ? null : number
}

/** The query of a GET. */
export const queryOf = (query: URLSearchParams): Query => ({
  filter: query.get("filter"),
  startIndex: whole(query.get("startIndex")),
  count: whole(query.get("count")),
  cursor: query.get("cursor"),
  attributes: query.get("attributes"),
  excludedAttributes: query.get("excludedAttributes")
})

const text = (value: unknown): string | null => (typeof value === "string" ? value : null)
const joined = (value: unknown): string | null => (Array.isArray(value) ? value.map(String).join(",") : null)

/** The query of a `.search` (RFC 7644 §3.4.3). */
export const searchOf = (body: JsonObject): Query => ({
  filter: text(body["filter"]),
  startIndex: whole(body["startIndex"]),
  count: whole(body["count"]),
  cursor: text(body["cursor"]),
  attributes: joined(body["attributes"]),
  excludedAttributes: joined(body["excludedAttributes"])
})

/** Where a page begins, and how many rows it has. */
interface Cut {
  /** Of the first row, from 0. */
  readonly from: number
  readonly size: number
}

const pageSize = ({ has }: Context, count: number | null): number => {
  if (count === 0 && has("countZeroReturnsRows")) return limits.page
  const asked = Math.min(Math.max(0, count ?? limits.page), limits.page)
  if (has("pageTooLong")) return asked * 3
  return has("countCapped") ? Math.min(asked, limits.cappedPage) : asked
}

const cutByIndex = ({ has }: Context, { count, startIndex }: Query, size: number, rows: number): Cut => {
  if (has("zeroBased")) return { from: Math.max(0, startIndex ?? 0), size }
  const from = Math.max(1, startIndex ?? 1) - 1
  if (has("pastEndRefused") && from > 0 && from >= rows) {
    throw new Refusal(400, "invalidValue", "startIndex is past the last row.")
  }
  // Each page begins with the last row of the page before.
  return has("duplicates") && from > 0 && count !== 0 ? { from: from - 1, size } : { from, size }
}

/** What the page says of the whole; undefined when it says nothing. */
const totalOf = ({ has }: Context, rows: number, sent: number, { from }: Cut): number | undefined => {
  if (has("totalMissing") || (has("totalOnFirstPageOnly") && from > 0)) return undefined
  if (has("totalIsPageSize")) return sent
  if (has("totalTooSmall")) return Math.floor(rows / 2)
  if (has("totalChanged")) return from > 0 ? rows - 1 : rows
  return has("emptyPageBeforeTotal") ? rows + 7 : rows
}

const echoOf = ({ has }: Context, { from }: Cut): number => {
  if (has("startIndexEchoedZero")) return 0
  return has("zeroBased") ? from : from + 1
}

const withoutSomeIds = ({ has }: Context, rows: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
  if (!has("idMissing")) return rows
  return rows.map((row, index) => {
    const { id: _, ...rest } = row
    return index % 3 === 1 ? rest : row
  })
}

/** Every row that somebody may see now. */
const visible = (context: Context, kind: Kind): ReadonlyArray<JsonObject> =>
  context.directory
    .all(kind)
    .filter(({ id }) => !context.veil.hides(id))
    .map((entry) => shown(context, kind, entry))

/** The answer to a list, over some resource types. */
export const list = (context: Context, kinds: ReadonlyArray<Kind>, query: Query): JsonObject => {
  const all = kinds.flatMap((kind) => visible(context, kind).map((row) => ({ kind, row })))
  const isLarge = all.some(({ row }) => memberIds(row).length > limits.listedMembers)
  if (isLarge && context.has("excludeMembersNeeded") && query.excludedAttributes !== "members") {
    throw new Refusal(500, null, "The list took too long.")
  }
  const kindOf = new Map(all.map(({ kind, row }) => [row, kind]))
  const candidates = all.map(({ row }) => row)
  const found = query.filter === null ? candidates : matching(context, candidates, query.filter)
  const size = pageSize(context, query.count)
  const byCursor = query.cursor !== null || context.has("cursorOnly")
  const cut = byCursor ? { from: whole(query.cursor) ?? 0, size } : cutByIndex(context, query, size, found.length)
  const end = cut.from + cut.size
  const sent = found.slice(cut.from, end)
  const total = totalOf(context, found.length, sent.length, cut)
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    ...(total === undefined ? {} : { totalResults: total }),
    itemsPerPage: sent.length,
    ...(byCursor ? {} : { startIndex: echoOf(context, cut) }),
    ...(byCursor && end < found.length && cut.size > 0 ? { nextCursor: String(end) } : {}),
    Resources: withoutSomeIds(
      context,
      sent.map((row) => project(context, kindOf.get(row) ?? "Users", row, query))
    )
  }
}
