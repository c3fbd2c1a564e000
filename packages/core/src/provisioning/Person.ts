/** The desired user and group, before any server's shape. */
import { Result, Schema } from "effect"
import * as Patch from "../scim/Patch.ts"
import type { Json } from "../scim/Json.ts"
import { groupUrn, loomUser, userUrn, rolePath } from "../scim/Schemas.ts"
import { facetOf } from "./Facet.ts"

/** A resource as JSON. */
export const JsonObject = Schema.Record(Schema.String, Schema.Json)
export type JsonObject = typeof JsonObject.Type

/** The source's own lasting id of a person, sent as `externalId` (RFC 7643 §3.1). Compared exactly. */
export const PersonKey = Schema.NonEmptyString.pipe(Schema.brand("PersonKey"))
export type PersonKey = typeof PersonKey.Type

/** A user name: lower case without space around it, as WorkOS demands; unique in a directory. */
export const UserName = Schema.NonEmptyString.check(
  Schema.makeFilter((name: string) => name === name.trim().toLowerCase() || "lower case, without space around it")
).pipe(Schema.brand("UserName"))
export type UserName = typeof UserName.Type

/** The source's lasting id of a group, or its name where it has none, sent as `externalId`. */
export const GroupKey = Schema.NonEmptyString.pipe(Schema.brand("GroupKey"))
export type GroupKey = typeof GroupKey.Type

/** The values of `loomMemberRole`; `default` is for new people and keeps the role of those who have one. */
export const Role = Schema.Literals(["default", "creator", "viewer", "admin"])
export type Role = typeof Role.Type
export const isRole = Schema.is(Role)
/** Of several roles the one with the highest rank counts. */
export const roleRank: Readonly<Record<Role, number>> = { default: 0, viewer: 1, creator: 2, admin: 3 }

/** An e-mail address of a person (RFC 7643 §4.1.2). */
export const Email = Schema.Struct({
  value: Schema.NonEmptyString,
  type: Schema.NonEmptyString,
  primary: Schema.Boolean
})
export type Email = typeof Email.Type

/** What a person is to be. */
export const Person = Schema.Struct({
  key: PersonKey,
  userName: UserName,
  /** One of them primary; empty when the source has none, and what the server has is then left alone. */
  emails: Schema.Array(Email),
  /** Null parts are left as they are. */
  name: Schema.Struct({
    givenName: Schema.NullOr(Schema.String),
    familyName: Schema.NullOr(Schema.String),
    formatted: Schema.NullOr(Schema.String)
  }),
  active: Schema.Boolean,
  /** Null leaves the role to the server. */
  role: Schema.NullOr(Role),
  /** Names of groups, each once. */
  groups: Schema.Array(Schema.NonEmptyString),
  /** Further attributes by SCIM path; null takes an attribute away, one that is not named is left alone. */
  attributes: Schema.Record(Schema.String, Schema.Json),
  /** Where it came from, for people: `line 12`. */
  at: Schema.String
})
export type Person = typeof Person.Type

/** A group that is to be. Its members are the people who name it. */
export const DesiredGroup = Schema.Struct({ key: GroupKey, displayName: Schema.NonEmptyString, at: Schema.String })
export type DesiredGroup = typeof DesiredGroup.Type

/** Brands, for what was checked before: the schemas above are how text from outside gets there. */
export const personKey = Schema.decodeUnknownResult(PersonKey)
export const userName = Schema.decodeUnknownResult(UserName)

/** Each path that is compared with the value it is to have, in a fixed order; `externalId` apart. */
export const valuesOf = (person: Person): ReadonlyArray<readonly [path: string, value: Json]> => {
  const values: Array<readonly [string, Json]> = [
    ["userName", person.userName],
    ["active", person.active]
  ]
  const { familyName, formatted, givenName } = person.name
  if (givenName !== null) values.push(["name.givenName", givenName])
  if (familyName !== null) values.push(["name.familyName", familyName])
  if (formatted !== null) values.push(["name.formatted", formatted])
  if (person.emails.length > 0) values.push(["emails", person.emails])
  // `default` keeps whatever role there is, so it is never a difference.
  if (person.role !== null && person.role !== "default") values.push([rolePath, person.role])
  const paths = Object.keys(person.attributes)
  for (const path of paths.length > 1 ? paths.toSorted() : paths) values.push([path, person.attributes[path] ?? null])
  return values
}

/** The primary address, in lower case; null without one. */
export const primaryEmail = ({ emails }: Person): string | null =>
  (emails.find(({ primary }) => primary) ?? emails[0])?.value.trim().toLowerCase() ?? null

/**
 * The SCIM User to create (RFC 7643 §4.1). Fails, in words, when an attribute's path cannot be set; {@link facetOf} says
 * so beforehand.
 */
export const toResource = (person: Person): Result.Result<JsonObject, string> => {
  let user: JsonObject = { schemas: [userUrn], externalId: person.key }
  const values = person.role === "default" ? [...valuesOf(person), [rolePath, "default"] as const] : valuesOf(person)
  for (const [path, value] of values) {
    if (value === null) continue
    const facet = facetOf(path)
    if (Result.isFailure(facet)) return Result.fail(`${path}: ${facet.failure}`)
    const applied = Patch.apply(user, facet.success.write(value, user), loomUser)
    if (Result.isFailure(applied)) return Result.fail(`${path}: ${applied.failure.detail}`)
    user = applied.success
  }
  return Result.succeed(user)
}

/** The SCIM Group to create, members apart: they are added once they exist (RFC 7643 §4.2). */
export const toGroupResource = ({ displayName, key }: DesiredGroup): JsonObject => ({
  schemas: [groupUrn],
  externalId: key,
  displayName
})
