/** Does a resource satisfy a filter (RFC 7644 §3.4.2.2), by the rules of its schema. */
import { isJsonObject, type Json, type JsonObject } from "./Json.ts"
import { type Attribute, locate, type Located, type ResourceType } from "./Attribute.ts"
import { type AttributePath, print as printPath } from "./AttributePath.ts"
import type { Compare, CompareOperator, CompareValue, Filter } from "./Filter.ts"
import { get, isArray, isUnassigned } from "./ResourceValue.ts"

/** A filter made ready: paths are resolved, and what it compares with is converted once. */
export type Predicate = (resource: JsonObject) => boolean

type ValueTest = (value: Json | undefined) => boolean

const none: ReadonlyArray<Json> = []

const asList = (value: Json | undefined): ReadonlyArray<Json> =>
  value === undefined || value === null ? none : isArray(value) ? value : [value]

const absent: ReadonlyArray<Json> = [null]

/** The values at a path: each value counts, and null for one that lacks the sub-attribute. */
const valuesAt = (located: Located, object: JsonObject): ReadonlyArray<Json> => {
  const container = located.container === null ? object : get(object, located.container)
  if (located.name === null) return asList(container)
  if (!isJsonObject(container)) return none
  const values = asList(get(container, located.name))
  const { sub } = located
  if (sub === null) return values
  return values.flatMap((value) => {
    if (!isJsonObject(value)) return none
    const held = asList(get(value, sub))
    return held.length === 0 ? absent : held
  })
}

/** RFC 7643 §2.3.5: xsd:dateTime, with a zone. */
const dateForm = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?$/

const instant = (value: Json | undefined): number =>
  typeof value === "string" && dateForm.test(value) ? Date.parse(value) : Number.NaN

const ordered = <A extends string | number>(operator: CompareOperator, a: A, b: A): boolean => {
  switch (operator) {
    case "eq":
      return a === b
    case "ne":
      return a !== b
    case "gt":
      return a > b
    case "ge":
      return a >= b
    case "lt":
      return a < b
    case "le":
      return a <= b
    case "co":
    case "sw":
    case "ew":
      return false
  }
}

const textual = (operator: CompareOperator, a: string, b: string): boolean => {
  switch (operator) {
    case "co":
      return a.includes(b)
    case "sw":
      return a.startsWith(b)
    case "ew":
      return a.endsWith(b)
    default:
      return ordered(operator, a, b)
  }
}

/** Booleans as servers and clients write them, `"False"` among them. */
const truth = (value: Json | undefined): boolean | undefined => {
  if (typeof value === "boolean") return value
  if (typeof value !== "string") return undefined
  const lower = value.toLowerCase()
  return lower === "true" ? true : lower === "false" ? false : undefined
}

const testString = (operator: CompareOperator, expected: string, attribute: Attribute | null): ValueTest => {
  if (attribute?.type === "boolean") {
    const wanted = truth(expected)
    if (wanted !== undefined) return testBoolean(operator, wanted)
  }
  const isDate = attribute === null || attribute.type === "dateTime"
  const wantedInstant = isDate && operator !== "co" && operator !== "sw" && operator !== "ew" ? instant(expected) : NaN
  const exact = attribute?.caseExact ?? false
  const wanted = exact ? expected : expected.toLowerCase()
  const negative = operator === "ne"
  return (value) => {
    if (typeof value !== "string") return negative
    const actualInstant = Number.isNaN(wantedInstant) ? NaN : instant(value)
    return Number.isNaN(actualInstant)
      ? textual(operator, exact ? value : value.toLowerCase(), wanted)
      : ordered(operator, actualInstant, wantedInstant)
  }
}

const testBoolean =
  (operator: CompareOperator, expected: boolean): ValueTest =>
  (value) => {
    const actual = truth(value)
    return operator === "eq" ? actual === expected : operator === "ne" && actual !== expected
  }

const testNumber =
  (operator: CompareOperator, expected: number): ValueTest =>
  (value) =>
    typeof value === "number" ? ordered(operator, value, expected) : operator === "ne"

const test = (operator: CompareOperator, expected: CompareValue, attribute: Attribute | null): ValueTest => {
  if (typeof expected === "string") return testString(operator, expected, attribute)
  if (typeof expected === "boolean") return testBoolean(operator, expected)
  if (typeof expected === "number") return testNumber(operator, expected)
  return (value) => (operator === "eq" ? isUnassigned(value) : operator === "ne" && !isUnassigned(value))
}

/** Finds what a path means where the filter stands: in a resource, or in one value of an attribute. */
type Locator = (path: AttributePath) => Located

const compileCompare = ({ operator, path, value }: Compare, locator: Locator): Predicate => {
  const located = locator(path)
  const valueAttribute = located.subAttribute ?? located.attribute
  // `emails co "@x"` means the default sub-attribute, as the RFC's own examples have it.
  const defaultSub = valueAttribute?.subAttributes.get("value")
  const check = test(operator, value, defaultSub ?? valueAttribute)
  // The absence of a value is one case of its own: unequal to everything but null.
  const whenAbsent = check(undefined)
  const one = (entry: Json): boolean => check(isJsonObject(entry) && value !== null ? get(entry, "value") : entry)
  const all = (object: JsonObject): boolean => {
    const values = valuesAt(located, object)
    return values.length === 0 ? whenAbsent : values.some(one)
  }
  const { container, name, sub } = located
  if (container !== null || name === null || sub !== null) return all
  // One attribute of the object at hand, as nearly all filters in brackets are: without a list made for it.
  return (object) => {
    const held = get(object, name)
    if (isArray(held)) return all(object)
    return held === undefined || held === null ? whenAbsent : one(held)
  }
}

