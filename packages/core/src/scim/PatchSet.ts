/** What `add` and `replace` do at one place of a resource (RFC 7644 §3.5.2.1, §3.5.2.3). */
import { isJsonObject, type Json } from "./Json.ts"
import { type Attribute, locate, type Located, type ResourceType } from "./Attribute.ts"
import { type AttributePath, parse, SyntaxFault } from "./AttributePath.ts"
import { compileValue } from "./FilterEvaluate.ts"
import { type Draft, drop, type MutableObject, put } from "./PatchDraft.ts"
import {
  behindFilter,
  describe,
  holder,
  indices,
  isProtected,
  refuse,
  type Refusal,
  removeAttribute,
  tidy
} from "./PatchTarget.ts"
import { addValues, asValues, coerce, isDefault, keepOnePrimary } from "./PatchValues.ts"
import type { Path } from "./Path.ts"
import { equal, get, isArray, isUnassigned } from "./ResourceValue.ts"

/** The operations that write. */
export type Kind = "add" | "replace"

/** An immutable attribute may be given a value once (RFC 7643 §7). */
const changesImmutable = (definition: Attribute | null, current: Json | undefined, next: Json | undefined): boolean =>
  definition?.mutability === "immutable" && !isUnassigned(current) && !equal(current, next)

const putOrDrop = (parent: MutableObject, name: string, value: Json): void => {
  if (isUnassigned(value)) drop(parent, name)
  else put(parent, name, value)
}

/** Writes an attribute as a whole. */
const setAttribute = (
  draft: Draft,
  kind: Kind,
  parent: MutableObject,
  located: Located,
  name: string,
  value: Json
): Refusal | undefined => {
  const { attribute } = located
  const current = get(parent, name)
  if (changesImmutable(attribute, current, value)) return refuse("mutability", `${name} is immutable`)
  if (isUnassigned(value) && !isJsonObject(value)) {
    if (kind === "replace") return removeAttribute(parent, located, name)
    return undefined
  }
  if (attribute?.multiValued ?? ((isArray(current) && !isUnassigned(current)) || isArray(value))) {
    const values = asValues(attribute, value)
    if (values === undefined) return refuse("invalidValue", `${name} takes complex values`)
    if (kind === "replace" || isUnassigned(current)) {
      put(parent, name, values)
      return undefined
    }
    const array = draft.array(parent, name)
    if (array === undefined) return refuse("invalidValue", `${name} does not hold a list`)
    addValues(draft, array, values, attribute)
    return undefined
  }
  if (attribute?.type === "complex" || (attribute === null && isJsonObject(value) && isJsonObject(current))) {
    const content = isJsonObject(value) ? value : isDefault(attribute) && !isArray(value) ? { value } : undefined
    const owned = content && draft.object(parent, name)
    if (content === undefined || owned === undefined) return refuse("invalidValue", `${name} takes a complex value`)
    for (const [key, entry] of Object.entries(content)) {
      const definition = attribute?.subAttributes.get(key.toLowerCase()) ?? null
      putOrDrop(owned, definition?.name ?? key, coerce(definition, entry))
    }
    if (isUnassigned(owned)) drop(parent, name)
    return undefined
  }
  if (attribute !== null && (isArray(value) || isJsonObject(value))) {
    return refuse("invalidValue", `${name} takes a single value`)
  }
  put(parent, name, coerce(attribute, value))
  return undefined
}

/** Writes a sub-attribute of one complex value. */
const setSub = (target: MutableObject, { sub, subAttribute }: Located, value: Json): Refusal | undefined => {
  if (sub === null) return undefined
  if (changesImmutable(subAttribute, get(target, sub), value)) return refuse("mutability", `${sub} is immutable`)
  if (subAttribute !== null && (isArray(value) || isJsonObject(value))) {
    return refuse("invalidValue", `${sub} takes a single value`)
  }
  putOrDrop(target, sub, coerce(subAttribute, value))
  return undefined
}

