/** From two states of a resource to the operations that lead from one to the other (RFC 7644 §3.5.2). */
import { isJsonObject, type Json, type JsonObject } from "./Json.ts"
import { type Attribute, locate, type ResourceType } from "./Attribute.ts"
import { type AttributePath, parse, scanName, SyntaxFault } from "./AttributePath.ts"
import type { PatchOperation } from "./Patch.ts"
import { type MembersOptions, membersDiff } from "./PatchDiffMembers.ts"
import { compact, get, isArray, keyOf, sameValues } from "./ResourceValue.ts"

/** How to say the difference; servers differ in what they understand. */
export interface DiffOptions extends MembersOptions {
  /**
   * `merged`: one replace without a path for all that is set, the default and the fewest; `perAttribute`: one each;
   * `listsApart`: merged, but for lists, which have one each. A list in a replace without a path takes the place of the
   * old one by RFC 7644 §3.5.2.3, and SCIMMY adds its values to it; with a path, all do as asked.
   */
  readonly sets?: "merged" | "perAttribute" | "listsApart"
}

/** What the walk over two states has found so far. */
interface Found {
  readonly removals: Array<PatchOperation>
  /** Values to set, by the URN of their extension or "" for core attributes. */
  readonly sets: Map<string, { [name: string]: Json }>
  readonly additions: Array<PatchOperation>
}

const removal = (path: string): PatchOperation => ({ op: "remove", path })

const setIn = (found: Found, container: string, name: string, value: Json): void => {
  const sets = found.sets.get(container) ?? {}
  sets[name] = value
  found.sets.set(container, sets)
}

const keysOf = (a: JsonObject, b: JsonObject): ReadonlyArray<string> => {
  const keys = Object.keys(b)
  for (const key of Object.keys(a)) if (keyOf(b, key) === undefined) keys.push(key)
  return keys
}

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {})

interface Place {
  /** The URN of the extension, or "". */
  readonly container: string
  readonly name: string
  /** The path of the attribute in an operation. */
  readonly path: string
  readonly attribute: Attribute | null
}

const diffComplex = (place: Place, before: JsonObject, after: JsonObject, found: Found): void => {
  const vanished: Array<string> = []
  const changed: Array<[string, Json]> = []
  for (const key of keysOf(before, after)) {
    const next = get(after, key)
    if (sameValues(get(before, key), next)) continue
    if (next === undefined) vanished.push(key)
    else changed.push([key, next])
  }
  // Two or more gone: taking the whole away and setting what is left is one operation less for each. The only way,
  // too, where a name is none that a path can hold.
  const unnamed = vanished.some((key) => scanName(key, 0) !== key)
  if (unnamed || (vanished.length > 1 && place.attribute?.required !== true)) {
    found.removals.push(removal(place.path))
    setIn(found, place.container, place.name, after)
    return
  }
  for (const key of vanished) found.removals.push(removal(`${place.path}.${key}`))
  if (changed.length > 0) setIn(found, place.container, place.name, Object.fromEntries(changed))
}

const shape = (value: Json): "array" | "object" | "simple" =>
  isArray(value) ? "array" : isJsonObject(value) ? "object" : "simple"