/** RFC 7644 table 3: not empty, and for complex attributes a node that is not empty. */
const isPresent = (value: Json): boolean => value !== "" && !isUnassigned(value)

/** In brackets, paths are the sub-attributes; a simple value is its own `value`. */
const inValue = (attribute: Attribute | null): Locator => {
  const attributes = attribute?.subAttributes
  return ({ name, sub }) => {
    const found = attributes?.get(name.toLowerCase()) ?? null
    return {
      container: null,
      name: found?.name ?? name,
      attribute: found ?? (name.toLowerCase() === "value" && attribute?.type !== "complex" ? attribute : null),
      sub,
      subAttribute: null
    }
  }
}

/**
 * Many alternatives for one string attribute are looked up in a set: removals of a thousand members from a group of
 * many thousands come in this form.
 */
const compileAlternatives = (filters: ReadonlyArray<Filter>, locator: Locator): Predicate | undefined => {
  const [first] = filters
  if (filters.length < 8 || first?._tag !== "Compare") return undefined
  const located = locator(first.path)
  const attribute = located.subAttribute ?? located.attribute
  if (attribute?.type !== "string" && attribute?.type !== "reference") return undefined
  const fold = (text: string): string => (attribute.caseExact ? text : text.toLowerCase())
  const path = printPath(first.path)
  const wanted = new Set<string>()
  for (const part of filters) {
    const fits = part._tag === "Compare" && part.operator === "eq" && printPath(part.path) === path
    if (!fits || typeof part.value !== "string") return undefined
    wanted.add(fold(part.value))
  }
  return (object) => valuesAt(located, object).some((value) => typeof value === "string" && wanted.has(fold(value)))
}

const compileWith = (filter: Filter, locator: Locator): Predicate => {
  switch (filter._tag) {
    case "Compare":
      return compileCompare(filter, locator)
    case "Present": {
      const located = locator(filter.path)
      return (object) => valuesAt(located, object).some(isPresent)
    }
    case "And": {
      const parts = filter.filters.map((part) => compileWith(part, locator))
      return (object) => parts.every((part) => part(object))
    }
    case "Or": {
      const alternatives = compileAlternatives(filter.filters, locator)
      if (alternatives !== undefined) return alternatives
      const parts = filter.filters.map((part) => compileWith(part, locator))
      return (object) => parts.some((part) => part(object))
    }
    case "Not": {
      const part = compileWith(filter.filter, locator)
      return (object) => !part(object)
    }
    case "ValuePath": {
      const located = locator(filter.path)
      const matches = compileValue(filter.filter, located.subAttribute ?? located.attribute)
      return (object) => valuesAt(located, object).some(matches)
    }
  }
}

/** A filter in brackets, as a test of one value of the attribute; used by PATCH paths too. */
export const compileValue = (filter: Filter, attribute: Attribute | null): ((value: Json) => boolean) => {
  const matches = compileWith(filter, inValue(attribute))
  return (value) => matches(isJsonObject(value) ? value : { value })
}

/**
 * Makes a filter ready for many resources of one type.
 *
 * - Strings are compared by the attribute's `caseExact`; unknown attributes in any case (RFC 7643 §2.2's default).
 * - dateTime attributes, and unknown ones that hold dates, are compared as instants.
 * - A multi-valued attribute matches when one of its values does.
 * - Absent, null and empty arrays are one state: `eq null` matches it, and `ne "x"` too.
 * - An operator that does not fit (`gt` on a boolean, `co` on a number) matches nothing; see {@link misfits}.
 */
export const compile = (filter: Filter, type: ResourceType): Predicate =>
  compileWith(filter, (path) => locate(type, path))

/** Tests one resource. Prefer {@link compile} for many. */
export const matches = (filter: Filter, resource: JsonObject, type: ResourceType): boolean =>
  compile(filter, type)(resource)

const unordered = new Set<CompareOperator>(["gt", "ge", "lt", "le"])

const misfitsWith = (filter: Filter, locator: Locator): ReadonlyArray<Compare> => {
  switch (filter._tag) {
    case "Compare": {
      const located = locator(filter.path)
      const own = located.subAttribute ?? located.attribute
      const type = (own?.subAttributes.get("value") ?? own)?.type
      return unordered.has(filter.operator) && (type === "boolean" || type === "binary") ? [filter] : []
    }
    case "Present":
      return []
    case "And":
    case "Or":
      return filter.filters.flatMap((part) => misfitsWith(part, locator))
    case "Not":
      return misfitsWith(filter.filter, locator)
    case "ValuePath": {
      const located = locator(filter.path)
      return misfitsWith(filter.filter, inValue(located.subAttribute ?? located.attribute))
    }
  }
}

/** The comparisons a server must refuse with `invalidFilter`: order on booleans and binaries (RFC 7644 table 3). */
export const misfits = (filter: Filter, type: ResourceType): ReadonlyArray<Compare> =>
  misfitsWith(filter, (path) => locate(type, path))
