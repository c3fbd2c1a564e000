/** Filters, read by scim2-parse-filter so that the client is not tested against its own reading of them. */
import { isJsonObject, type JsonObject } from "@loom-scim/core/scim/Json"
import { filter, parse, type Filter } from "scim2-parse-filter"
import { Refusal, type Context } from "./Exchange.ts"

// These are compared with case (RFC 7643 §3.1, §8.7.1); everything else that is text is not.
const exact = new Set(["id", "externalid", "meta", "members"])

const isExact = (path: string): boolean => exact.has(path.split(/[.[]/)[0]?.toLowerCase() ?? "")

/** A folded copy, to compare without case. */
const foldedValue = (value: unknown): unknown => {
  if (typeof value === "string") return value.toLowerCase()
  if (Array.isArray(value)) return value.map(foldedValue)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, foldedValue(inner)]))
}

const foldedRow = (row: JsonObject): unknown =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key, isExact(key) ? value : foldedValue(value)]))

const foldedFilter = (found: Filter): Filter => {
  switch (found.op) {
    case "and":
    case "or":
      return { ...found, filters: found.filters.map(foldedFilter) }
    case "not":
      return { ...found, filter: foldedFilter(found.filter) }
    case "[]":
      return isExact(found.attrPath) ? found : { ...found, valFilter: foldedFilter(found.valFilter) }
    case "pr":
      return found
    default:
      return typeof found.compValue === "string" && !isExact(found.attrPath)
        ? { ...found, compValue: found.compValue.toLowerCase() }
        : found
  }
}

/** The rows that match, as the server understands it. */
export const matching = (
  context: Context,
  rows: ReadonlyArray<JsonObject>,
  text: string
): ReadonlyArray<JsonObject> => {
  if (context.has("filterIgnored")) return rows
  let parsed: Filter
  try {
    parsed = parse(text)
  } catch {
    throw new Refusal(400, "invalidFilter", "The filter cannot be read.")
  }
  if (context.has("typedEmailFilterMisses") && /\bemails\[type\b/i.test(text)) return []
  if (context.has("filterCaseSensitive")) return rows.filter(filter(parsed))
  const test = filter(foldedFilter(parsed))
  const found = rows.filter((row) => test(foldedRow(row)))
  if (!context.has("firstHitUnrelated")) return found
  const stranger = rows.find((row) => !found.includes(row))
  return stranger === undefined ? found : [stranger, ...found]
}
