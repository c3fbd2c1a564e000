/** Canonical texts of SCIM values and short fingerprints of them, to tell what changed without keeping what was. */
import { isJsonObject, type Json, type JsonObject } from "../scim/Json.ts"
import type { Attribute, ResourceType } from "../scim/Attribute.ts"
import { isArray } from "../scim/ResourceValue.ts"

/**
 * A text that is the same for values that mean the same: keys in any order, the values of a list in any order and more
 * than once, and unassigned values, the empty text among them, as if they were not there (RFC 7643 §2.5).
 */
export const canonical = (value: Json | undefined): string => {
  if (value === undefined || value === null || value === "") return "null"
  if (typeof value === "string") return JSON.stringify(value)
  if (isArray(value)) {
    const texts = new Set(value.map(canonical))
    texts.delete("null")
    return texts.size === 0 ? "null" : `[${[...texts].toSorted().join()}]`
  }
  if (!isJsonObject(value)) return JSON.stringify(value)
  const entries: Array<string> = []
  for (const key of Object.keys(value).toSorted()) {
    const text = canonical(value[key])
    if (text !== "null") entries.push(`${JSON.stringify(key)}:${text}`)
  }
  return entries.length === 0 ? "null" : `{${entries.join()}}`
}

// Where code runs in a context of its own, as in Nango, each look at a global takes longer than all the rest here.
const { imul } = Math

/**
 * A number of 53 bits for some texts, one per line. Two different lists share one about once in 2^53: enough to notice a
 * change, and no protection against somebody who wants two of them to share one.
 */
export const digest = (...lines: ReadonlyArray<string>): number => {
  // Two lanes of 32 bits that differ in constants and in rotation, so that they do not collide together.
  let low = 0x811c9dc5
  let high = 0x2f0b4c47
  for (const line of lines) {
    for (let index = 0; index <= line.length; index++) {
      const code = index === line.length ? 10 : line.charCodeAt(index)
      low = imul(low ^ code, 0x01000193)
      high = imul(((high << 13) | (high >>> 19)) ^ code, 0x5bd1e995)
    }
  }
  low = imul(low ^ (low >>> 15) ^ high, 0x2c1b3c6d)
  high = imul(high ^ (high >>> 13) ^ low, 0x297a2d39)
  return ((high ^ (high >>> 16)) & 0x1fffff) * 0x1_0000_0000 + ((low ^ (low >>> 14)) >>> 0)
}

/** A digest as text: 14 hexadecimal digits. */
export const fingerprintOf = (text: string): string => digest(text).toString(16).padStart(14, "0")

const writable = (object: JsonObject, attributes: ReadonlyMap<string, Attribute>): JsonObject =>
  Object.fromEntries(
    Object.entries(object)
      .map(([key, value]) => [attributes.get(key.toLowerCase())?.name ?? key, value] as const)
      .filter(([key]) => {
        const attribute = attributes.get(key.toLowerCase())
        return key !== "schemas" && attribute?.mutability !== "readOnly"
      })
  )

/**
 * The fingerprint of a resource: of all that a client may write and of its id, so that neither a new `meta.version` nor
 * the server's own list of a user's groups counts as a change.
 */
export const fingerprintOfResource = (resource: JsonObject, type: ResourceType): string =>
  fingerprintOf(canonical({ ...writable(resource, type.core.attributes), id: resource["id"] ?? null }))
