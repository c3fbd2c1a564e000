/** The values of a multi-valued attribute under PATCH: what counts as the same, and which one is primary. */
import { isJsonObject, type Json, type JsonObject } from "./Json.ts"
import type { Attribute } from "./Attribute.ts"
import { type Draft, put } from "./PatchDraft.ts"
import { equal, fingerprint, get, isArray, isUnassigned } from "./ResourceValue.ts"

/** True for attributes whose values have a `value`, which a client may send alone. */
export const isDefault = (attribute: Attribute | null): boolean => attribute?.subAttributes.has("value") === true

/** Booleans as strings are what some clients send for booleans; everything else stays. */
export const coerce = (attribute: Attribute | null, value: Json): Json => {
  if (attribute?.type !== "boolean" || typeof value !== "string") return value
  const lower = value.toLowerCase()
  return lower === "true" ? true : lower === "false" ? false : value
}

const asValue = (attribute: Attribute | null, value: Json): Json | undefined => {
  if (attribute?.type !== "complex" || isJsonObject(value)) return value
  return isDefault(attribute) && !isArray(value) ? { value } : undefined
}

/** A list of values from one or many; undefined when one of them cannot be a value of the attribute. */
export const asValues = (attribute: Attribute | null, value: Json): ReadonlyArray<Json> | undefined => {
  const given = isArray(value) ? value : [value]
  const values: Array<Json> = []
  for (const entry of given) {
    if (isUnassigned(entry)) continue
    const made = asValue(attribute, entry)
    if (made === undefined) return undefined
    values.push(made)
  }
  return values
}

/** A reference's `value` is its identity: where the schema says that it never changes. */
const isReference = (attribute: Attribute | null): boolean =>
  attribute?.subAttributes.get("value")?.mutability === "immutable"

const identity = (value: Json, reference: boolean): string => {
  const own = reference && isJsonObject(value) ? get(value, "value") : undefined
  return own === undefined ? fingerprint(value) : fingerprint(own)
}

const includes = (whole: JsonObject, part: JsonObject): boolean =>
  Object.entries(part).every(([key, entry]) => equal(get(whole, key), entry))

/**
 * Adds the values that are not there yet. "If the value already exists, no changes SHOULD be made" (RFC 7644 §3.5.2.1):
 * for references the same `value`, else an equal value.
 */
export const addValues = (
  draft: Draft,
  array: Array<Json>,
  values: ReadonlyArray<Json>,
  attribute: Attribute | null
): void => {
  const before = array.length
  const [only] = values
  const reference = isReference(attribute)
  if (values.length === 1 && only !== undefined && !reference) {
    // One value against a list is compared directly, without an index of the list.
    if (array.some((entry) => equal(entry, only))) return
    array.push(only)
  } else {
    const seen = new Set(array.map((entry) => identity(entry, reference)))
    for (const value of values) {
      const key = identity(value, reference)
      if (seen.has(key)) continue
      seen.add(key)
      array.push(value)
    }
  }
  keepOnePrimary(
    draft,
    array,
    Array.from({ length: array.length - before }, (_, offset) => before + offset)
  )
}

const isPrimary = (value: Json | undefined): boolean => {
  if (!isJsonObject(value)) return false
  const primary = get(value, "primary")
  return primary === true || (typeof primary === "string" && primary.toLowerCase() === "true")
}

/** When a value written has become primary, the others cease to be (RFC 7644 §3.5.2). */
export const keepOnePrimary = (draft: Draft, array: Array<Json>, written: ReadonlyArray<number>): void => {
  const newest = written.findLast((index) => isPrimary(array[index]))
  if (newest === undefined) return
  array.forEach((value, index) => {
    if (index === newest || !isPrimary(value)) return
    const element = draft.element(array, index)
    if (element !== undefined) put(element, "primary", false)
  })
}

/** Tells which values a `remove` with a value means: those that have everything that one of the given ones names. */
export const matchesValue = (value: Json | undefined, attribute: Attribute | null): ((entry: Json) => boolean) => {
  if (value === undefined || value === null) return () => true
  // An empty list names nothing; taking it for "all" would empty a group.
  const given = (isArray(value) ? value : [value]).filter((entry) => !isUnassigned(entry))
  const named = given.map((entry) => asValue(attribute, entry) ?? entry)
  const simple = new Set<string>()
  const others: Array<Json> = []
  for (const entry of named) {
    const only = isJsonObject(entry) && Object.keys(entry).length === 1 ? get(entry, "value") : undefined
    if (typeof only === "string") simple.add(only)
    else others.push(entry)
  }
  return (entry) => {
    const own = isJsonObject(entry) ? get(entry, "value") : undefined
    if (typeof own === "string" && simple.has(own)) return true
    return others.some((other) =>
      isJsonObject(other) && isJsonObject(entry) ? includes(entry, other) : equal(other, entry)
    )
  }
}
