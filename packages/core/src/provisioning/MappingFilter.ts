/** What a filter of a mapping looks at that no mapped user ever has, or that is never so. */
import { Result } from "effect"
import { locate, type Located } from "../scim/Attribute.ts"
import { type AttributePath, print } from "../scim/AttributePath.ts"
import type { Compare, Filter } from "../scim/Filter.ts"
import { parse } from "../scim/Path.ts"
import { loomUser, rolePath } from "../scim/Schemas.ts"

/** What every mapped user has, whatever is mapped; groups as filters see them. */
const always = [
  "schemas",
  "externalId",
  "userName",
  "active",
  "groups.display",
  ...["value", "type", "primary"].map((sub) => `emails.${sub}`)
]

/** The attributes that a filter looks at, those in brackets apart. */
export const pathsIn = (filter: Filter): ReadonlyArray<AttributePath> => {
  switch (filter._tag) {
    case "Compare":
    case "Present":
    case "ValuePath":
      return [filter.path]
    case "Not":
      return pathsIn(filter.filter)
    case "And":
    case "Or":
      return filter.filters.flatMap(pathsIn)
  }
}

/** One look at an attribute, or at what a value of it has; with what it is compared, if with anything. */
interface Look {
  readonly path: AttributePath
  readonly compare: Pick<Compare, "operator" | "value"> | null
}

const looksIn = (filter: Filter, inside: AttributePath | null = null): ReadonlyArray<Look> => {
  const whole = (path: AttributePath) => (inside === null ? path : { ...inside, sub: path.name })
  switch (filter._tag) {
    case "Compare":
      return [{ path: whole(filter.path), compare: filter }]
    case "Present":
      return [{ path: whole(filter.path), compare: null }]
    case "ValuePath":
      return [{ path: filter.path, compare: null }, ...looksIn(filter.filter, filter.path)]
    case "Not":
      return looksIn(filter.filter, inside)
    case "And":
    case "Or":
      return filter.filters.flatMap((part) => looksIn(part, inside))
  }
}

/** An attribute that users have. */
interface Known {
  readonly container: string
  /** Null for an extension as a whole. */
  readonly name: string | null
  /** What its values have; null for whatever there may be. */
  readonly subs: ReadonlyArray<string> | null
}

const named = ({ container, name }: Located): Omit<Known, "subs"> => ({
  container: container?.toLowerCase() ?? "",
  name: name?.toLowerCase() ?? null
})

const known = (text: string): ReadonlyArray<Known> => {
  const parsed = parse(text)
  if (Result.isFailure(parsed)) return []
  const target = parsed.success
  const located = locate(loomUser, target.path)
  if (target._tag === "ValueTarget") {
    const subs = [...pathsIn(target.filter).map(({ name }) => name), ...(target.sub === null ? [] : [target.sub])]
    return [{ ...named(located), subs }]
  }
  const { attribute, sub } = located
  const isSimple = attribute !== null && attribute.type !== "complex"
  return [{ ...named(located), subs: sub !== null ? [sub] : isSimple ? [] : null }]
}

const nobodyHas = (path: AttributePath): string =>
  `nothing is mapped to ${print(path)}, so nobody has it; map it, or correct its name`

const faultOf = ({ compare, path }: Look, all: ReadonlyArray<Known>): string | null => {
  const located = locate(loomUser, path)
  const { container, name } = named(located)
  const found = all.filter(
    (one) => one.container === container && (name === null || one.name === null || one.name === name)
  )
  if (found.length === 0) return nobodyHas(path)
  if (name === null || found.some(({ subs }) => subs === null)) return null
  const subs = found.flatMap((one) => one.subs ?? [])
  const has = (sub: string) => subs.some((one) => one.toLowerCase() === sub.toLowerCase())
  if (located.sub !== null) return has(located.sub) ? null : nobodyHas(path)
  // What is compared of a complex value is its `value`.
  if (compare === null || compare.value === null || subs.length === 0 || has("value")) return null
  return `${print(path)} is compared by what is in it: ${subs.map((sub) => `${print(path)}.${sub}`).join(", ")}`
}

const misjudged = ({ compare, path }: Look): string | null => {
  if (compare === null || compare.value === null) return null
  const { operator, value } = compare
  const { attribute, subAttribute } = locate(loomUser, path)
  const own = subAttribute ?? attribute
  const type = (own?.subAttributes.get("value") ?? own)?.type
  if (type === undefined || type === "complex") return null
  if (type !== "boolean") {
    return typeof value === "string" ? null : `${print(path)} is text, and ${value} is none; write it in quotes`
  }
  // Order is for `misfits` to refuse.
  const isOrder = !["eq", "ne", "co", "sw", "ew"].includes(operator)
  const isTruth = /^(?:true|false)$/i.test(String(value)) && (operator === "eq" || operator === "ne")
  return isOrder || isTruth ? null : `${print(path)} is true or false, so it is compared by eq true or eq false only`
}

/**
 * What is wrong with a filter, in words. A misspelt attribute, and a comparison that never holds, would let nobody in, or
 * leave nobody out, without a word. `mapped` are the paths of the mapping; `hasRoles`: its rules give roles, too.
 */
export const faultsIn = (filter: Filter, mapped: ReadonlyArray<string>, hasRoles: boolean): ReadonlyArray<string> => {
  // Of addresses there is always the same, wherever they come from.
  const others = mapped.filter((path) => path.toLowerCase() !== "emails")
  const all = [...always, ...others, ...(hasRoles ? [rolePath] : [])].flatMap(known)
  const faults = looksIn(filter).map((look) => faultOf(look, all) ?? misjudged(look))
  return [...new Set(faults.filter((fault) => fault !== null))]
}
