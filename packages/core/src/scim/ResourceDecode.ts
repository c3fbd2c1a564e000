/** Reads resources as servers really send them, and says which liberties they took. */
import { isJsonObject, type Json, type JsonObject } from "./Json.ts"
import { Result, Schema } from "effect"
import type { Attribute, ResourceType } from "./Attribute.ts"
import { Group, User } from "./Resource.ts"
import { isArray, isUnassigned } from "./ResourceValue.ts"
import { groupType, loomUser } from "./Schemas.ts"

/** A liberty that a server took and we put right. */
export const ResourceQuirk = Schema.Literals([
  "schemasMissing",
  "idMissing",
  "booleanAsString",
  "numberAsString",
  "stringAsNumber",
  "attributeCase",
  "singleForMultiple",
  "simpleForComplex"
])
export type ResourceQuirk = typeof ResourceQuirk.Type

/** A resource put right, and how it had been wrong; in the order first seen. */
export interface Decoded<A> {
  readonly resource: A
  readonly quirks: ReadonlySet<ResourceQuirk>
}

/** What a walk over a resource finds. */
interface Findings {
  /** Made for the first of them: most resources have none, and there are many. */
  quirks: Set<ResourceQuirk> | undefined
  /** False once an attribute has a value of another type than its definition says. */
  fits: boolean
}

const noQuirks: ReadonlySet<ResourceQuirk> = new Set()

const note = (found: Findings, quirk: ResourceQuirk): void => {
  found.quirks ??= new Set()
  found.quirks.add(quirk)
}

const isOfType = (value: Json, type: Attribute["type"]): boolean => {
  switch (type) {
    case "boolean":
      return typeof value === "boolean"
    case "integer":
    case "decimal":
      return typeof value === "number"
    case "complex":
      return isJsonObject(value)
    default:
      return typeof value === "string"
  }
}

const simple = (value: Json, { type }: Attribute, found: Findings): Json => {
  switch (type) {
    case "boolean": {
      if (typeof value !== "string") return value
      const lower = value.toLowerCase()
      if (lower !== "true" && lower !== "false") return value
      note(found, "booleanAsString")
      return lower === "true"
    }
    case "integer":
    case "decimal": {
      if (typeof value !== "string" || value.trim() === "" || !Number.isFinite(Number(value))) return value
      note(found, "numberAsString")
      return Number(value)
    }
    case "complex": {
      if (isJsonObject(value) || isArray(value)) return value
      note(found, "simpleForComplex")
      return { value }
    }
    default: {
      if (typeof value !== "number") return value
      note(found, "stringAsNumber")
      return String(value)
    }
  }
}

const one = (value: Json, attribute: Attribute, found: Findings): Json => {
  const mended = simple(value, attribute, found)
  if (!isOfType(mended, attribute.type)) found.fits = false
  return isJsonObject(mended) ? object(mended, attribute.subAttributes, found) : mended
}

const valueOf = (value: Json, attribute: Attribute, found: Findings): Json => {
  if (!attribute.multiValued) return one(value, attribute, found)
  if (isArray(value)) {
    const kept = value.some(isUnassigned) ? value.filter((entry) => !isUnassigned(entry)) : value
    return each(kept, attribute, found)
  }
  note(found, "singleForMultiple")
  return [one(value, attribute, found)]
}

/** The same array when nothing had to be mended: most are right, and there are many. */
const each = (values: ReadonlyArray<Json>, attribute: Attribute, found: Findings): ReadonlyArray<Json> => {
  let mended: Array<Json> | undefined
  let index = 0
  for (const value of values) {
    const next = one(value, attribute, found)
    if (next !== value) (mended ??= [...values])[index] = next
    index++
  }
  return mended ?? values
}

