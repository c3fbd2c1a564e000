/** What the operations on people are given. Types only, since they are part of the declarations that functions see. */

/** A person who is to have access. */
export interface ProvisionInput {
  readonly externalId: string
  readonly email: string
  readonly userName?: string | undefined
  readonly givenName?: string | undefined
  readonly familyName?: string | undefined
  readonly displayName?: string | undefined
  readonly role?: Role | undefined
  /** By SCIM path; null takes an attribute away. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  /** Whose users may be taken over; `unclaimed` when left out. */
  readonly adopt?: "unclaimed" | "any" | undefined
}

/** Loom's roles, in the spelling of its screens or of its attribute. */
export type Role = "admin" | "creator" | "viewer" | "Admin" | "Creator" | "Viewer"

/** Who is meant; at least one is there, and all that are have to mean the same user. */
export interface Reference {
  readonly id?: string | undefined
  readonly externalId?: string | undefined
  readonly userName?: string | undefined
  readonly email?: string | undefined
}

/** Loom's "Member Deprovisioning". */
export type Policy = "deactivate" | "delete"

/** Somebody who leaves. */
export interface DeprovisionInput extends Reference {
  /** Instead of what the connection's metadata says. */
  readonly policy?: Policy | undefined
}

/** Somebody who gets another role. */
export interface RoleInput extends Reference {
  readonly role: Role
}

/** Who joins or leaves a group. */
export interface MembersInput {
  readonly groupId: string
  readonly userIds: ReadonlyArray<string>
}

/** How the doctor examines. */
export interface DoctorInput {
  readonly write?: boolean | undefined
  readonly domain?: string | undefined
  readonly policy?: Policy | undefined
  readonly removeLeftovers?: boolean | undefined
  /** The names that are made up are then the same each time. */
  readonly seed?: string | undefined
}
