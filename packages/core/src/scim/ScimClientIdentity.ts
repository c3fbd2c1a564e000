/** Whether a resource the server has is the one that was to be created. */
import { Predicate } from "effect"
import { isJsonObject, type JsonObject } from "./Json.ts"
import { filterLiteral } from "./ScimClientRequest.ts"

/** A way to look a resource up, and the check that a hit is the one asked for. */
export interface LookupKey {
  readonly attribute: "userName" | "externalId" | "displayName" | "emails"
  /** Filters to try in turn: servers may compare with case although RFC 7643 §4.1.1 says otherwise. */
  readonly filters: ReadonlyArray<string>
  readonly matches: (hit: JsonObject) => boolean
}

const text = (resource: JsonObject, attribute: string): string | null => {
  const value = resource[attribute]
  return Predicate.isString(value) && value.trim() !== "" ? value : null
}

const fold = (value: string): string => value.trim().toLowerCase()

const sameFolded = (left: string | null, right: string | null): boolean =>
  left !== null && right !== null && fold(left) === fold(right)

const emailsOf = (resource: JsonObject): ReadonlyArray<string> => {
  const { emails } = resource
  return (Array.isArray(emails) ? emails : []).flatMap((entry: unknown) => {
    const value = isJsonObject(entry) ? entry["value"] : entry
    return Predicate.isString(value) && value.trim() !== "" ? [value] : []
  })
}

const foldedFilters = (path: string, value: string): ReadonlyArray<string> =>
  [...new Set([value, fold(value)])].map((spelling) => `${path} eq ${filterLiteral(spelling)}`)

/** The keys by which a resource can be found again, surest first: userName, externalId, else displayName (groups). */
export const lookupKeys = (sent: JsonObject): ReadonlyArray<LookupKey> => {
  const keys: Array<LookupKey> = []
  const userName = text(sent, "userName")
  const externalId = text(sent, "externalId")
  const displayName = text(sent, "displayName")
  if (userName !== null) {
    keys.push({
      attribute: "userName",
      filters: foldedFilters("userName", userName),
      matches: (hit) => sameFolded(text(hit, "userName"), userName)
    })
  }
  if (externalId !== null) {
    keys.push({
      attribute: "externalId",
      filters: [`externalId eq ${filterLiteral(externalId)}`],
      matches: (hit) => text(hit, "externalId") === externalId
    })
  }
  // Names of people are not unique, so displayName is for what has no user name.
  if (userName === null && displayName !== null) {
    keys.push({
      attribute: "displayName",
      filters: foldedFilters("displayName", displayName),
      matches: (hit) => sameFolded(text(hit, "displayName"), displayName)
    })
  }
  return keys
}

/** The keys of what may stand in the way of a resource: those above, then each e-mail address. */
export const conflictKeys = (sent: JsonObject): ReadonlyArray<LookupKey> => [
  ...lookupKeys(sent),
  ...emailsOf(sent).map((email): LookupKey => ({
    attribute: "emails",
    filters: foldedFilters("emails.value", email),
    matches: (hit) => emailsOf(hit).some((other) => sameFolded(other, email))
  }))
]

/**
 * Whether a hit is what was sent: every key that both sides have is equal, and at least one is. A hit with the same user
 * name but another external id is somebody else.
 */
export const isSame = (sent: JsonObject, hit: JsonObject): boolean => {
  const userName = text(sent, "userName")
  const ids = [text(sent, "externalId"), text(hit, "externalId")] as const
  if (ids[0] !== null && ids[1] !== null && ids[0] !== ids[1]) return false
  if (userName !== null) return sameFolded(userName, text(hit, "userName"))
  return (ids[0] !== null && ids[0] === ids[1]) || sameFolded(text(sent, "displayName"), text(hit, "displayName"))
}
