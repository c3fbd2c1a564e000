/** One page of a list answer, read with tolerance (RFC 7644 §3.4.2, RFC 9865 §2). */
import { Predicate, Result } from "effect"
import { isJsonObject, type JsonObject } from "./Json.ts"

export { isJsonObject, type JsonObject }

/** What a page says. Null: it does not say, or not in a usable way. */
export interface Page {
  readonly resources: ReadonlyArray<JsonObject>
  readonly totalResults: number | null
  readonly startIndex: number | null
  readonly itemsPerPage: number | null
  readonly nextCursor: string | null
}

const countOf = (value: unknown): number | null => {
  const number = Predicate.isString(value) && /^\s*\d{1,12}\s*$/.test(value) ? Number(value) : value
  return Predicate.isNumber(number) && Number.isSafeInteger(number) && number >= 0 ? number : null
}

const textOf = (value: unknown): string | null => (Predicate.isString(value) && value !== "" ? value : null)

/**
 * Reads a page. `schemas` may be missing, counts may be text, `Resources` may be missing when there are none (RFC 7644
 * §3.4.2), written small, or be the whole body. A body that is neither fails, as does one with rows that are no objects:
 * leaving such a row out would lose a person.
 */
export const decode = (body: unknown): Result.Result<Page, "notAList"> => {
  const bare = Array.isArray(body)
  if (!bare && !isJsonObject(body)) return Result.fail("notAList")
  const fields: JsonObject = bare ? {} : body
  const rows: unknown = bare ? body : (fields["Resources"] ?? fields["resources"])
  const totalResults = countOf(fields["totalResults"])
  const nextCursor = fields["nextCursor"]
  if (rows === undefined || rows === null) {
    if (totalResults === null) return Result.fail("notAList")
  } else if (!Array.isArray(rows) || !rows.every(isJsonObject)) return Result.fail("notAList")
  return Result.succeed({
    resources: Array.isArray(rows) ? rows : [],
    totalResults,
    startIndex: countOf(fields["startIndex"]),
    itemsPerPage: countOf(fields["itemsPerPage"]),
    // A cursor is text (RFC 9865 §2); one sent as a number is still the way to the next page.
    nextCursor: Number.isSafeInteger(nextCursor) ? String(nextCursor) : textOf(nextCursor)
  })
}

/**
 * The id of a resource; null when it has none (RFC 7643 §3.1 demands one). JSON numbers beyond 2^53 were rounded when
 * read: two people could share one, so they are none.
 */
export const idOf = (resource: JsonObject): string | null => {
  const id = resource["id"]
  if (Predicate.isNumber(id)) return Number.isSafeInteger(id) ? String(id) : null
  return textOf(id)
}
