/** The difference of two lists of references, such as a group's members, by `value`. */
import { isJsonObject, type Json } from "./Json.ts"
import * as Filter from "./Filter.ts"
import type { PatchOperation } from "./Patch.ts"
import * as Path from "./Path.ts"
import { get } from "./ResourceValue.ts"

/** How members are taken away. */
export interface MembersOptions {
  /**
   * - `oneFilter`: `members[value eq "a" or value eq "b"]`, one operation, the default.
   * - `eachFilter`: `members[value eq "a"]`, one operation each, which every server that follows the RFC understands.
   * - `valueList`: path `members` with the members as value, which Entra sends and some servers want.
   */
  readonly memberRemoval?: "oneFilter" | "eachFilter" | "valueList"
  /** Whether the last members may go by removing the attribute as a whole, which some servers refuse. Default true. */
  readonly clearAll?: boolean
}

const byValue = (members: ReadonlyArray<Json>): ReadonlyMap<string, Json> | undefined => {
  const found = new Map<string, Json>()
  for (const member of members) {
    const value = isJsonObject(member) ? get(member, "value") : undefined
    if (typeof value !== "string" || found.has(value)) return undefined
    found.set(value, member)
  }
  return found
}

const filterPath = (attribute: string, values: ReadonlyArray<string>): string => {
  const [first = "", ...rest] = values
  const filter = Filter.or(Filter.eq("value", first), ...rest.map((value) => Filter.eq("value", value)))
  return `${attribute}[${Filter.print(filter)}]`
}

/** The removal of some members in the way the server wants it. */
export const removalsOf = (
  path: string,
  values: ReadonlyArray<string>,
  how: NonNullable<MembersOptions["memberRemoval"]>
): ReadonlyArray<PatchOperation> => {
  switch (how) {
    case "oneFilter":
      return [{ op: "remove", path: filterPath(path, values) }]
    case "eachFilter":
      return values.map((value): PatchOperation => ({ op: "remove", path: filterPath(path, [value]) }))
    case "valueList":
      return [{ op: "remove", path, value: values.map((value) => ({ value })) }]
  }
}

/** What to take away and what to add; undefined when members without or with the same `value` make it undecidable. */
export const membersDiff = (
  path: string,
  before: ReadonlyArray<Json>,
  after: ReadonlyArray<Json>,
  { clearAll = true, memberRemoval = "oneFilter" }: MembersOptions
):
  | { readonly removals: ReadonlyArray<PatchOperation>; readonly additions: ReadonlyArray<PatchOperation> }
  | undefined => {
  const had = byValue(before)
  const wanted = byValue(after)
  if (had === undefined || wanted === undefined) return undefined
  const gone = [...had.keys()].filter((value) => !wanted.has(value))
  const added = [...wanted].flatMap(([value, member]) => (had.has(value) ? [] : [member]))
  const all = clearAll && gone.length > 0 && gone.length === had.size
  return {
    removals: all ? [{ op: "remove", path }] : gone.length === 0 ? [] : removalsOf(path, gone, memberRemoval),
    additions: added.length === 0 ? [] : [{ op: "add", path, value: added }]
  }
}

/** Cuts a removal by a filter of many `value eq` into several of at most `max` each; undefined when it is none. */
export const splitRemoval = (operation: PatchOperation, max: number): ReadonlyArray<PatchOperation> | undefined => {
  const { path: text } = operation
  if (text === undefined) return undefined
  const parsed = Path.parse(text)
  if (parsed._tag === "Failure" || parsed.success._tag === "AttributeTarget") return undefined
  const path = parsed.success
  if (path.filter._tag !== "Or" || path.filter.filters.length <= max) return undefined
  const parts: Array<PatchOperation> = []
  for (let from = 0; from < path.filter.filters.length; from += max) {
    const [first, ...rest] = path.filter.filters.slice(from, from + max)
    if (first === undefined) break
    parts.push({ ...operation, path: Path.print({ ...path, filter: Filter.or(first, ...rest) }) })
  }
  return parts
}
