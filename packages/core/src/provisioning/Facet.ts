/** One thing that is compared between a desired person and a user the server has: how it is read, and how it is set. */
import { isJsonObject, type Json, type JsonObject } from "../scim/Json.ts"
import { Result } from "effect"
import { locate } from "../scim/Attribute.ts"
import { print as printPath } from "../scim/AttributePath.ts"
import { compileValue } from "../scim/FilterEvaluate.ts"
import type { PatchOperation } from "../scim/Patch.ts"
import * as Path from "../scim/Path.ts"
import { get, isArray } from "../scim/ResourceValue.ts"
import { enterpriseUserUrn, loomUser, rolePath } from "../scim/Schemas.ts"
import { canonical } from "./Fingerprint.ts"
import { composed } from "./Text.ts"

/** A path with what belongs to it. `text` is what two values have in common when they mean the same. */
export interface Facet {
  readonly path: string
  readonly read: (user: JsonObject) => Json | undefined
  readonly text: (value: Json | undefined) => string
  /** What sets it to a value, or takes it away for null, in this user. */
  readonly write: (value: Json, user: JsonObject) => ReadonlyArray<PatchOperation>
}

const folded = (value: Json | undefined): string =>
  typeof value === "string" ? JSON.stringify(composed(value.trim().toLowerCase())) : canonical(value)

const setOrRemove =
  (path: string): Facet["write"] =>
  (value) =>
    canonical(value) === "null" ? [{ op: "remove", path }] : [{ op: "replace", path, value }]

/** The addresses in a list of e-mails, the primary one first (RFC 7643 §2.4); a single one counts as primary. */
export const addressesOf = (emails: Json | undefined): ReadonlyArray<string> => {
  const found: Array<string> = []
  let hasPrimary = false
  for (const entry of isArray(emails) ? emails : []) {
    const value = isJsonObject(entry) ? get(entry, "value") : entry
    if (typeof value !== "string" || value.trim() === "") continue
    const address = composed(value.trim().toLowerCase())
    if (!hasPrimary && isJsonObject(entry) && get(entry, "primary") === true) {
      hasPrimary = true
      found.unshift(address)
    } else found.push(address)
  }
  return found
}

// Types and displays of addresses are the server's taste; which addresses there are, and the first of them, is not.
const emailsText = (value: Json | undefined): string => {
  const [first, ...rest] = addressesOf(value)
  if (first === undefined) return "null"
  return rest.length === 0 ? JSON.stringify(first) : JSON.stringify([first, ...[...new Set(rest)].toSorted()])
}

/** Whether a user may log in. A server that does not say it means yes; some write it as text. */
export const isActive = (user: JsonObject): boolean => {
  const active = get(user, "active")
  return !(active === false || (typeof active === "string" && active.trim().toLowerCase() === "false"))
}

/** The role that a user shows, in lower case; null when it shows none. */
export const roleIn = (user: JsonObject): string | null => {
  const extension = get(user, enterpriseUserUrn)
  const role = isJsonObject(extension) ? get(extension, "loomMemberRole") : undefined
  return typeof role === "string" && role !== "" ? role.toLowerCase() : null
}

/** Whether a user is an admin who may log in, as far as the server shows it. */
export const isActiveAdmin = (user: JsonObject): boolean => isActive(user) && roleIn(user) === "admin"

const special: ReadonlyMap<string, Omit<Facet, "path" | "write">> = new Map([
  ["username", { read: (user: JsonObject) => get(user, "userName"), text: folded }],
  ["active", { read: isActive, text: canonical }],
  ["emails", { read: (user: JsonObject) => get(user, "emails"), text: emailsText }],
  [rolePath.toLowerCase(), { read: roleIn, text: folded }]
])

const readerOf = (path: Path.AttributeTarget): Facet["read"] => {
  const { container, name, sub } = locate(loomUser, path.path)
  return (user) => {
    const holder = container === null ? user : get(user, container)
    if (!isJsonObject(holder) || name === null) return isJsonObject(holder) ? holder : undefined
    const value = get(holder, name)
    if (sub === null) return value
    return isJsonObject(value) ? get(value, sub) : undefined
  }
}

const valueFacet = (path: string, target: Path.ValueTarget): Result.Result<Facet, string> => {
  const { filter, sub } = target
  if (filter._tag !== "Compare" || filter.operator !== "eq" || typeof filter.value !== "string" || sub === null) {
    return Result.fail('a list is addressed as in phoneNumbers[type eq "work"].value')
  }
  const list = printPath(target.path)
  const whole = Path.print({ ...target, sub: null })
  const read = readerOf({ _tag: "AttributeTarget", path: target.path })
  const matches = compileValue(filter, locate(loomUser, target.path).attribute)
  const key = filter.path.name
  const { value: wanted } = filter
  const find = (user: JsonObject): Json | undefined => {
    const values = read(user)
    return isArray(values) ? values.find(matches) : undefined
  }
  return Result.succeed({
    path,
    read: (user) => {
      const found = find(user)
      return isJsonObject(found) ? get(found, sub) : undefined
    },
    text: canonical,
    write: (value, user) => {
      const exists = find(user) !== undefined
      if (canonical(value) === "null") return exists ? [{ op: "remove", path: whole }] : []
      return exists
        ? [{ op: "replace", path, value }]
        : [{ op: "add", path: list, value: [{ [key]: wanted, [sub]: value }] }]
    }
  })
}

/**
 * The facet of a SCIM path: `title`, `name.middleName`, `urn:…:User:department`, `phoneNumbers[type eq "work"].value`.
 * Fails, in words, for what is no path and for what no client may set or no server shows.
 */
export const facetOf = (path: string): Result.Result<Facet, string> => {
  const parsed = Path.parse(path)
  if (Result.isFailure(parsed)) return Result.fail(parsed.failure.message)
  const { attribute, subAttribute } = locate(loomUser, parsed.success.path)
  if (
    attribute?.mutability === "readOnly" ||
    subAttribute?.mutability === "readOnly" ||
    attribute?.name === "schemas"
  ) {
    return Result.fail("only the server sets it")
  }
  if (attribute?.returned === "never") return Result.fail("no server shows it, so it cannot be compared")
  if (parsed.success._tag === "ValueTarget") return valueFacet(path, parsed.success)
  if (attribute?.multiValued === true && parsed.success.path.sub !== null) {
    return Result.fail('a list is addressed as in phoneNumbers[type eq "work"].value')
  }
  const { container, name, sub } = locate(loomUser, parsed.success.path)
  const known = `${container === null ? "" : `${container}:`}${name ?? ""}${sub === null ? "" : `.${sub}`}`
  const found = special.get(known.toLowerCase())
  return Result.succeed({
    path,
    ...(found ?? { read: readerOf(parsed.success), text: canonical }),
    write: setOrRemove(path)
  })
}