/** Writes the chosen values of a multi-valued attribute, or a sub-attribute of each of them. */
const setValues = (
  draft: Draft,
  kind: Kind,
  array: Array<Json>,
  chosen: ReadonlyArray<number>,
  located: Located,
  value: Json
): Refusal | undefined => {
  if (chosen.length === 0) return refuse("noTarget", `no value of ${located.name} matches`)
  for (const index of chosen) {
    const element = draft.element(array, index)
    if (located.sub !== null) {
      if (element === undefined) return refuse("invalidPath", `${located.name} has no sub-attributes`)
      const refused = setSub(element, located, value)
      if (refused !== undefined) return refused
    } else if (kind === "add" && element !== undefined && isJsonObject(value)) {
      for (const [key, entry] of Object.entries(value)) putOrDrop(element, key, entry)
    } else {
      const [whole] = asValues(located.attribute, value) ?? []
      if (whole === undefined) return refuse("invalidValue", `${located.name} takes complex values`)
      array[index] = whole
    }
  }
  keepOnePrimary(draft, array, chosen)
  return undefined
}

/** Writes a whole extension: its attributes one by one. */
const setExtension = (draft: Draft, kind: Kind, urn: string, value: Json, type: ResourceType): Refusal | undefined => {
  if (!isJsonObject(value)) return refuse("invalidValue", `${urn} takes an object of attributes`)
  for (const [key, content] of Object.entries(value)) {
    const parsed = parse(key)
    if (parsed instanceof SyntaxFault) return refuse("invalidPath", parsed.message)
    const path: AttributePath = { schema: urn, name: parsed.name, sub: parsed.sub }
    const declared = type.extensions.has(urn.toLowerCase())
    const located: Located = declared
      ? locate(type, path)
      : { container: urn, name: parsed.name, attribute: null, sub: parsed.sub, subAttribute: null }
    const refused = set(draft, kind, { _tag: "AttributeTarget", path }, located, content, type)
    if (refused !== undefined) return refused
  }
  return undefined
}

/** `add` or `replace` at a path. */
export const set = (
  draft: Draft,
  kind: Kind,
  path: Path,
  at: Located,
  value: Json,
  type: ResourceType
): Refusal | undefined => {
  const located = path._tag === "ValueTarget" ? behindFilter(at, path.sub) : at
  const { attribute, container, name, sub } = located
  if (name === null) return container === null ? undefined : setExtension(draft, kind, container, value, type)
  if (isProtected(located)) return refuse("mutability", `${describe(located)} is read-only`)
  const parent = holder(draft, located)
  if (parent === undefined) return refuse("invalidPath", `${container} is not an extension object`)
  if (path._tag === "AttributeTarget" && sub === null) {
    const refused = setAttribute(draft, kind, parent, located, name, value)
    tidy(draft, located)
    return refused
  }
  const current = get(parent, name)
  if (attribute?.multiValued ?? isArray(current)) {
    const array = isArray(current) ? draft.array(parent, name) : undefined
    if (array === undefined) return refuse("noTarget", `${name} has no values`)
    const test = path._tag === "ValueTarget" ? compileValue(path.filter, attribute) : () => true
    return setValues(draft, kind, array, indices(array, test), located, value)
  }
  if (path._tag === "ValueTarget") {
    return attribute === null && current === undefined
      ? refuse("noTarget", `${name} has no values`)
      : refuse("invalidPath", `${name} has a single value, which a filter cannot choose`)
  }
  if (attribute !== null && attribute.type !== "complex") return refuse("invalidPath", `${name} has no sub-attributes`)
  const owned = draft.object(parent, name)
  if (owned === undefined) return refuse("invalidPath", `${name} has no sub-attributes`)
  const refused = setSub(owned, located, value)
  if (isUnassigned(owned)) drop(parent, name)
  tidy(draft, located)
  return refused
}
