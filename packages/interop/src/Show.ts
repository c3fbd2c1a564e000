/** Resources as they are shown: with id, schemas, meta and version (RFC 7643 §3). */
import { isJsonObject, type JsonObject } from "@loom-scim/core/scim/Json"
import type { Context, Kind, Outgoing } from "./Exchange.ts"
import type { Entry } from "./Store.ts"

const schemaOf: Readonly<Record<Kind, string>> = {
  Users: "urn:ietf:params:scim:schemas:core:2.0:User",
  Groups: "urn:ietf:params:scim:schemas:core:2.0:Group"
}

/** The version of a resource; null when the server has none. */
export const versionOf = ({ has }: Context, { version }: Entry): string | null => {
  if (has("etagMissing")) return null
  if (has("etagConstant")) return 'W/"0"'
  return has("etagWeak") ? `W/"${version}"` : `"${version}"`
}

const locationOf = ({ has, url }: Context, kind: Kind, id: string): string | null => {
  if (has("locationMissing")) return null
  if (has("locationRelative")) return `/${kind}/${encodeURIComponent(id)}`
  if (has("locationUnencoded")) return `${url}/${kind}/${id} of {this} server`
  return `${url}/${kind}/${encodeURIComponent(id)}`
}

const withTextBooleans = (value: JsonObject[string]): JsonObject[string] => {
  if (typeof value === "boolean") return value ? "True" : "False"
  if (Array.isArray(value)) return value.map(withTextBooleans)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withTextBooleans(inner)]))
}

/** A resource in full. */
export const shown = (context: Context, kind: Kind, entry: Entry): JsonObject => {
  const { has } = context
  const { changed, created, id, resource } = entry
  const location = locationOf(context, kind, id)
  const version = versionOf(context, entry)
  const extensions = Object.keys(resource).filter((key) => key.startsWith("urn:"))
  const whole: JsonObject = {
    ...(has("schemasMissing") ? {} : { schemas: [schemaOf[kind], ...extensions] }),
    id,
    ...resource,
    meta: {
      resourceType: kind === "Users" ? "User" : "Group",
      created,
      lastModified: changed,
      ...(location === null ? {} : { location }),
      ...(version === null ? {} : { version })
    }
  }
  return has("booleansAsStrings")
    ? Object.fromEntries(Object.entries(whole).map(([key, value]) => [key, withTextBooleans(value)]))
    : whole
}

/** Which attributes are asked for (RFC 7644 §3.9). */
export interface Projection {
  readonly attributes: string | null
  readonly excludedAttributes: string | null
}

const named = (list: string | null): ReadonlySet<string> | null =>
  list === null ? null : new Set(list.split(",").map((name) => name.trim().split(".")[0]?.toLowerCase() ?? ""))

/** Leaves out what was not asked for; id and schemas always stay. */
export const project = ({ has }: Context, kind: Kind, whole: JsonObject, projection: Projection): JsonObject => {
  const wanted = named(projection.attributes)
  const unwanted = named(projection.excludedAttributes)
  const isHidden = kind === "Groups" && has("readsWithoutMembers") && wanted?.has("members") !== true
  return Object.fromEntries(
    Object.entries(whole).filter(([key]) => {
      if (key === "id" || key === "schemas") return true
      if (key === "members" && isHidden) return false
      const name = key.toLowerCase()
      return (wanted === null || wanted.has(name)) && unwanted?.has(name) !== true
    })
  )
}

/** The answer that is one resource. */
export const resourceAnswer = (
  context: Context,
  kind: Kind,
  entry: Entry,
  status: number,
  projection: Projection
): Outgoing => {
  const version = versionOf(context, entry)
  const location = locationOf(context, kind, entry.id)
  const isBare = status === 201 && context.has("createIdMissing")
  const whole = project(context, kind, shown(context, kind, entry), projection)
  const { id: _, ...withoutId } = whole
  return {
    status,
    headers: {
      ...(version === null ? {} : { etag: version }),
      ...(status === 201 && location !== null && !isBare ? { location: encodeURI(location) } : {})
    },
    body: isBare ? withoutId : whole
  }
}
