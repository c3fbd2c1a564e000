/** Whom and what a policy protects: what a plan would take from them, and which of its names mean nobody. */
import { Result, Schema } from "effect"
import { locate } from "../scim/Attribute.ts"
import { type AttributePath, print } from "../scim/AttributePath.ts"
import { compile } from "../scim/FilterEvaluate.ts"
import { parse } from "../scim/FilterParser.ts"
import { isJsonObject, type JsonObject } from "../scim/Json.ts"
import { get, isArray } from "../scim/ResourceValue.ts"
import { loomUser, rolePath } from "../scim/Schemas.ts"
import type { Action, Change } from "./Action.ts"
import { pathsIn } from "./MappingFilter.ts"
import { isRole, roleRank } from "./Person.ts"
import { foldName as fold } from "./PersonDigest.ts"

/** A filter that can be read (RFC 7644 §3.4.2.2). */
export const FilterText = Schema.String.check(
  Schema.makeFilter((text: string) => {
    const parsed = parse(text)
    return Result.isSuccess(parsed) || parsed.failure.message
  })
).pipe(Schema.brand("FilterText"))
export type FilterText = typeof FilterText.Type

/** Whether users have an attribute. Nobody knows what those of an extension are that is not ours. */
const isAttribute = (path: AttributePath): boolean => {
  const { attribute, container, name, sub, subAttribute } = locate(loomUser, path)
  if (attribute !== null) return sub === null || subAttribute !== null
  const isForeign = container !== null && !loomUser.extensions.has(container.toLowerCase())
  return isForeign || (container !== null && name === null)
}

/** A filter over attributes that users have. A misspelt one would match nobody, and protect nobody, without a word. */
export const KnownFilter = FilterText.check(
  Schema.makeFilter((text: string) => {
    const parsed = parse(text)
    const unknown = Result.isSuccess(parsed) ? pathsIn(parsed.success).filter((path) => !isAttribute(path)) : []
    return unknown.length === 0 || `users have no attribute ${unknown.map(print).join(", ")}`
  })
)

/** The part of a policy that names people and groups. */
export const Protection = Schema.Struct({
  /** Keys or user names of people who keep their access and their role whatever the source says. */
  protectedPeople: Schema.Array(Schema.String),
  /** The same for those whom a filter matches, as the server has them. */
  protectedFilter: Schema.NullOr(FilterText),
  /** Names or keys of groups that are neither deleted nor renamed nor lose members. */
  protectedGroups: Schema.Array(Schema.String)
})
export type Protection = typeof Protection.Type

/** What a policy names and nobody is. */
export const Unmatched = Schema.Struct({
  field: Schema.Literals(["protectedPeople", "protectedFilter", "protectedGroups"]),
  /** As the policy has it. */
  name: Schema.String
})
export type Unmatched = typeof Unmatched.Type

const textIn = (resource: JsonObject, name: string): string => {
  const value = get(resource, name)
  return typeof value === "string" ? value : ""
}

const matcher = ({ protectedFilter }: Pick<Protection, "protectedFilter">): ((user: JsonObject) => boolean) => {
  if (protectedFilter === null) return () => false
  const filter = parse(protectedFilter)
  // A filter that cannot be read protects everybody; the schema lets none through.
  return Result.isSuccess(filter) ? compile(filter.success, loomUser) : () => true
}

const rankOf = (role: unknown): number => {
  if (typeof role !== "string") return 0
  const folded = fold(role)
  // What we do not know may be more than anything that we do.
  return isRole(folded) ? roleRank[folded] : Number.POSITIVE_INFINITY
}

/** Whether changes give somebody a lower role. */
export const isDemotion = (changes: ReadonlyArray<Change>): boolean =>
  changes.some(({ after, before, path }) => fold(path) === fold(rolePath) && rankOf(after) < rankOf(before))

/** The user as it was, for actions that take a role. */
export const beforeDemotion = (changes: ReadonlyArray<Change>, user: JsonObject): { readonly before?: JsonObject } =>
  isDemotion(changes) ? { before: user } : {}

/** From whom an action takes access or role, as they were before; null when it takes nothing of the kind. */
const robbed = (action: Action): JsonObject | null => {
  switch (action._tag) {
    case "Deactivate":
    case "Delete":
      return action.before
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
      return isDemotion(action.changes) || (action.admin.before && !action.admin.after) ? (action.before ?? {}) : null
    default:
      return null
  }
}

/** Whether an action takes access or role from somebody who is protected. */
export const harmsPeople = (policy: Protection): ((action: Action) => boolean) => {
  const names = new Set(policy.protectedPeople.map(fold))
  const matches = matcher(policy)
  return (action) => {
    const before = robbed(action)
    if (before === null) return false
    const called = [action.label, action.key ?? "", textIn(before, "userName"), textIn(before, "externalId")]
    return called.some((name) => names.has(fold(name))) || matches(before)
  }
}

const groupsShown = (user: JsonObject): ReadonlyArray<string> => {
  const groups = get(user, "groups")
  return (isArray(groups) ? groups : []).flatMap((group) => (isJsonObject(group) ? [textIn(group, "display")] : []))
}

/** What the groups are called that lose a member, their name or all. */
const groupsIn = (action: Action): ReadonlyArray<string> => {
  switch (action._tag) {
    case "GroupDelete":
    case "MembersRemove":
      return [action.label, action.key ?? ""]
    case "GroupRename":
      return [action.label, action.key ?? "", action.before]
    case "Delete":
      return [...(action.groups ?? []), ...groupsShown(action.before)]
    default:
      return []
  }
}

/** The protected groups that an action takes something from, by what they are called now. */
export const harmedGroups = (policy: Protection): ((action: Action) => ReadonlyArray<string>) => {
  const names = new Set(policy.protectedGroups.map(fold))
  return (action) => {
    const found = groupsIn(action).filter((name) => names.has(fold(name)))
    return found.length > 0 && action._tag !== "Delete" ? [action.label] : found
  }
}

/** Notes which names of a policy mean somebody, while people, users and groups go by. */
export class Namesakes {
  readonly #people: Map<string, string>
  readonly #groups: Map<string, string>
  readonly #matches: (user: JsonObject) => boolean
  #filter: string | null

  constructor(policy: Protection) {
    this.#people = new Map(policy.protectedPeople.map((name) => [fold(name), name]))
    this.#groups = new Map(policy.protectedGroups.map((name) => [fold(name), name]))
    this.#matches = matcher(policy)
    this.#filter = policy.protectedFilter
  }

  /** Takes what somebody is called, in the source or on the server. */
  person(...names: ReadonlyArray<string | null>): void {
    if (this.#people.size > 0) for (const name of names) this.#people.delete(fold(name ?? ""))
  }

  /** Takes a user of the server. */
  user(user: JsonObject): void {
    if (this.#filter !== null && this.#matches(user)) this.#filter = null
  }

  /** Takes what a group is called, in the source or on the server. */
  group(...names: ReadonlyArray<string | null>): void {
    if (this.#groups.size > 0) for (const name of names) this.#groups.delete(fold(name ?? ""))
  }

  /** What means nobody so far. Groups are only in it where they were looked at. */
  unmatched(areGroupsKnown: boolean): ReadonlyArray<Unmatched> {
    const people = Array.from(this.#people.values(), (name) => ({ field: "protectedPeople", name }) as const)
    const filter = this.#filter === null ? [] : [{ field: "protectedFilter", name: this.#filter } as const]
    const groups = Array.from(this.#groups.values(), (name) => ({ field: "protectedGroups", name }) as const)
    return [...people, ...filter, ...(areGroupsKnown ? groups : [])]
  }
}
