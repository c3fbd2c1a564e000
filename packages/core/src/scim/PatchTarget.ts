/** The place a PATCH operation works on: how it is found, made, claimed by `schemas` and tidied up. */
import type { Json } from "./Json.ts"
import { locate, type Located, type ResourceType, undeclared } from "./Attribute.ts"
import { fullName } from "./AttributePath.ts"
import { type Draft, drop, type MutableObject } from "./PatchDraft.ts"
import type { Path } from "./Path.ts"
import { get, isArray, isUnassigned, keyOf } from "./ResourceValue.ts"

/** Why an operation is refused. */
export interface Refusal {
  readonly scimType: "invalidSyntax" | "invalidPath" | "invalidValue" | "noTarget" | "mutability"
  readonly detail: string
}

/** Makes a refusal. */
export const refuse = (scimType: Refusal["scimType"], detail: string): Refusal => ({ scimType, detail })

/**
 * Finds what a path means in this resource. For a URN that no schema declares, what the resource holds decides, and
 * then whether the value is a whole extension.
 */
export const resolve = (type: ResourceType, draft: Draft, { path }: Path, wholeExtension: boolean): Located => {
  const located = locate(type, path)
  const { container, name } = located
  if (container === null || name === null || path.schema !== container) return located
  if (type.extensions.has(container.toLowerCase()) || keyOf(draft.root, container) !== undefined) return located
  const isWhole = wholeExtension || keyOf(draft.root, fullName(path)) !== undefined
  return isWhole ? undeclared(path) : located
}

/** `schemas` follows the extensions that are there, where it is kept at all. */
export const claim = (draft: Draft, urn: string, present: boolean): void => {
  const schemas = get(draft.root, "schemas")
  if (!isArray(schemas)) return
  const index = schemas.findIndex((entry) => typeof entry === "string" && entry.toLowerCase() === urn.toLowerCase())
  if (present === index >= 0) return
  const owned = draft.array(draft.root, "schemas")
  if (present) owned?.push(urn)
  else owned?.splice(index, 1)
}

/** The object that holds the attribute, to be written; undefined when something else is in its place. */
export const holder = (draft: Draft, { container }: Located): MutableObject | undefined => {
  if (container === null) return draft.root
  const held = draft.object(draft.root, container)
  if (held !== undefined) claim(draft, container, true)
  return held
}

/** The path of an attribute, for people. */
export const describe = ({ name, sub }: Located): string => (sub === null ? `${name}` : `${name}.${sub}`)

/** True where no client may write. */
export const isProtected = ({ attribute, subAttribute }: Located): boolean =>
  attribute?.mutability === "readOnly" || subAttribute?.mutability === "readOnly"

/** Where in a list the values are that pass a test. */
export const indices = (array: ReadonlyArray<Json>, test: (value: Json) => boolean): ReadonlyArray<number> => {
  const found: Array<number> = []
  array.forEach((value, index) => {
    if (test(value)) found.push(index)
  })
  return found
}

/** The location of a sub-attribute that stands behind a filter. */
export const behindFilter = (located: Located, sub: string | null): Located => {
  const subAttribute = sub === null ? null : (located.attribute?.subAttributes.get(sub.toLowerCase()) ?? null)
  return { ...located, sub: subAttribute?.name ?? sub, subAttribute }
}

/** Takes an attribute away, unless it is required (RFC 7644 §3.5.2.2). */
export const removeAttribute = (parent: MutableObject, { attribute }: Located, name: string): Refusal | undefined => {
  if (attribute?.required === true) return refuse("mutability", `${name} is required`)
  drop(parent, name)
  return undefined
}

/** Takes an emptied extension away, and its URN with it. */
export const tidy = (draft: Draft, { container }: Located): void => {
  if (container === null || !isUnassigned(get(draft.root, container))) return
  drop(draft.root, container)
  claim(draft, container, false)
}
