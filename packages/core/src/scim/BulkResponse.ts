/** Which answer of a bulk response belongs to which operation (RFC 7644 §3.7.3). */
import { isJsonObject, type JsonObject } from "./Json.ts"
import { Predicate } from "effect"
import type { BulkOperation } from "./Bulk.ts"
import { idOf } from "./ListPage.ts"
import * as ErrorBody from "./ScimErrorBody.ts"

/** How one operation went. */
export type BulkOutcome =
  | {
      readonly _tag: "Done"
      readonly status: number
      /** The id of the resource; null when neither the answer nor the path says it. */
      readonly id: string | null
      readonly version: string | null
      readonly resource: JsonObject | null
    }
  | { readonly _tag: "Failed"; readonly status: number; readonly error: ErrorBody.ScimErrorBody }
  /** It was sent, but the server says nothing about it: it may have been carried out. */
  | { readonly _tag: "Unanswered" }
  /** It was not sent: too many errors before it, or what it refers to was not created. */
  | { readonly _tag: "NotSent"; readonly reason: "stopped" | "referenceFailed" }

const stringOf = (value: unknown): string | null => (Predicate.isString(value) && value !== "" ? value : null)

const statusOf = (value: unknown): number | null => {
  // RFC 7644 has text, its draft had {"code": "201"}, and some servers send numbers.
  const plain = isJsonObject(value) ? value["code"] : value
  // Nothing else is made text of: an object may have a `toString` that is no function.
  const digits = /^\s*(\d{3})\b/.exec(Predicate.isString(plain) || Predicate.isNumber(plain) ? String(plain) : "")
  return digits === null ? null : Number(digits[1])
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * The segments of a path or URL without query, fragment and slashes at the end. In linear time, which an expression for
 * the slashes at the end would not be: the text is the server's.
 */
const segmentsOf = (location: string): ReadonlyArray<string> => {
  const [path = ""] = location.split(/[?#]/, 1)
  const segments = path.split("/")
  while (segments.at(-1) === "") segments.pop()
  return segments
}

/** The last two segments of a path or URL, such as `Users/1`: base URLs differ and ids are encoded or not. */
const tailOf = (location: string): string => segmentsOf(location).slice(-2).map(decoded).join("/").toLowerCase()

const idIn = (location: string | null): string | null => {
  const last = location === null ? undefined : segmentsOf(location).at(-1)
  return last === undefined ? null : decoded(last)
}

const toOutcome = (operation: BulkOperation, answer: JsonObject, scrub: (text: string) => string): BulkOutcome => {
  const { response } = answer
  const location = stringOf(answer["location"])
  const resource = isJsonObject(response) ? response : null
  const status = statusOf(answer["status"])
  if (status === null) return { _tag: "Unanswered" }
  if (status >= 300) {
    return { _tag: "Failed", status, error: ErrorBody.fromJson(response, scrub) }
  }
  const own = resource === null ? null : idOf(resource)
  return {
    _tag: "Done",
    status,
    id: own ?? idIn(location ?? (operation.method === "POST" ? null : operation.path)),
    version: stringOf(answer["version"]),
    resource
  }
}

/**
 * Pairs answers with the operations that were sent: by bulkId, then by method and location, in order when several fit.
 * An operation that nothing fits is `Unanswered`; the positions of answers are never guessed from.
 */
export const correlate = (
  sent: ReadonlyArray<BulkOperation>,
  body: unknown,
  scrub: (text: string) => string
): ReadonlyArray<BulkOutcome> => {
  const listed = isJsonObject(body) ? body["Operations"] : undefined
  const left = new Set((Array.isArray(listed) ? listed : []).filter(isJsonObject))
  const methodFits = (operation: BulkOperation, answer: JsonObject): boolean => {
    const method = stringOf(answer["method"])
    return method === null || method.toUpperCase() === operation.method
  }
  const byBulkId = new Map<string, JsonObject>()
  const byLocation = new Map<string, Array<JsonObject>>()
  for (const answer of left) {
    const bulkId = stringOf(answer["bulkId"])
    const location = stringOf(answer["location"])
    if (bulkId !== null) byBulkId.set(bulkId, answer)
    else if (location !== null) {
      const tail = tailOf(location)
      const there = byLocation.get(tail)
      if (there === undefined) byLocation.set(tail, [answer])
      else there.push(answer)
    }
  }
  return sent.map((operation) => {
    const candidates =
      operation.method === "POST" ? [byBulkId.get(operation.bulkId)] : (byLocation.get(tailOf(operation.path)) ?? [])
    const answer = candidates.find((found) => found !== undefined && left.has(found) && methodFits(operation, found))
    if (answer === undefined) return { _tag: "Unanswered" }
    left.delete(answer)
    return toOutcome(operation, answer, scrub)
  })
}
