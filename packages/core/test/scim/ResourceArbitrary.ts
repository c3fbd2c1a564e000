/** Random resources made from the attribute definitions, with unknown attributes and extensions among them. */
import type { Json, JsonObject } from "../../src/scim/Json.ts"
import * as FastCheck from "fast-check"
import type { Attribute, ResourceType } from "../../src/scim/Attribute.ts"
import { isUnassigned } from "../../src/scim/ResourceValue.ts"

type Arbitrary<A> = FastCheck.Arbitrary<A>

// Few different values, so that two resources often agree in some of them.
const text = FastCheck.oneof(
  FastCheck.constantFrom("a", "b", "A", 'q"\\', "", "x.y]"),
  FastCheck.string({ maxLength: 4 })
)

const simple = ({ type }: Attribute): Arbitrary<Json> => {
  switch (type) {
    case "boolean":
      return FastCheck.boolean()
    case "integer":
      return FastCheck.integer({ min: 0, max: 3 })
    case "dateTime":
      return FastCheck.constantFrom("2026-01-01T00:00:00Z", "2026-06-01T00:00:00+02:00")
    default:
      return text
  }
}

/** One of several values may be primary, as RFC 7643 §2.4 demands. */
const onePrimary = (values: ReadonlyArray<Json>): ReadonlyArray<Json> => {
  let seen = false
  return values.map((value) => {
    if (typeof value !== "object" || value === null || !("primary" in value) || value["primary"] !== true) return value
    const kept = seen ? { ...value, primary: false } : value
    seen = true
    return kept
  })
}

const one = (attribute: Attribute): Arbitrary<Json> =>
  attribute.type === "complex" ? objectOf([...new Set(attribute.subAttributes.values())]) : simple(attribute)

const valueOf = (attribute: Attribute): Arbitrary<Json> => {
  if (!attribute.multiValued) return one(attribute)
  if (attribute.name !== "members") return FastCheck.array(one(attribute), { maxLength: 4 }).map(onePrimary)
  const ids = FastCheck.oneof(FastCheck.integer({ min: 0, max: 30 }).map(String), FastCheck.string({ maxLength: 3 }))
  return FastCheck.uniqueArray(ids, { maxLength: 12 }).map((values) => values.map((value) => ({ value })))
}

const objectOf = (attributes: ReadonlyArray<Attribute>): Arbitrary<JsonObject> => {
  const fields: { [name: string]: Arbitrary<Json | undefined> } = {}
  const requiredKeys: Array<string> = []
  for (const attribute of attributes) {
    fields[attribute.name] = attribute.required
      ? FastCheck.string({ minLength: 1, maxLength: 3 })
      : FastCheck.oneof(
          { weight: 5, arbitrary: valueOf(attribute) },
          { weight: 1, arbitrary: FastCheck.constant(null) }
        )
    if (attribute.required) requiredKeys.push(attribute.name)
  }
  // Built anew, since what fast-check makes has no prototype and JSON has.
  return FastCheck.record(fields, { requiredKeys }).map((record) => {
    const made: { [key: string]: Json } = {}
    for (const [key, value] of Object.entries(record)) if (value !== undefined) made[key] = value
    return made
  })
}

const unknown: Arbitrary<JsonObject> = FastCheck.dictionary(
  FastCheck.constantFrom("colour", "x-extra", "$odd", "constructor"),
  FastCheck.oneof(
    text,
    FastCheck.array(text, { maxLength: 3 }),
    FastCheck.dictionary(
      FastCheck.constantFrom("hue", "a b", "deep"),
      FastCheck.oneof(text, FastCheck.array(text))
    ).map((record): JsonObject => ({ ...record }))
  ),
  { maxKeys: 3 }
).map((record) => ({ ...record }))

const extension = (content: Arbitrary<JsonObject>, urn: string): Arbitrary<JsonObject> =>
  FastCheck.option(content).map((content) => (content === null ? {} : { [urn]: content }))

/** Any resource of a type: known attributes, unknown ones, known and unknown extensions. `schemas` names what is there. */
export const resource = (type: ResourceType): Arbitrary<JsonObject> => {
  const attributes = [...new Set(type.core.attributes.values())].filter(({ name }) => name !== "schemas")
  const extensions = [...type.extensions.values()].map(({ attributes, id }) =>
    extension(objectOf([...new Set(attributes.values())]), id)
  )
  const undeclared = [extension(unknown, "urn:acme:scim:1.0:Thing"), extension(unknown, "urn:acme:Thing")]
  return FastCheck.tuple(objectOf(attributes), unknown, ...extensions, ...undeclared).map((parts) => {
    const merged: JsonObject = Object.assign({}, ...parts)
    return {
      ...merged,
      schemas: [
        type.core.id,
        ...Object.keys(merged).filter((key) => key.startsWith("urn:") && !isUnassigned(merged[key]))
      ]
    }
  })
}
