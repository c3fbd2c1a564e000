/** Bulk requests, one operation after the other (RFC 7644 §3.7). */
import { isJsonObject, type JsonObject } from "@loom-scim/core/scim/Json"
import { errorBody } from "./Errors.ts"
import { limits, Refusal, type Context, type Incoming, type Outgoing } from "./Exchange.ts"

const invalid = (detail: string) => new Refusal(400, "invalidSyntax", detail)

/** References to what was created before (RFC 7644 §3.7.2), within a path and as a whole text within data. */
const resolved = (value: unknown, ids: ReadonlyMap<string, string>): unknown => {
  if (typeof value === "string") return value.startsWith("bulkId:") ? (ids.get(value.slice(7)) ?? value) : value
  if (Array.isArray(value)) return value.map((one: unknown) => resolved(one, ids))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, ids)]))
}

const segmentsOf = (path: string, ids: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  path
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => String(resolved(decodeURIComponent(segment), ids)))

/** Carries operations out by the same `handle` that single requests go through. */
export const bulk = (
  context: Context,
  incoming: Incoming,
  body: JsonObject,
  handle: (incoming: Incoming) => Outgoing
): Outgoing => {
  const operations = body["Operations"]
  if (!Array.isArray(operations)) throw invalid("There are no Operations.")
  if (operations.length > limits.bulkOperations) throw new Refusal(413, "tooMany", "There are too many operations.")
  const failOnErrors = typeof body["failOnErrors"] === "number" ? body["failOnErrors"] : Number.POSITIVE_INFINITY
  const ids = new Map<string, string>()
  const outcomes: Array<JsonObject> = []
  let errors = 0
  for (const [index, given] of operations.entries()) {
    if (errors >= failOnErrors) break
    const { bulkId, data, method, path, version }: JsonObject = isJsonObject(given) ? given : {}
    if (typeof method !== "string" || typeof path !== "string") throw invalid("An operation is incomplete.")
    const said = { method, ...(typeof bulkId === "string" ? { bulkId } : {}) }
    try {
      if (context.has("bulkCountedPerOperation") && index >= limits.bulkRate) {
        throw new Refusal(429, null, "There were too many operations.")
      }
      const {
        body: resource,
        headers,
        status
      } = handle({
        ...incoming,
        method,
        path: segmentsOf(path, ids),
        query: new URLSearchParams(),
        ifMatch: typeof version === "string" ? version : undefined,
        text: JSON.stringify(resolved(data ?? {}, ids))
      })
      const id = isJsonObject(resource) ? resource["id"] : undefined
      if (typeof id === "string" && typeof bulkId === "string") ids.set(bulkId, id)
      const location = typeof id === "string" ? `${context.url}${path}/${encodeURIComponent(id)}` : undefined
      outcomes.push({
        ...said,
        status: String(status),
        ...(method === "POST" && location !== undefined ? { location } : { location: `${context.url}${path}` }),
        ...(headers?.["etag"] === undefined ? {} : { version: headers["etag"] })
      })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      errors++
      outcomes.push({ ...said, status: String(error.status), response: errorBody(error) })
    }
  }
  return {
    status: 200,
    body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], Operations: outcomes }
  }
}
