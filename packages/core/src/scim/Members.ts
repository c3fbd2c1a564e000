/** The members of a group as ids (RFC 7643 §4.2), however a server writes them. */
import { isJsonObject, type Json, type JsonObject } from "./Json.ts"
import { get, isArray } from "./ResourceValue.ts"

const idOf = (member: Json): string | null => {
  const value = isJsonObject(member) ? get(member, "value") : member
  // Numbers beyond 2^53 were rounded when read: two members could share one.
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : null
  return typeof value === "string" && value !== "" ? value : null
}

/** The ids of the members that a group shows; null when it has no `members`, which may hide any number of them. */
export const shownMembers = (group: JsonObject): ReadonlyArray<string> | null => {
  const members = get(group, "members")
  if (members === undefined || members === null) return null
  return (isArray(members) ? members : [members]).flatMap((member) => idOf(member) ?? [])
}

/** The ids of the members that a group shows, or that it is sent with. */
export const memberIds = (group: JsonObject): ReadonlyArray<string> => shownMembers(group) ?? []