/** What a client may say of a value: without read-only sub-attributes; undefined when nothing is left. */
const writable = (attribute: Attribute | null, value: Json | undefined): Json | undefined => {
  if (attribute === null || value === undefined) return value
  if (attribute.mutability === "readOnly") return undefined
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).filter(
    ([key]) => attribute.subAttributes.get(key.toLowerCase())?.mutability !== "readOnly"
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

const diffAttribute = (
  place: Place,
  a: Json | undefined,
  b: Json | undefined,
  found: Found,
  options: DiffOptions
): void => {
  const { attribute, container, name, path } = place
  const before = writable(attribute, a)
  const after = writable(attribute, b)
  if (sameValues(before, after)) return
  const members =
    attribute?.name === "members" && isArray(before ?? []) && isArray(after ?? [])
      ? membersDiff(path, isArray(before) ? before : [], isArray(after) ? after : [], options)
      : undefined
  if (members !== undefined) {
    found.removals.push(...members.removals)
    found.additions.push(...members.additions)
  } else if (after === undefined) {
    found.removals.push(removal(path))
  } else if (isJsonObject(before) && isJsonObject(after)) {
    diffComplex(place, before, after, found)
  } else {
    // Where no schema tells, what is there decides how a value is taken; a change of shape starts from nothing.
    if (attribute === null && before !== undefined && shape(before) !== shape(after)) found.removals.push(removal(path))
    setIn(found, container, name, after)
  }
}

const diffObject = (
  container: string,
  before: JsonObject,
  after: JsonObject,
  type: ResourceType,
  found: Found,
  options: DiffOptions
): void => {
  for (const key of keysOf(before, after)) {
    if (container === "" && key.toLowerCase() === "schemas") continue
    const extension = container === "" && key.includes(":")
    if (extension) {
      const [left, right] = [get(before, key), get(after, key)]
      if (right === undefined && left !== undefined) found.removals.push(removal(key))
      else diffObject(key, objectOf(left), objectOf(right), type, found, options)
      continue
    }
    const written: AttributePath = { schema: container === "" ? null : container, name: key, sub: null }
    const declared = container === "" || type.extensions.has(container.toLowerCase())
    const attribute = declared ? locate(type, written).attribute : null
    const name = attribute?.name ?? key
    const path = container === "" ? name : `${container}:${name}`
    diffAttribute({ container, name, path, attribute }, get(before, key), get(after, key), found, options)
  }
}

const setOperations = (sets: Found["sets"], how: DiffOptions["sets"]): ReadonlyArray<PatchOperation> => {
  const isApart = (value: Json) => how === "perAttribute" || (how === "listsApart" && isArray(value))
  const apart: Array<PatchOperation> = []
  const extensions: { [urn: string]: Json } = {}
  let core: JsonObject = {}
  for (const [container, values] of sets) {
    const together: { [name: string]: Json } = {}
    for (const [name, value] of Object.entries(values)) {
      if (!isApart(value)) together[name] = value
      else apart.push({ op: "replace", path: container === "" ? name : `${container}:${name}`, value })
    }
    if (container === "") core = together
    else if (Object.keys(together).length > 0) extensions[container] = together
  }
  const value = { ...core, ...extensions }
  return Object.keys(value).length === 0 ? apart : [{ op: "replace", value }, ...apart]
}

/**
 * The fewest operations from one state to another: a `remove` for each attribute that is gone, one `replace` for all
 * that is set, and for a group's members one `remove` and one `add`, told apart by `value`. Empty when nothing differs.
 *
 * `apply(a, diff(a, b))` is `b`, but for what a client cannot say or SCIM does not distinguish: read-only attributes,
 * `schemas` (which follows the extensions), absent against null or empty, the order of values, and what a member holds
 * beside its `value`. Names that the path grammar of RFC 7644 cannot express are left alone; {@link inexpressible}
 * lists them.
 */
export const diff = (
  a: JsonObject,
  b: JsonObject,
  type: ResourceType,
  options: DiffOptions = {}
): ReadonlyArray<PatchOperation> => {
  const found: Found = { removals: [], sets: new Map(), additions: [] }
  diffObject("", expressible(a), expressible(b), type, found, options)
  return [...found.removals, ...setOperations(found.sets, options.sets), ...found.additions]
}

const isExpressible = (key: string, value: Json | undefined): boolean => {
  const path = parse(key)
  // A URN that holds no object is neither an attribute nor an extension.
  return !(path instanceof SyntaxFault) && path.sub === null && (path.schema === null || isJsonObject(value))
}

const filterKeys = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key, value]) => isExpressible(key, value)))

/** Without what is unassigned, and without what no path can name, down to the level that paths reach. */
const expressible = (resource: JsonObject): JsonObject => {
  const compacted = filterKeys(objectOf(compact(resource)))
  return Object.fromEntries(
    Object.entries(compacted).map(([key, value]) => [
      key,
      key.includes(":") && isJsonObject(value) ? filterKeys(value) : value
    ])
  )
}

/** The keys of a resource that no PATCH path can name, so that only a PUT changes them. */
export const inexpressible = (resource: JsonObject): ReadonlyArray<string> =>
  Object.keys(resource).filter((key) => !isExpressible(key, resource[key]))
