/** Actions for tests, as a plan makes them. */
import type { Action, Change } from "../../src/provisioning/Action.ts"
import type { Json, JsonObject } from "../../src/scim/Json.ts"
import type { PatchOperation } from "../../src/scim/Patch.ts"
import { enterpriseUserUrn, groupUrn, rolePath, userUrn } from "../../src/scim/Schemas.ts"

/** The user Ada, as a server has her. */
export const ada = { id: "a", schemas: [userUrn], userName: "ada@example.com", externalId: "e1", active: true }

/** Creates Ada, perhaps with more. */
export const create = (more: JsonObject = {}): Extract<Action, { readonly _tag: "Create" }> => {
  const { id: _, ...resource } = ada
  return {
    _tag: "Create",
    key: "e1",
    label: "ada",
    at: null,
    reason: "newInSource",
    resource: { ...resource, ...more }
  }
}

const common = {
  id: "a",
  key: "e1",
  label: "ada",
  at: null,
  admin: { before: false, after: false },
  basis: ""
} as const

const one = (path: string, after: Json) => ({
  changes: [{ path, before: null, after }] satisfies ReadonlyArray<Change>,
  operations: [
    { op: "replace", value: path === rolePath ? { [enterpriseUserUrn]: { loomMemberRole: after } } : { [path]: after } }
  ] satisfies ReadonlyArray<PatchOperation>
})

/** Gives Ada a title. */
export const update: Extract<Action, { readonly _tag: "Update" }> = {
  _tag: "Update",
  ...common,
  reason: "differs",
  ...one("title", "Countess")
}

/** Gives Ada a role. */
export const roleChange: Extract<Action, { readonly _tag: "RoleChange" }> = {
  _tag: "RoleChange",
  ...common,
  reason: "roleDiffers",
  ...one(rolePath, "admin")
}

/** Lets Ada in again. */
export const reactivate: Extract<Action, { readonly _tag: "Reactivate" }> = {
  _tag: "Reactivate",
  ...common,
  reason: "activeInSource",
  ...one("active", true)
}

/** Takes Ada over. */
export const adopt: Extract<Action, { readonly _tag: "Adopt" }> = {
  _tag: "Adopt",
  ...common,
  reason: "matchedByUserName",
  ...one("externalId", "e1")
}

/** Shuts Ada out. */
export const deactivate: Extract<Action, { readonly _tag: "Deactivate" }> = {
  _tag: "Deactivate",
  ...common,
  reason: "goneFromSource",
  ...one("active", false),
  before: ada
}

/** Deletes Ada. */
export const remove: Extract<Action, { readonly _tag: "Delete" }> = {
  _tag: "Delete",
  id: "a",
  key: "e1",
  label: "ada",
  reason: "goneFromSource",
  basis: "",
  before: ada
}

const group = { id: "g", key: "red", label: "Red", at: null, basis: "" } as const

/** Members by their ids, each labelled `name of <id>`. */
export const members = (...ids: ReadonlyArray<string>) => ids.map((id) => ({ id, key: null, label: `name of ${id}` }))

/** A member who is yet to be created. */
export const unborn = (key: string) => ({ id: null, key, label: `name of ${key}` })

/** Creates the group Red. */
export const groupCreate = (
  refs: Extract<Action, { readonly _tag: "GroupCreate" }>["members"]
): Extract<Action, { readonly _tag: "GroupCreate" }> => ({
  _tag: "GroupCreate",
  key: "red",
  label: "Red",
  at: null,
  reason: "newInSource",
  resource: { schemas: [groupUrn], displayName: "Red", externalId: "red" },
  members: refs
})

/** Renames the group. */
export const groupRename: Extract<Action, { readonly _tag: "GroupRename" }> = {
  _tag: "GroupRename",
  ...group,
  reason: "nameDiffers",
  before: "Rot",
  operations: [{ op: "replace", path: "displayName", value: "Red" }]
}

/** Takes the group over. */
export const groupAdopt: Extract<Action, { readonly _tag: "GroupAdopt" }> = {
  _tag: "GroupAdopt",
  ...group,
  reason: "matchedByName",
  operations: [{ op: "replace", path: "externalId", value: "red" }]
}

/** Puts members in. */
export const membersAdd = (
  refs: Extract<Action, { readonly _tag: "MembersAdd" }>["members"]
): Extract<Action, { readonly _tag: "MembersAdd" }> => ({
  _tag: "MembersAdd",
  ...group,
  reason: "memberMissing",
  members: refs
})

/** Takes members out. */
export const membersRemove = (
  refs: Extract<Action, { readonly _tag: "MembersRemove" }>["members"]
): Extract<Action, { readonly _tag: "MembersRemove" }> => ({
  _tag: "MembersRemove",
  ...group,
  reason: "memberLeft",
  members: refs
})

/** Deletes the group. */
export const groupDelete: Extract<Action, { readonly _tag: "GroupDelete" }> = {
  _tag: "GroupDelete",
  ...group,
  reason: "groupGone"
}
