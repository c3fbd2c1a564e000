/** What a plan does to one user or group, and why. Everything that is shown and done later is in here. */
import { Schema } from "effect"
import { PatchOperation } from "../scim/Patch.ts"
import { JsonObject } from "./Person.ts"

/** Why an action is planned, or why nothing is done. */
export const Reason = Schema.Literals([
  "newInSource",
  "differs",
  "roleDiffers",
  "activeInSource",
  "inactiveInSource",
  "goneFromSource",
  "matchedByUserName",
  "matchedByEmail",
  "matchedByName",
  "nameDiffers",
  "memberMissing",
  "memberLeft",
  "groupGone",
  "undone"
])
export type Reason = typeof Reason.Type

/** Why somebody is left as they are. */
export const SkipReason = Schema.Literals([
  "unchanged",
  "sentAndNotShown",
  "unmanaged",
  "notAdopted",
  "inactiveAndAbsent",
  "alreadyInactive",
  "unreadableInSource",
  "leaversWithheld",
  "groupsWithheld"
])
export type SkipReason = typeof SkipReason.Type

/** Why it cannot be told what is to be done. */
export const ConflictReason = Schema.Literals([
  "sameKey",
  "sameUserName",
  "sameEmail",
  "sameName",
  "severalMatch",
  "pointsToTwo",
  "otherExternalId",
  "idMissing",
  "notExpressible",
  "sourceChanged"
])
export type ConflictReason = typeof ConflictReason.Type

/** One attribute's value before and after; null when it has none. */
export const Change = Schema.Struct({ path: Schema.String, before: Schema.Json, after: Schema.Json })
export type Change = typeof Change.Type

/** A member of a group; `id` is null for somebody who is yet to be created, and is then found by `key`. */
export const MemberRef = Schema.Struct({
  key: Schema.NullOr(Schema.String),
  id: Schema.NullOr(Schema.String),
  label: Schema.String
})
export type MemberRef = typeof MemberRef.Type

/** The external id that the source gives; null for whom only the server knows by another or none. */
const key = Schema.NullOr(Schema.String)
/** The user name or group name, for people. */
const label = Schema.String
/** Where the source has it; null when it does not. */
const at = Schema.NullOr(Schema.String)
/** The fingerprint of the resource that the action was planned for, so that a later run notices when it moved. */
const basis = Schema.String

const change = {
  id: Schema.String,
  key,
  label,
  at,
  reason: Reason,
  changes: Schema.Array(Change),
  operations: Schema.Array(PatchOperation),
  /** Whether they are an active admin, as far as the server shows it. */
  admin: Schema.Struct({ before: Schema.Boolean, after: Schema.Boolean }),
  /** The user as it was, for the guard, where they get a lower role. */
  before: Schema.optionalKey(JsonObject),
  basis
}

/** Creates a user; its basis is that nobody has its external id or its user name. */
export const Create = Schema.TaggedStruct("Create", {
  key: Schema.String,
  label,
  at,
  reason: Reason,
  resource: JsonObject
})
/** Changes attributes of a user. */
export const Update = Schema.TaggedStruct("Update", change)
/** Changes a user's role, and attributes with it. */
export const RoleChange = Schema.TaggedStruct("RoleChange", change)
/** Lets a user in again, and changes attributes with it. */
export const Reactivate = Schema.TaggedStruct("Reactivate", change)
/** Takes over a user that something else created, by giving it our external id, and changes attributes with it. */
export const Adopt = Schema.TaggedStruct("Adopt", change)
/** Shuts a user out. `before` is the user as it was, for the guard. */
export const Deactivate = Schema.TaggedStruct("Deactivate", { ...change, before: JsonObject })
/** Removes a user for good, and from all groups with that. */
export const Delete = Schema.TaggedStruct("Delete", {
  id: Schema.String,
  key,
  label,
  reason: Reason,
  basis,
  before: JsonObject,
  /** Names and keys of the groups they are in, for the guard; absent when no groups were read. */
  groups: Schema.optionalKey(Schema.Array(Schema.String))
})

const group = { id: Schema.String, key, label, at, reason: Reason, basis }

/** Creates a group; the members are added once they all have ids. */
export const GroupCreate = Schema.TaggedStruct("GroupCreate", {
  key: Schema.String,
  label,
  at,
  reason: Reason,
  resource: JsonObject,
  members: Schema.Array(MemberRef)
})
/** Takes over a group that something else created. */
export const GroupAdopt = Schema.TaggedStruct("GroupAdopt", { ...group, operations: Schema.Array(PatchOperation) })
/** Gives a group another name. */
export const GroupRename = Schema.TaggedStruct("GroupRename", {
  ...group,
  before: Schema.String,
  operations: Schema.Array(PatchOperation)
})
/** Adds members to a group. */
export const MembersAdd = Schema.TaggedStruct("MembersAdd", { ...group, members: Schema.Array(MemberRef) })
/** Takes members out of a group; those whom we do not manage stay. */
export const MembersRemove = Schema.TaggedStruct("MembersRemove", { ...group, members: Schema.Array(MemberRef) })
/** Removes a group for good. */
export const GroupDelete = Schema.TaggedStruct("GroupDelete", group)

