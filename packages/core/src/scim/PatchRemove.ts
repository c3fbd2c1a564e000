/** What `remove` does at one place of a resource (RFC 7644 §3.5.2.2). */
import { isJsonObject, type Json } from "./Json.ts"
import type { Located } from "./Attribute.ts"
import { compileValue } from "./FilterEvaluate.ts"
import { type Draft, drop, type MutableObject, put } from "./PatchDraft.ts"
import {
  behindFilter,
  claim,
  describe,
  holder,
  indices,
  isProtected,
  refuse,
  type Refusal,
  removeAttribute,
  tidy
} from "./PatchTarget.ts"
import { matchesValue } from "./PatchValues.ts"
import type { Path } from "./Path.ts"
import { get, isArray, isUnassigned } from "./ResourceValue.ts"

const removeSub = (
  draft: Draft,
  parent: MutableObject,
  name: string,
  located: Located,
  test: (value: Json) => boolean
) => {
  const { sub } = located
  if (sub === null) return
  const current = get(parent, name)
  if (!isArray(current)) {
    const owned = isJsonObject(current) ? draft.object(parent, name) : undefined
    if (owned === undefined) return
    drop(owned, sub)
    if (isUnassigned(owned)) drop(parent, name)
    return
  }
  const array = draft.array(parent, name) ?? []
  for (const index of indices(array, test)) {
    const element = draft.element(array, index)
    if (element !== undefined) drop(element, sub)
  }
  keepValues(parent, name, array, (value) => !isUnassigned(value))
}

const keepValues = (
  parent: MutableObject,
  name: string,
  array: ReadonlyArray<Json>,
  keep: (value: Json) => boolean
) => {
  const kept = array.filter(keep)
  if (kept.length === 0) drop(parent, name)
  else if (kept.length < array.length) put(parent, name, kept)
}

/** `remove` at a path, perhaps only the values that have what `value` names. */
export const remove = (draft: Draft, path: Path, at: Located, value: Json | undefined): Refusal | undefined => {
  const located = path._tag === "ValueTarget" ? behindFilter(at, path.sub) : at
  const { attribute, container, name, sub } = located
  if (isProtected(located)) return refuse("mutability", `${describe(located)} is read-only`)
  // Looked at before anything is copied, so that removing what is not there leaves no trace.
  const held = container === null ? draft.root : get(draft.root, container)
  if (!isJsonObject(held)) return undefined
  if (name === null) {
    if (container !== null) {
      drop(draft.root, container)
      claim(draft, container, false)
    }
    return undefined
  }
  const current = get(held, name)
  if (path._tag === "ValueTarget" && attribute?.multiValued === false) {
    return refuse("invalidPath", `${name} has a single value, which a filter cannot choose`)
  }
  const parent = holder(draft, located)
  if (isUnassigned(current) || parent === undefined) return undefined
  const test = path._tag === "ValueTarget" ? compileValue(path.filter, attribute) : () => true
  let refused: Refusal | undefined
  if (sub !== null) removeSub(draft, parent, name, located, test)
  else if (isArray(current) && (path._tag === "ValueTarget" || (value !== undefined && value !== null))) {
    const named = matchesValue(value, attribute)
    keepValues(parent, name, current, (entry) => !(test(entry) && named(entry)))
  } else if (path._tag === "AttributeTarget") refused = removeAttribute(parent, located, name)
  tidy(draft, located)
  return refused
}
