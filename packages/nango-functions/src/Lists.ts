/** Lists by the page, with a cursor that the caller hands back. */
import * as FilterEvaluate from "@loom-scim/core/scim/FilterEvaluate"
import * as FilterParser from "@loom-scim/core/scim/FilterParser"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import type { PageRequest } from "@loom-scim/core/scim/List"
import type { Page } from "@loom-scim/core/scim/ListPage"
import * as ListPage from "@loom-scim/core/scim/ListPage"
import { listQuery } from "@loom-scim/core/scim/ScimClientRequest"
import * as E from "@loom-scim/core/scim/ScimError"
import { Effect, Result } from "effect"
import type { Told } from "./Failure.ts"
import type { ListInput } from "./Inputs.ts"
import type { Kind } from "./Resources.ts"
import { InvalidInput, mended } from "./Resources.ts"
import type { Session } from "./Session.ts"

/** A page, with the cursor of the next one when there may be one. */
export interface Listed {
  readonly items: ReadonlyArray<JsonObject>
  /** As the server says, which is not always right. */
  readonly totalResults?: number
  readonly nextCursor?: string
}

const usualCount = 100

// A server's own cursor (RFC 9865) is told apart from an index by this.
const ofServer = "c:"

const requestOf = (cursor: string | undefined, count: number): PageRequest | null => {
  if (cursor === undefined) return { _tag: "Index", startIndex: 1, count }
  if (cursor.startsWith(ofServer)) return { _tag: "Cursor", cursor: cursor.slice(ofServer.length), count }
  return /^[1-9]\d{0,8}$/.test(cursor) ? { _tag: "Index", startIndex: Number(cursor), count } : null
}

/**
 * Where the next page begins. Rows are counted as they came, since servers cap pages below what was asked and still
 * announce what was asked for. A total that is the length of the page says nothing: there may be more.
 */
export const nextCursor = (asked: PageRequest, page: Page, countsPages: boolean): string | undefined => {
  if (page.nextCursor !== null) return ofServer + page.nextCursor
  const length = page.resources.length
  if (asked._tag === "Cursor" || length === 0) return undefined
  const next = (asked.startIndex ?? 1) + length
  const { totalResults: total } = page
  const isUseless = total === null || (total === length && ((asked.startIndex ?? 1) > 1 || countsPages))
  return isUseless || next <= total ? String(next) : undefined
}

/** Rows that match the filter: some servers ignore it, and answer everybody. */
export const matching = (rows: ReadonlyArray<JsonObject>, filter: string | undefined, { type }: Kind) => {
  const parsed = filter === undefined ? undefined : FilterParser.parse(filter)
  if (parsed === undefined || Result.isFailure(parsed)) return rows
  return rows.filter(FilterEvaluate.compile(parsed.success, type))
}

/** An error of a request that was made by its path, with the words of the list it was about. */
const about = (operation: string) => (error: E.ScimError) => ({
  ...error,
  _tag: error._tag,
  operation,
  message: error.message.replace(error.operation, operation),
  next: error.next
})

/** One page of users or groups. */
export const page =
  (kind: Kind) =>
  ({ client }: Session, input: ListInput): Effect.Effect<Listed, Told> =>
    Effect.gen(function* () {
      const asked = requestOf(input.cursor, input.count ?? usualCount)
      if (asked === null) return yield* new InvalidInput({ reason: "The cursor is none that this function gave." })
      const query = listQuery(
        {
          ...(input.filter === undefined ? {} : { filter: input.filter }),
          ...(input.attributes === undefined ? {} : { attributes: input.attributes }),
          ...(input.excludedAttributes === undefined ? {} : { excludedAttributes: input.excludedAttributes })
        },
        asked
      )
      const operation = `GET /${kind.endpoint}`
      const json = yield* Effect.mapError(client.raw(`/${kind.endpoint}${query}`), about(operation))
      const decoded = ListPage.decode(json)
      if (Result.isFailure(decoded)) {
        const answered = { operation, status: 200, scimType: null, detail: null }
        return yield* new E.Malformed({ ...answered, reason: decoded.failure, excerpt: "" })
      }
      const { quirks } = yield* client.profile
      const next = nextCursor(asked, decoded.success, quirks["totalIsPageSize"] !== undefined)
      const { resources, totalResults } = decoded.success
      // Parts of a row may lack the very attribute that the filter is about.
      const isWhole = input.attributes === undefined && input.excludedAttributes === undefined
      const rows = isWhole ? matching(resources, input.filter, kind) : resources
      return {
        items: rows.map((row) => mended(kind, row)),
        ...(totalResults === null ? {} : { totalResults }),
        ...(next === undefined ? {} : { nextCursor: next })
      }
    })