const Endpoint = Schema.Literals(["Users", "Groups"])

/** Does nothing. */
export const Skip = Schema.TaggedStruct("Skip", {
  endpoint: Endpoint,
  id: Schema.NullOr(Schema.String),
  key,
  label,
  at,
  reason: SkipReason
})
/** Does nothing, because a person has to decide first. `ids` are the resources it is about. */
export const Conflict = Schema.TaggedStruct("Conflict", {
  endpoint: Endpoint,
  key,
  label,
  at,
  reason: ConflictReason,
  ids: Schema.Array(Schema.String),
  detail: Schema.String
})

/** One action. */
export const Action = Schema.Union([
  Create,
  Update,
  RoleChange,
  Reactivate,
  Adopt,
  Deactivate,
  Delete,
  GroupCreate,
  GroupAdopt,
  GroupRename,
  MembersAdd,
  MembersRemove,
  GroupDelete,
  Skip,
  Conflict
])
export type Action = typeof Action.Type
/** The kinds of action. */
export const ActionTag = Schema.Literals([
  "Create",
  "Update",
  "RoleChange",
  "Reactivate",
  "Adopt",
  "Deactivate",
  "Delete",
  "GroupCreate",
  "GroupAdopt",
  "GroupRename",
  "MembersAdd",
  "MembersRemove",
  "GroupDelete",
  "Skip",
  "Conflict"
] satisfies ReadonlyArray<Action["_tag"]>)
export type ActionTag = Action["_tag"]

/** The kinds of action in the order in which they are shown and, `Skip` and `Conflict` apart, done. */
export const tags = [
  "Update",
  "RoleChange",
  "Adopt",
  "Reactivate",
  "Create",
  "GroupAdopt",
  "GroupRename",
  "GroupCreate",
  "MembersAdd",
  "MembersRemove",
  "Deactivate",
  "Delete",
  "GroupDelete",
  "Conflict",
  "Skip"
] as const satisfies ReadonlyArray<ActionTag>

const words: Record<Reason | SkipReason | ConflictReason, string> = {
  newInSource: "in the source, not on the server",
  differs: "differs from the source",
  roleDiffers: "has another role in the source",
  activeInSource: "active in the source, inactive on the server",
  inactiveInSource: "inactive in the source",
  goneFromSource: "no longer in the source",
  matchedByUserName: "found by user name, created by something else",
  matchedByEmail: "found by e-mail address, created by something else",
  matchedByName: "found by name, created by something else",
  nameDiffers: "has another name in the source",
  memberMissing: "members in the source, not on the server",
  memberLeft: "no longer members in the source",
  groupGone: "no longer in the source",
  undone: "put back to how it was before the run",
  unchanged: "nothing to do",
  sentAndNotShown: "lacks only what was sent before and the server shows of nobody",
  unmanaged: "created by something else, and nobody of the source",
  notAdopted: "of the source, but created by something else and not to be adopted",
  inactiveAndAbsent: "inactive in the source, and not on the server",
  alreadyInactive: "no longer in the source, and inactive already",
  unreadableInSource: "in the source, but the record cannot be read",
  leaversWithheld: "no longer in the source as far as it could be read",
  groupsWithheld: "nobody of the source is in it as far as it could be read",
  sameKey: "several records have the key and differ",
  sameUserName: "several people have the user name",
  sameEmail: "several people have the primary e-mail address",
  sameName: "several groups have the name",
  severalMatch: "several resources match",
  pointsToTwo: "a user has the name of one person and the address of another",
  otherExternalId: "the resource has an external id that something else gave",
  idMissing: "the server gives no id",
  notExpressible: "the change cannot be expressed",
  sourceChanged: "the source changed while the plan was made"
}

/** A reason in words that follow the name of a user or group. */
export const describe = (reason: Reason | SkipReason | ConflictReason): string => words[reason]

/** What an action is about; null for one that does nothing. */
export const endpointOf = (action: Action): "Users" | "Groups" | null => {
  switch (action._tag) {
    case "Create":
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate":
    case "Delete":
      return "Users"
    case "GroupCreate":
    case "GroupAdopt":
    case "GroupRename":
    case "MembersAdd":
    case "MembersRemove":
    case "GroupDelete":
      return "Groups"
    case "Skip":
    case "Conflict":
      return null
  }
}
