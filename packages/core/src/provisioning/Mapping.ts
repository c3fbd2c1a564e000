/** How a source's records become people, as data: which field goes where, which groups, which role, and who counts. */
import { Result, Schema } from "effect"
import { locate } from "../scim/Attribute.ts"
import { SyntaxFault, parse as parsePath } from "../scim/AttributePath.ts"
import { compile as compileFilter, misfits, type Predicate } from "../scim/FilterEvaluate.ts"
import { parse as parseFilter } from "../scim/FilterParser.ts"
import { parse as parseTarget } from "../scim/Path.ts"
import { loomUser, rolePath } from "../scim/Schemas.ts"
import { facetOf } from "./Facet.ts"
import { faultsIn } from "./MappingFilter.ts"
import { SourceSettings } from "./SourceSettings.ts"
import { composed } from "./Text.ts"
import { fieldsIn, hasOtherwise, Transform, ValueSource } from "./Transform.ts"

/**
 * Groups from a field: each of its texts, cut and changed, names one, or is looked up in `values`, and what is not there is
 * no group.
 */
export const GroupRule = Schema.Struct({
  from: Schema.NonEmptyString,
  separator: Schema.optionalKey(Schema.NonEmptyString),
  transform: Schema.optionalKey(Schema.Array(Transform)),
  values: Schema.optionalKey(Schema.Record(Schema.String, Schema.NonEmptyString)),
  /** Taken for the texts when the field is empty. With it, no record needs to have the field. */
  otherwise: Schema.optionalKey(Schema.Array(Schema.NonEmptyString))
})
export type GroupRule = typeof GroupRule.Type

/**
 * Members of the group have the role, without a group everybody. Of several roles the highest counts: admin, then creator,
 * then viewer.
 */
export const RoleRule = Schema.Struct({
  group: Schema.optionalKey(Schema.NonEmptyString),
  role: Schema.Literals(["admin", "creator", "viewer"])
})
export type RoleRule = typeof RoleRule.Type

/**
 * A mapping as it is written in YAML.
 *
 * `attributes` names SCIM paths: `externalId` and `userName` are needed, `active` is true unless said otherwise,
 * `emails` is the user name when that is an address. A field that is empty takes the attribute away. `include` and
 * `exclude` are SCIM filters (RFC 7644 §3.4.2.2) over the mapped user, whose groups are `groups.display`.
 * `source` says where the people are and how they are read.
 */
export const Mapping = Schema.Struct({
  source: Schema.optionalKey(SourceSettings),
  attributes: Schema.Record(Schema.NonEmptyString, ValueSource),
  groups: Schema.optionalKey(Schema.Array(GroupRule)),
  roles: Schema.optionalKey(Schema.Array(RoleRule)),
  include: Schema.optionalKey(Schema.NonEmptyString),
  exclude: Schema.optionalKey(Schema.NonEmptyString)
})
export type Mapping = typeof Mapping.Type

/** What is wrong in a mapping, and where in it: `attributes.title`, `include`. */
export interface MappingFault {
  readonly where: string
  readonly detail: string
}

/** What a path of a mapping feeds. */
export type Target =
  | "key"
  | "userName"
  | "active"
  | "emails"
  | "givenName"
  | "familyName"
  | "formatted"
  | "role"
  | "attribute"

/** What an attribute can hold by its schema; `any` when no schema knows it, or when it is a list or complex. */
export type Holds = "text" | "truth" | "any"

/** One path of a mapping, and what feeds it. */
export interface Entry {
  readonly path: string
  readonly target: Target
  readonly holds: Holds
  readonly source: ValueSource
}

/** A mapping made ready for many records. */
export interface Compiled {
  readonly mapping: Mapping
  /** The fields of a record that it reads. */
  readonly fields: ReadonlyArray<string>
  /** Those of them that some record has to have: all for which it does not say what it means that there is none. */
  readonly needed: ReadonlyArray<string>
  readonly entries: ReadonlyArray<Entry>
  readonly include: Predicate | null
  readonly exclude: Predicate | null
}

