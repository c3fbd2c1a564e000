/** Attribute definitions and how a path finds its definition (RFC 7643 §2 and §7). */
import { type AttributePath, fullName } from "./AttributePath.ts"

/** RFC 7643 §2.3. */
export type AttributeType =
  | "string"
  | "boolean"
  | "decimal"
  | "integer"
  | "dateTime"
  | "binary"
  | "reference"
  | "complex"

/** One attribute with its characteristics (RFC 7643 §2.2, §7). */
export interface Attribute {
  readonly name: string
  readonly type: AttributeType
  readonly multiValued: boolean
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: "readOnly" | "readWrite" | "immutable" | "writeOnly"
  readonly returned: "always" | "never" | "default" | "request"
  readonly uniqueness: "none" | "server" | "global"
  readonly canonicalValues: ReadonlyArray<string>
  /** By name, as it is spelled and in lower case; empty unless complex. */
  readonly subAttributes: ReadonlyMap<string, Attribute>
}

type Characteristics = Partial<Omit<Attribute, "name" | "type" | "subAttributes" | "multiValued">>

// Most names come as they are spelled, and are then found without making them small.
const index = (attributes: ReadonlyArray<Attribute>): ReadonlyMap<string, Attribute> => {
  const found = new Map<string, Attribute>()
  for (const attribute of attributes) found.set(attribute.name, attribute).set(attribute.name.toLowerCase(), attribute)
  return found
}

const noSubAttributes: ReadonlyMap<string, Attribute> = new Map()

/** A single-valued attribute; what is not said has the defaults of RFC 7643 §2.2. */
export const attribute = (name: string, type: AttributeType, characteristics: Characteristics = {}): Attribute => ({
  name,
  type,
  multiValued: false,
  required: false,
  // References and binaries are compared exactly whatever the definition says (RFC 7643 §2.3.6, §2.3.7).
  caseExact: type === "reference" || type === "binary",
  mutability: "readWrite",
  returned: "default",
  uniqueness: "none",
  canonicalValues: [],
  subAttributes: noSubAttributes,
  ...characteristics
})

/** A single-valued complex attribute. */
export const complex = (
  name: string,
  subAttributes: ReadonlyArray<Attribute>,
  characteristics: Characteristics = {}
): Attribute => ({ ...attribute(name, "complex", characteristics), subAttributes: index(subAttributes) })

/** The same attribute, with many values. */
export const many = (attribute: Attribute): Attribute => ({ ...attribute, multiValued: true })

/** A schema: its URN and attributes (RFC 7643 §7). */
export interface SchemaDefinition {
  readonly id: string
  readonly name: string
  /** By name, as it is spelled and in lower case. */
  readonly attributes: ReadonlyMap<string, Attribute>
}

/** Makes a schema definition. */
export const schema = (id: string, name: string, attributes: ReadonlyArray<Attribute>): SchemaDefinition => ({
  id,
  name,
  attributes: index(attributes)
})

/** A resource type: a core schema and its extensions (RFC 7643 §6). */
export interface ResourceType {
  readonly name: string
  readonly endpoint: string
  readonly core: SchemaDefinition
  /** By URN in lower case. */
  readonly extensions: ReadonlyMap<string, SchemaDefinition>
}

/** Makes a resource type. */
export const resourceType = (
  name: string,
  endpoint: string,
  core: SchemaDefinition,
  extensions: ReadonlyArray<SchemaDefinition> = []
): ResourceType => ({
  name,
  endpoint,
  core,
  extensions: new Map(extensions.map((extension) => [extension.id.toLowerCase(), extension]))
})

/** Where a path leads in a resource of some type. */
export interface Located {
  /** The key of the extension object that holds the attribute; null when it is a core attribute. */
  readonly container: string | null
  /** The attribute's name as the schema spells it, or as it was written when unknown; null for the whole extension. */
  readonly name: string | null
  /** Its definition; null when no schema knows it. */
  readonly attribute: Attribute | null
  readonly sub: string | null
  readonly subAttribute: Attribute | null
}

const within = (
  attributes: ReadonlyMap<string, Attribute> | undefined,
  container: string | null,
  { name, sub }: AttributePath
): Located => {
  const attribute = attributes?.get(name) ?? attributes?.get(name.toLowerCase()) ?? null
  const subAttribute = sub === null ? null : (attribute?.subAttributes.get(sub.toLowerCase()) ?? null)
  return {
    container,
    name: attribute?.name ?? name,
    attribute,
    sub: subAttribute?.name ?? sub,
    subAttribute
  }
}

/** A path whose URN and name together are an extension that no resource type declares. */
export const undeclared = (path: AttributePath): Located => ({
  container: fullName(path),
  name: path.sub,
  attribute: null,
  sub: null,
  subAttribute: null
})

/**
 * Finds the definition of a path, whatever its case (RFC 7643 §2.1).
 *
 * Total: an unknown attribute or extension is located as it is written, without a definition. A URN that is itself a
 * known extension means the whole extension.
 */
export const locate = (type: ResourceType, path: AttributePath): Located => {
  if (path.schema === null) return within(type.core.attributes, null, path)
  const schema = path.schema.toLowerCase()
  if (schema === type.core.id.toLowerCase()) return within(type.core.attributes, null, path)
  const extension = type.extensions.get(schema)
  if (extension !== undefined) return within(extension.attributes, extension.id, path)
  const whole = type.extensions.get(fullName(path).toLowerCase())
  if (whole === undefined) {
    // The URNs of schemas end in a version and a name, as all of RFC 7643 §10.3 do, so this one is an extension nobody declared.
    return /:\d+(?:\.\d+)*$/.test(path.schema) ? undeclared(path) : within(undefined, path.schema, path)
  }
  // What follows a dot after an extension's URN is an attribute of it: some clients write it so.
  return path.sub === null
    ? { container: whole.id, name: null, attribute: null, sub: null, subAttribute: null }
    : within(whole.attributes, whole.id, { schema: whole.id, name: path.sub, sub: null })
}