const object = (value: JsonObject, attributes: ReadonlyMap<string, Attribute>, found: Findings): JsonObject => {
  let entries: Array<readonly [string, Json]> | undefined
  // Without a list of the keys, which is needed only when something has to be mended.
  for (const key in value) {
    const before = value[key] ?? null
    const attribute = attributes.get(key) ?? attributes.get(key.toLowerCase())
    if (attribute === undefined) {
      entries?.push([key, before])
      continue
    }
    const after = before === null ? null : valueOf(before, attribute, found)
    const misnamed = attribute.name !== key
    if (misnamed) note(found, "attributeCase")
    // Known attributes without a value are dropped; unknown ones are kept as they are.
    const gone = after === null || (isArray(after) && after.length === 0)
    if (gone || misnamed || after !== before) {
      entries ??= Object.entries(value).slice(0, Object.keys(value).indexOf(key))
    }
    if (!gone) entries?.push([attribute.name, after])
  }
  return entries === undefined ? value : Object.fromEntries(entries)
}

/**
 * Puts a resource right by its schemas: booleans and numbers as strings, single values for many, names in other cases,
 * nulls and empty arrays of known attributes, missing `schemas`. Whatever the schemas do not know is kept as it is.
 */
export const tolerate = (value: JsonObject, type: ResourceType): Decoded<JsonObject> => {
  const found: Findings = { quirks: undefined, fits: true }
  const resource = mend(value, type, found)
  return { resource, quirks: found.quirks ?? noQuirks }
}

const mend = (value: JsonObject, type: ResourceType, found: Findings): JsonObject => {
  const core = object(value, type.core.attributes, found)
  // Copied once something has to be put right, which is seldom.
  let mended: { [key: string]: Json } | undefined
  const copy = () => (mended ??= { ...core })
  const present: Array<string> = [type.core.id]
  for (const key in core) {
    if (!key.startsWith("urn:") && !key.startsWith("URN:")) continue
    const extension = type.extensions.get(key.toLowerCase())
    const content = core[key]
    if (extension === undefined) continue
    if (!isJsonObject(content)) {
      if (content === null) delete copy()[key]
      else found.fits = false
      continue
    }
    const after = object(content, extension.attributes, found)
    if (extension.id !== key) {
      note(found, "attributeCase")
      delete copy()[key]
    }
    if (extension.id !== key || after !== content) copy()[extension.id] = after
    present.push(extension.id)
  }
  if (core["schemas"] === undefined) {
    note(found, "schemasMissing")
    copy()["schemas"] = present
  }
  if (core["id"] === undefined || core["id"] === "") {
    note(found, "idMissing")
    delete copy()["id"]
  }
  return mended ?? core
}

/** JSON within limits: nothing in SCIM nests deeper than four, and a body that nests without end exhausts the stack. */
const isJson = (value: unknown, levels: number): value is Json => {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object" || levels === 0) return false
  if (Array.isArray(value)) return value.every((entry) => isJson(entry, levels - 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.values(value).every((entry) => isJson(entry, levels - 1))
}

const maxLevels = 64

const decoder =
  <A extends JsonObject>(decode: (input: unknown) => Result.Result<A, Schema.SchemaError>, defaultType: ResourceType) =>
  (input: unknown, type: ResourceType = defaultType): Result.Result<Decoded<A>, Schema.SchemaError> => {
    // What is no object within limits is given to the schema as what it is not, for an error in the schema's words.
    if (!isJson(input, maxLevels) || !isJsonObject(input)) {
      return Result.map(decode(null), (resource) => ({ resource, quirks: noQuirks }))
    }
    const found: Findings = { quirks: undefined, fits: true }
    const resource = mend(input, type, found)
    const quirks = found.quirks ?? noQuirks
    if (found.fits && type === defaultType) {
      // The walk has checked every attribute that A names against the type A gives it, ten times as fast as the schema
      // does; a property test holds the two together.
      return Result.succeed({ resource: resource as A, quirks })
    }
    return Result.map(decode(resource), (decoded) => ({ resource: decoded, quirks }))
  }

/** Decodes a user as {@link tolerate} describes; fails for what cannot be put right, with the place in it. */
export const decodeUser = decoder(Schema.decodeUnknownResult(User), loomUser)

/** Decodes a group as {@link tolerate} describes. */
export const decodeGroup = decoder(Schema.decodeUnknownResult(Group), groupType)
