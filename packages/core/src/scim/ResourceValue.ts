/** JSON values of resources: keys in any case, absence, and equality (RFC 7643 §2.1, §2.5). */
import { isJsonObject, type Json, type JsonObject } from "./Json.ts"

/** True for the values of a multi-valued attribute; narrows better than `Array.isArray` does for readonly arrays. */
export const isArray = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/** The key under which an object holds an attribute: attribute names are the same in any case. */
export const keyOf = (object: JsonObject, name: string): string | undefined => {
  if (Object.hasOwn(object, name)) return name
  const lower = name.toLowerCase()
  for (const key in object) {
    if (key.length === name.length && key.toLowerCase() === lower && Object.hasOwn(object, key)) return key
  }
  return undefined
}

/** The value of an attribute, whatever the case of its name. */
export const get = (object: JsonObject, name: string): Json | undefined => {
  const key = keyOf(object, name)
  return key === undefined ? undefined : object[key]
}

/** Absent, null and an empty array are one state, "unassigned" (RFC 7643 §2.5). So is an object of nothing else. */
export const isUnassigned = (value: Json | undefined): boolean => {
  if (value === undefined || value === null) return true
  if (isArray(value)) return value.every(isUnassigned)
  if (!isJsonObject(value)) return false
  // Left at the first value found, which is nearly always the first of all.
  for (const key in value) if (!isUnassigned(value[key])) return false
  return true
}

/** Without anything unassigned; undefined when nothing is left. */
export const compact = (value: Json | undefined): Json | undefined => {
  if (value === undefined || value === null) return undefined
  if (isArray(value)) {
    const kept = value.map(compact).filter((entry) => entry !== undefined)
    return kept.length === 0 ? undefined : kept
  }
  if (!isJsonObject(value)) return value
  const entries: Array<[string, Json]> = []
  for (const [key, entry] of Object.entries(value)) {
    const kept = compact(entry)
    if (kept !== undefined) entries.push([key, kept])
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** Deep equality of JSON; the order of keys has no meaning, the order of values has. */
export const equal = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === b) return true
  if (isArray(a)) {
    return isArray(b) && a.length === b.length && a.every((entry, index) => equal(entry, b[index]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
}

/** A text that is the same for values that differ only in the order of keys. */
export const fingerprint = (value: Json): string => {
  if (isArray(value)) return `[${value.map(fingerprint).join()}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value).toSorted()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${fingerprint(value[key] ?? null)}`).join()}}`
}

/**
 * True when two values of an attribute mean the same: equal, or the same values in another order or more than once.
 *
 * SCIM addresses the values of a multi-valued attribute by filter and never by index, so their order carries nothing,
 * servers do return them in any order, and adding one that exists changes nothing (RFC 7644 §3.5.2.1).
 */
export const sameValues = (a: Json | undefined, b: Json | undefined): boolean => {
  if (equal(a, b)) return true
  if (!isArray(a) || !isArray(b)) return false
  const left = new Set(a.map(fingerprint))
  const right = new Set(b.map(fingerprint))
  return left.size === right.size && [...left].every((text) => right.has(text))
}
