/** The resources of RFC 7643 as Effect schemas. What they do not name is kept as JSON. */
import { Schema } from "effect"
import { enterpriseUserUrn, groupUrn, userUrn } from "./Schemas.ts"

const optional = Schema.optionalKey
const text = optional(Schema.String)

const open = <const Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Json)])

/** Who made a resource, when, and where it is (RFC 7643 §3.1). Dates are kept as the server wrote them. */
export const Meta = open({ resourceType: text, created: text, lastModified: text, location: text, version: text })
export type Meta = typeof Meta.Type

/** A value of a multi-valued attribute with the default sub-attributes (RFC 7643 §2.4). */
export const MultiValue = open({ value: text, display: text, type: text, primary: optional(Schema.Boolean) })
export type MultiValue = typeof MultiValue.Type

/** The parts of a name (RFC 7643 §4.1.1). */
export const Name = open({
  formatted: text,
  familyName: text,
  givenName: text,
  middleName: text,
  honorificPrefix: text,
  honorificSuffix: text
})
export type Name = typeof Name.Type

/** A postal address (RFC 7643 §4.1.2). */
export const Address = open({
  formatted: text,
  streetAddress: text,
  locality: text,
  region: text,
  postalCode: text,
  country: text,
  type: text,
  primary: optional(Schema.Boolean)
})
export type Address = typeof Address.Type

/** A group that a user belongs to; read-only (RFC 7643 §4.1.2). */
export const UserGroup = open({ value: text, $ref: text, display: text, type: text })
export type UserGroup = typeof UserGroup.Type

/** A user's manager (RFC 7643 §4.3). */
export const Manager = open({ value: text, $ref: text, displayName: text })
export type Manager = typeof Manager.Type

/** The enterprise extension (RFC 7643 §4.3). Loom's role attribute is known under its usual name. */
export const EnterpriseUser = open({
  employeeNumber: text,
  costCenter: text,
  organization: text,
  division: text,
  department: text,
  manager: optional(Manager),
  loomMemberRole: text
})
export type EnterpriseUser = typeof EnterpriseUser.Type

const multiValues = optional(Schema.Array(MultiValue))

const commonFields = {
  schemas: Schema.Array(Schema.String),
  id: text,
  externalId: text,
  meta: optional(Meta)
}

const userFields = {
  name: optional(Name),
  displayName: text,
  nickName: text,
  profileUrl: text,
  title: text,
  userType: text,
  preferredLanguage: text,
  locale: text,
  timezone: text,
  active: optional(Schema.Boolean),
  password: text,
  emails: multiValues,
  phoneNumbers: multiValues,
  ims: multiValues,
  photos: multiValues,
  addresses: optional(Schema.Array(Address)),
  groups: optional(Schema.Array(UserGroup)),
  entitlements: multiValues,
  roles: multiValues,
  x509Certificates: multiValues,
  [enterpriseUserUrn]: optional(EnterpriseUser)
}

/**
 * A user as a server may return one (RFC 7643 §4.1): `userName` can be missing when `attributes` left it out
 * (RFC 7644 §3.9), `id` when a server forgets it in the answer to a create.
 */
export const User = open({ ...commonFields, userName: text, ...userFields })
export type User = typeof User.Type

/** A member of a group (RFC 7643 §4.2). */
export const Member = open({ value: text, $ref: text, type: text, display: text })
export type Member = typeof Member.Type

/** A group as a server may return one (RFC 7643 §4.2). */
export const Group = open({ ...commonFields, displayName: text, members: optional(Schema.Array(Member)) })
export type Group = typeof Group.Type

const claims = (urn: string) =>
  Schema.Array(Schema.String).check(
    Schema.makeFilter((schemas: ReadonlyArray<string>) => schemas.includes(urn) || `schemas with ${urn}`)
  )

/** A user that may be sent: with the URN of its schema and a `userName` (RFC 7643 §3, §4.1.1). */
export const UserToSend = open({
  ...commonFields,
  schemas: claims(userUrn),
  userName: Schema.NonEmptyString,
  ...userFields
})
export type UserToSend = typeof UserToSend.Type

/** A group that may be sent: with the URN of its schema and a `displayName` (RFC 7643 §3, §4.2). */
export const GroupToSend = open({
  ...commonFields,
  schemas: claims(groupUrn),
  displayName: Schema.NonEmptyString,
  members: optional(Schema.Array(Member))
})
export type GroupToSend = typeof GroupToSend.Type

/** Encodes a user for a request, or says what is missing. Unknown attributes and extensions go along. */
export const encodeUser = Schema.encodeUnknownResult(UserToSend)

/** Encodes a group for a request, or says what is missing. */
export const encodeGroup = Schema.encodeUnknownResult(GroupToSend)
