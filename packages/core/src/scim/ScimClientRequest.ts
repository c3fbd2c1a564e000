/** Paths, queries, bodies and versions of SCIM requests: pure functions. */
import { Predicate, Result } from "effect"
import { isJsonObject, type JsonObject } from "./Json.ts"
import type { PageRequest } from "./List.ts"
import type { PatchOperation as WireOperation } from "./Patch.ts"
import type { ListQuery, PatchOperation, Projection } from "./ScimClientTypes.ts"
import { InvalidRequest } from "./ScimError.ts"

/** A path below the base URL and its form without ids. */
export interface Target {
  readonly path: string
  readonly label: string
}

const refuse = (operation: string, detail: string) =>
  new InvalidRequest({ operation, status: 0, scimType: null, detail })

/** The path of a resource type: `Users`, `/Groups`, or the `endpoint` of any declared type (RFC 7643 §6). */
export const endpointOf = (endpoint: string): Result.Result<Target, InvalidRequest> => {
  const path = `/${endpoint.replace(/^\/+|\/+$/g, "")}`
  const isPlain = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(path)
  return isPlain
    ? Result.succeed({ path, label: path })
    : Result.fail(refuse("SCIM", "The endpoint of a resource type is a plain path, such as /Users."))
}

/**
 * The path of one resource. The id is encoded as a whole. An empty id would mean the whole collection, and `.` or `..`
 * is resolved away by every URL parser, encoded or not; both are refused.
 */
export const resourceOf = (endpoint: string, id: string): Result.Result<Target, InvalidRequest> =>
  Result.flatMap(endpointOf(endpoint), ({ label, path }) =>
    id === "" || id === "." || id === ".." || !id.isWellFormed()
      ? Result.fail(refuse(`${label}/{id}`, "The id is empty, or cannot be part of a path."))
      : Result.succeed({ path: `${path}/${encodeURIComponent(id)}`, label: `${label}/{id}` })
  )

const isPlainSegment = (segment: string): boolean =>
  /^[\w.~!$&'()*+,;=:@%-]+$/.test(segment) && !/^(?:\.|%2e){1,2}$/i.test(segment)

/** A path as a person typed it. It must stay below the base URL, so nothing in it may climb out or name another host. */
export const rawOf = (path: string): Result.Result<Target, InvalidRequest> => {
  const [before = ""] = path.split("?")
  const [root, ...segments] = before.split("/")
  const isBelow = root === "" && segments.length > 0 && segments.every(isPlainSegment)
  return isBelow && /^[\x21-\x7e]+$/.test(path) && !path.includes("#")
    ? Result.succeed({ path, label: "raw" })
    : Result.fail(refuse("GET", "Give a path below the base URL, such as /Users?count=1, with spaces written %20."))
}

const encodeQuery = (pairs: ReadonlyArray<readonly [string, string]>): string =>
  // Percent-encoded spaces: not every server takes a plus sign for one.
  pairs.length === 0
    ? ""
    : `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value.toWellFormed())}`).join("&")}`

const projectionPairs = ({ attributes, excludedAttributes }: Projection): ReadonlyArray<readonly [string, string]> => [
  ...(attributes === undefined ? [] : [["attributes", attributes.join(",")] as const]),
  ...(excludedAttributes === undefined ? [] : [["excludedAttributes", excludedAttributes.join(",")] as const])
]

/** The query of a projection. */
export const projectionQuery = (projection: Projection): string => encodeQuery(projectionPairs(projection))

/** The query of a page (RFC 7644 §3.4.2, RFC 9865 §2). */
export const listQuery = (query: ListQuery, page: PageRequest): string => {
  const pairs: Array<readonly [string, string]> = []
  if (query.filter !== undefined) pairs.push(["filter", query.filter])
  if (page._tag === "Cursor") pairs.push(["cursor", page.cursor])
  else if (page.startIndex !== null) pairs.push(["startIndex", String(page.startIndex)])
  if (page.count !== null) pairs.push(["count", String(page.count)])
  if (query.sortBy !== undefined) pairs.push(["sortBy", query.sortBy])
  if (query.sortOrder !== undefined) pairs.push(["sortOrder", query.sortOrder])
  return encodeQuery([...pairs, ...projectionPairs(query)])
}

/** The body of a `POST …/.search` (RFC 7644 §3.4.3). */
export const searchBody = (query: ListQuery, page: PageRequest): string =>
  JSON.stringify({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
    filter: query.filter,
    ...(page._tag === "Cursor" ? { cursor: page.cursor } : { startIndex: page.startIndex ?? undefined }),
    count: page.count ?? undefined,
    sortBy: query.sortBy,
    sortOrder: query.sortOrder,
    attributes: query.attributes,
    excludedAttributes: query.excludedAttributes
  })

/**
 * A resource without its nulls: null is the same as no value (RFC 7643 §2.5), and some servers refuse it. What is within
 * a list stays, as a list is taken as a whole.
 */
export const withoutNulls = (resource: JsonObject): JsonObject =>
  hasNull(resource)
    ? Object.fromEntries(
        Object.entries(resource).flatMap(([key, value]) =>
          value === null ? [] : [[key, isJsonObject(value) ? withoutNulls(value) : value] as const]
        )
      )
    : resource

const hasNull = (resource: JsonObject): boolean =>
  Object.values(resource).some((value) => value === null || (isJsonObject(value) && hasNull(value)))

/** A resource but for its members as single replacements. */
export const replacements = (resource: JsonObject): ReadonlyArray<PatchOperation> =>
  Object.entries(resource).flatMap(([path, value]): ReadonlyArray<PatchOperation> =>
    ["schemas", "id", "meta", "members"].includes(path) ? [] : [{ op: "replace", path, value }]
  )

/** The body of a PATCH (RFC 7644 §3.5.2). */
export const patchBody = (operations: ReadonlyArray<WireOperation>): string =>
  JSON.stringify({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations })

// RFC 9110 §8.8.3. Anything else must not get into a header.
const entityTag = /^(?:W\/)?"[\x21\x23-\x7e]*"$/

/** An entity tag that may be sent as If-Match; a version without quotes gets them. Null when it can be none. */
export const toEntityTag = (version: unknown): string | null => {
  if (!Predicate.isString(version)) return null
  const tag = version.trim()
  if (entityTag.test(tag)) return tag
  const quoted = `"${tag}"`
  return tag !== "" && entityTag.test(quoted) ? quoted : null
}

/** The version of a resource: the ETag header, or else `meta.version` (RFC 7644 §3.14). */
export const versionOf = (etag: string | undefined, resource: JsonObject | null): string | null => {
  const meta = resource?.["meta"]
  return toEntityTag(etag) ?? (isJsonObject(meta) ? toEntityTag(meta["version"]) : null)
}

/** A text as a filter's literal (RFC 7644 §3.4.2.2: JSON). */
export const filterLiteral = (text: string): string => JSON.stringify(text)
