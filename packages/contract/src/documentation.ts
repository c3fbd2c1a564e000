/** Finishes the OpenAPI document with what the schemas cannot say: an example of every problem, and how pages are asked for. */
import { Predicate } from "effect"
import * as Page from "./Page.ts"

const words = {
  detail: "What happened, in one or two sentences.",
  next: "What to do about it.",
  instance: "urn:loom-scim:request:1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
}

const samples: Readonly<Record<string, unknown>> = {
  ...words,
  errors: [{ path: ["payload", "name"], message: "Missing key" }],
  reason: "stepBlocked",
  missing: "domains",
  retryAfter: 2,
  scim: { status: 409, scimType: "uniqueness", detail: null }
}

const constant = (property: unknown): unknown =>
  Predicate.hasProperty(property, "enum") && Array.isArray(property.enum) ? property.enum[0] : undefined

const withExample = (schema: unknown): unknown => {
  if (!Predicate.hasProperty(schema, "properties") || !Predicate.isObject(schema.properties)) return schema
  const properties: Readonly<Record<PropertyKey, unknown>> = schema.properties
  const type = constant(properties["type"])
  if (!Predicate.isString(type) || !type.startsWith("urn:loom-scim:problem:")) return schema
  const names = Object.keys(properties)
  const example = Object.fromEntries(names.map((name) => [name, constant(properties[name]) ?? samples[name] ?? null]))
  return { ...schema, examples: [example] }
}

const plain = (name: string): string => name.replace(/_\d+$/, "")

const schemasOf = (document: unknown): Readonly<Record<PropertyKey, unknown>> => {
  const components = Predicate.hasProperty(document, "components") ? document.components : undefined
  return Predicate.hasProperty(components, "schemas") && Predicate.isObject(components.schemas)
    ? { ...components.schemas }
    : {}
}

/** As text, with whatever it refers to under the first name of that. */
const wordsOf = (schema: unknown): string =>
  JSON.stringify(schema).replaceAll(/"#\/components\/schemas\/(\w+?)_\d+"/g, '"#/components/schemas/$1"')

/** The generator numbers a schema that it meets twice (`Connection_1`); the same words under two names are one. */
const twinsOf = (schemas: Readonly<Record<PropertyKey, unknown>>): ReadonlyArray<string> =>
  Object.entries(schemas).flatMap(([name, schema]) =>
    plain(name) !== name && wordsOf(schema) === wordsOf(schemas[plain(name)] ?? null) ? [name] : []
  )

/** A parameter of a query that asks for a page, with its words. */
const withPage = (_: string, value: unknown): unknown =>
  Predicate.hasProperty(value, "in") && value.in === "query" && Predicate.hasProperty(value, "name")
    ? { ...value, ...Page.described[String(value.name)] }
    : value

/** Adds them, under the names of the problems, and leaves every schema under one name. */
export const finished = (document: Record<string, unknown>): Record<string, unknown> => {
  const named = JSON.stringify(document, withPage).replaceAll(/\b(\w+Problem)Encoded\b/g, "$1")
  const twins = twinsOf(schemasOf(JSON.parse(named)))
  const text = twins.reduce((rest, name) => rest.replaceAll(`/schemas/${name}"`, `/schemas/${plain(name)}"`), named)
  const single: unknown = JSON.parse(text)
  if (!Predicate.hasProperty(single, "components") || !Predicate.isObject(single.components)) return document
  const schemas = Object.entries(schemasOf(single))
    .filter(([name]) => !twins.includes(name))
    .map(([name, schema]) => [name, withExample(schema)])
  return { ...single, components: { ...single.components, schemas: Object.fromEntries(schemas) } }
}
