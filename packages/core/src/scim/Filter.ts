/** Filters (RFC 7644 §3.4.2.2): the tree, its text, and a builder. */
import { type AttributePath, of, print as printPath } from "./AttributePath.ts"

/** The comparing operators; `pr` is {@link Present}. */
export type CompareOperator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le"

/** What an attribute is compared with: a JSON literal. */
export type CompareValue = string | number | boolean | null

/** `userName eq "bjensen"`. */
export interface Compare {
  readonly _tag: "Compare"
  readonly path: AttributePath
  readonly operator: CompareOperator
  readonly value: CompareValue
}

/** `title pr`. */
export interface Present {
  readonly _tag: "Present"
  readonly path: AttributePath
}

/** Two or more filters. */
export type Filters = readonly [Filter, Filter, ...ReadonlyArray<Filter>]

/** `a and b and c`; a group in parentheses is a tree of its own. */
export interface And {
  readonly _tag: "And"
  readonly filters: Filters
}

/** `a or b or c`. */
export interface Or {
  readonly _tag: "Or"
  readonly filters: Filters
}

/** `not (a)`. */
export interface Not {
  readonly _tag: "Not"
  readonly filter: Filter
}

/** `emails[type eq "work"]`: one and the same value satisfies the whole filter. */
export interface ValuePath {
  readonly _tag: "ValuePath"
  readonly path: AttributePath
  readonly filter: Filter
}

/** The syntax tree of a filter. */
export type Filter = Compare | Present | And | Or | Not | ValuePath

const literal = (value: CompareValue): string => (Object.is(value, -0) ? "-0" : JSON.stringify(value))

const nested = (filter: Filter): string =>
  filter._tag === "And" || filter._tag === "Or" ? `(${print(filter)})` : print(filter)

/**
 * The canonical text: lower-case operators, single spaces, no parentheses but those that the tree has or needs.
 *
 * Parsing it gives the same tree. A number that JSON cannot hold is printed as JSON does, as `null`.
 */
export const print = (filter: Filter): string => {
  switch (filter._tag) {
    case "Compare":
      return `${printPath(filter.path)} ${filter.operator} ${literal(filter.value)}`
    case "Present":
      return `${printPath(filter.path)} pr`
    case "And":
      return filter.filters.map(nested).join(" and ")
    case "Or":
      // `and` binds tighter, so it needs no parentheses here; `or` inside `or` keeps its group.
      return filter.filters.map((part) => (part._tag === "Or" ? nested(part) : print(part))).join(" or ")
    case "Not":
      return `not (${print(filter.filter)})`
    case "ValuePath":
      return `${printPath(filter.path)}[${print(filter.filter)}]`
  }
}

type PathLike = string | AttributePath

const compare =
  <Value extends CompareValue>(operator: CompareOperator) =>
  (path: PathLike, value: Value): Compare => ({ _tag: "Compare", path: of(path), operator, value })

// Paths given as text to the builder are literals of the program: text that is no path throws (see AttributePath.of).

/** Equal. */
export const eq = compare<CompareValue>("eq")
/** Not equal, or without a value. */
export const ne = compare<CompareValue>("ne")
/** Contains. */
export const co = compare<string>("co")
/** Starts with. */
export const sw = compare<string>("sw")
/** Ends with. */
export const ew = compare<string>("ew")
/** Greater than; later for dates. */
export const gt = compare<string | number>("gt")
/** Greater than or equal to. */
export const ge = compare<string | number>("ge")
/** Less than; earlier for dates. */
export const lt = compare<string | number>("lt")
/** Less than or equal to. */
export const le = compare<string | number>("le")

/** Has a value that is not empty. */
export const present = (path: PathLike): Present => ({ _tag: "Present", path: of(path) })

/** All of them; a single one is itself. */
export const and = (first: Filter, ...rest: ReadonlyArray<Filter>): Filter => {
  const [second, ...others] = rest
  return second === undefined ? first : { _tag: "And", filters: [first, second, ...others] }
}

/** At least one of them; a single one is itself. */
export const or = (first: Filter, ...rest: ReadonlyArray<Filter>): Filter => {
  const [second, ...others] = rest
  return second === undefined ? first : { _tag: "Or", filters: [first, second, ...others] }
}

/** The opposite. */
export const not = (filter: Filter): Not => ({ _tag: "Not", filter })

/** A value of the multi-valued attribute satisfies the filter, whose paths are its sub-attributes. */
export const valuePath = (path: PathLike, filter: Filter): ValuePath => ({ _tag: "ValuePath", path: of(path), filter })