const targets: ReadonlyMap<string, Target> = new Map<string, Target>([
  ["externalid", "key"],
  ["username", "userName"],
  ["active", "active"],
  ["emails", "emails"],
  ["name.givenname", "givenName"],
  ["name.familyname", "familyName"],
  ["name.formatted", "formatted"],
  [rolePath.toLowerCase(), "role"]
])

/** The path as the schemas spell it, so that one attribute has one name. */
const spelled = (path: string): string => {
  const parsed = parsePath(path)
  if (parsed instanceof SyntaxFault) return path
  const { attribute, container, name, sub } = locate(loomUser, parsed)
  if (attribute === null || name === null) return path
  return `${container === null ? "" : `${container}:`}${name}${sub === null ? "" : `.${sub}`}`
}

const holdsOf = (text: string): Holds => {
  const parsed = parseTarget(text)
  if (Result.isFailure(parsed)) return "any"
  const path = parsed.success
  const { attribute, subAttribute } = locate(loomUser, path.path)
  const inList = path._tag === "ValueTarget" ? attribute?.subAttributes.get(path.sub?.toLowerCase() ?? "") : undefined
  const held = path._tag === "ValueTarget" ? inList : (subAttribute ?? attribute)
  if (held === undefined || held === null || held.multiValued || held.type === "complex") return "any"
  return held.type === "boolean" ? "truth" : "text"
}

const filterOf = (where: "include" | "exclude", mapping: Mapping, faults: Array<MappingFault>): Predicate | null => {
  const text = mapping[where]
  if (text === undefined) return null
  const parsed = parseFilter(composed(text))
  if (Result.isFailure(parsed)) {
    faults.push({ where, detail: parsed.failure.message })
    return null
  }
  for (const { operator } of misfits(parsed.success, loomUser)) {
    faults.push({ where, detail: `${operator} does not compare what has no order` })
  }
  const hasRoles = (mapping.roles ?? []).length > 0
  for (const detail of faultsIn(parsed.success, Object.keys(mapping.attributes), hasRoles))
    faults.push({ where, detail })
  return compileFilter(parsed.success, loomUser)
}

const fieldsOf = ({ attributes, groups = [] }: Mapping): Pick<Compiled, "fields" | "needed"> => {
  const sources = [...Object.values(attributes), ...groups]
  const namesOf = (some: typeof sources) => [...new Set(some.flatMap(fieldsIn))]
  return { fields: namesOf(sources), needed: namesOf(sources.filter((source) => !hasOtherwise(source))) }
}

/** Makes a mapping ready, or lists all that is wrong with it. */
export const compile = (mapping: Mapping): Result.Result<Compiled, ReadonlyArray<MappingFault>> => {
  const faults: Array<MappingFault> = []
  const seen = new Set<string>()
  const entries = Object.entries(mapping.attributes).map(([written, source]) => {
    const path = spelled(written)
    const where = `attributes.${written}`
    const target = targets.get(path.toLowerCase()) ?? "attribute"
    const facet = facetOf(path)
    if (Result.isFailure(facet)) faults.push({ where, detail: facet.failure })
    if (seen.has(path.toLowerCase())) faults.push({ where, detail: "the attribute is mapped twice" })
    seen.add(path.toLowerCase())
    if (/^emails[[.]/i.test(path))
      faults.push({ where, detail: "map emails as one list; its first address is primary" })
    if (path === "name")
      faults.push({ where, detail: "map its parts: name.givenName, name.familyName, name.formatted" })
    if (typeof source === "object" && "template" in source && fieldsIn(source).length === 0) {
      faults.push({ where, detail: "a template names a field as ${field}; for a fixed value use constant" })
    }
    return { path, target, holds: holdsOf(path), source }
  })
  for (const needed of ["externalId", "userName"]) {
    if (!seen.has(needed.toLowerCase())) faults.push({ where: `attributes.${needed}`, detail: "is needed" })
  }
  const include = filterOf("include", mapping, faults)
  const exclude = filterOf("exclude", mapping, faults)
  return faults.length === 0
    ? Result.succeed({ mapping, ...fieldsOf(mapping), entries, include, exclude })
    : Result.fail(faults)
}
