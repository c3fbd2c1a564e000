/** TypeScript types from the JSON schemas of the OpenAPI document. */
import { entries, field, items, text } from "./json.ts"

const reference = /^#\/components\/schemas\/(\w+)$/

const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name))

const union = (types: ReadonlyArray<string>): string => [...new Set(types)].join(" | ") || "never"

const objectOf = (schema: unknown): string => {
  const required = new Set(items(field(schema, "required")))
  const fields = entries(field(schema, "properties")).map(
    ([name, value]) => `readonly ${key(name)}${required.has(name) ? "" : "?"}: ${typeOf(value)}`
  )
  const rest = field(schema, "additionalProperties")
  const others = typeof rest === "object" && rest !== null ? [`readonly [name: string]: ${typeOf(rest)}`] : []
  const all = [...fields, ...others]
  return all.length === 0 ? "Readonly<Record<string, unknown>>" : `{ ${all.join("; ")} }`
}

const ofKind = (kind: unknown, schema: unknown): string => {
  switch (kind) {
    case "string":
      return "string"
    case "integer":
    case "number":
      return "number"
    case "boolean":
      return "boolean"
    case "null":
      return "null"
    case "array": {
      const prefix = items(field(schema, "prefixItems")).map(typeOf)
      const rest = field(schema, "items") ?? (prefix.length > 0 ? undefined : {})
      const tail = rest === undefined || rest === false ? [] : [`...ReadonlyArray<${typeOf(rest)}>`]
      return prefix.length > 0 ? `readonly [${[...prefix, ...tail].join(", ")}]` : `ReadonlyArray<${typeOf(rest)}>`
    }
    case "object":
      return objectOf(schema)
    default:
      return "unknown"
  }
}

/** The type of a schema; what a schema does not say is unknown. */
export const typeOf = (schema: unknown): string => {
  const [, name] = reference.exec(text(field(schema, "$ref"))) ?? []
  if (name !== undefined) return name
  const literals = items(field(schema, "enum"))
  if (literals.length > 0) return union(literals.map((literal) => JSON.stringify(literal)))
  if (field(schema, "const") !== undefined) return JSON.stringify(field(schema, "const"))
  const either = [...items(field(schema, "anyOf")), ...items(field(schema, "oneOf"))]
  if (either.length > 0) return union(either.map(typeOf))
  const kind = field(schema, "type")
  return Array.isArray(kind) ? union(kind.map((one) => ofKind(one, schema))) : ofKind(kind, schema)
}
