/** How a field of a source's record is found, and read as texts. */
import { Result } from "effect"
import { isJsonObject, type Json, type JsonObject } from "../scim/Json.ts"
import { get, isArray } from "../scim/ResourceValue.ts"
import { userUrn } from "../scim/Schemas.ts"
import { composed } from "./Text.ts"

const core = `${userUrn}:`.toLowerCase()

/** What a name leads to in a value: in an object, or in each object of a list, with null for those that lack it. */
const within = (held: Json | undefined, name: string): Json | undefined => {
  if (isJsonObject(held)) return fieldOf(held, name)
  if (!isArray(held)) return undefined
  if (held.length === 0) return held
  const found = held.map((entry) => within(entry, name))
  if (found.every((one) => one === undefined)) return undefined
  return found.flatMap((one) => (isArray(one) ? one : [one ?? null]))
}

/**
 * A field by its name in any case, the exact one first; else as a path into JSON, `name.first`, through lists too,
 * `groups.display`; a SCIM attribute by its URN, `urn:…:2.0:User:department`. Undefined when the record has none.
 */
export const fieldOf = (fields: JsonObject, name: string): Json | undefined => {
  const direct = get(fields, name)
  if (direct !== undefined) return direct
  // The longest member that begins the name, since URNs have dots and colons of their own.
  for (let end = name.length - 1; end > 0; end--) {
    if (name[end] !== "." && name[end] !== ":") continue
    const found = within(get(fields, name.slice(0, end)), name.slice(end + 1))
    if (found !== undefined) return found
  }
  return name.toLowerCase().startsWith(core) ? fieldOf(fields, name.slice(core.length)) : undefined
}

/** Whether a field says nothing. */
export const isBlank = (value: Json | undefined): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === "string" && value.trim() === "") ||
  (isArray(value) && value.every(isBlank))

/** The same value with every text in it composed, however deep. */
export const composedIn = (value: Json): Json => {
  if (typeof value === "string") return composed(value)
  if (isArray(value)) return value.map(composedIn)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, composedIn(held)]))
}

/** One value as text; an object by its `display`, else its `value`, as SCIM has groups. Null for what is neither. */
const textOf = (value: Json): string | null => {
  if (typeof value === "string") return composed(value)
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  if (!isJsonObject(value)) return null
  const named = [get(value, "display"), get(value, "value")].find((held) => !isBlank(held))
  return named === undefined || typeof named === "object" ? null : textOf(named)
}

// Enough to find it again.
const shown = (value: Json): string => {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/**
 * The texts of a value, cut at a separator, without space around them and without empty ones. Fails, in words, when one is
 * no text: it would be missing without a word.
 */
export const pieces = (value: Json, separator: string | undefined): Result.Result<ReadonlyArray<string>, string> => {
  if (value === null) return Result.succeed([])
  const texts: Array<string> = []
  for (const entry of isArray(value) ? value : [value]) {
    const text = textOf(entry)
    if (text === null) return Result.fail(`${shown(entry)} is no text, and has neither display nor value`)
    texts.push(...(separator === undefined ? [text] : text.split(separator)))
  }
  return Result.succeed(texts.map((text) => text.trim()).filter((text) => text !== ""))
}
