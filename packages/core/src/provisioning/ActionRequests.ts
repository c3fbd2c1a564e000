/** The requests that carry out an action, to be shown before they are sent. */
import * as Operation from "../operations/Operation.ts"
import type { JsonObject } from "../scim/Json.ts"
import type { PatchOperation as WireOperation } from "../scim/Patch.ts"
import type { Behaviour } from "../scim/Profile.ts"
import type { PatchOperation } from "../scim/ScimClientTypes.ts"
import type { BridgeUrl } from "../setup/BridgeUrl.ts"
import type { Action, MemberRef } from "./Action.ts"

/** The id of a member; of somebody who is yet to be created, null while nobody knows it. */
export type IdOf = (member: MemberRef) => string | null

/** The id where it is known already. */
const knownId: IdOf = ({ id }) => id

/** An operation of a plan as the client takes it; plans hold none that lacks what it needs. */
const sendable = ({ op, path, value }: WireOperation): ReadonlyArray<PatchOperation> => {
  const kind = op.toLowerCase()
  const valued = value === undefined ? {} : { value }
  if (kind === "remove") return path === undefined ? [] : [{ op: "remove", path, ...valued }]
  if (value === undefined) return []
  return [{ op: kind === "add" ? "add" : "replace", ...(path === undefined ? {} : { path }), value }]
}

const patched = (
  endpoint: Operation.Endpoint,
  id: string,
  operations: ReadonlyArray<WireOperation>
): Operation.Operation => ({ _tag: "Patch", endpoint, id, operations: operations.flatMap(sendable) })

/** Somebody who is yet to be created is shown by what stands for the id. */
const idsOf = (members: ReadonlyArray<MemberRef>, idOf: IdOf): ReadonlyArray<string> =>
  members.map((member) => idOf(member) ?? `{id of ${member.label}}`)

/** The operation that an action is; null for one that does nothing. */
const operationOf = (action: Action, idOf: IdOf): Operation.Operation | null => {
  switch (action._tag) {
    case "Create":
      return { _tag: "Create", endpoint: "Users", resource: action.resource }
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate":
      return patched("Users", action.id, action.operations)
    case "Delete":
      return Operation.remove("Users", action.id)
    case "GroupCreate": {
      const members = idsOf(action.members, idOf).map((value) => ({ value }))
      const resource: JsonObject = members.length === 0 ? action.resource : { ...action.resource, members }
      return { _tag: "Create", endpoint: "Groups", resource }
    }
    case "GroupAdopt":
    case "GroupRename":
      return patched("Groups", action.id, action.operations)
    case "MembersAdd":
      return Operation.addMembers(action.id, idsOf(action.members, idOf))
    case "MembersRemove":
      return Operation.removeMembers(action.id, idsOf(action.members, idOf))
    case "GroupDelete":
      return Operation.remove("Groups", action.id)
    case "Skip":
    case "Conflict":
      return null
  }
}

// Groups are created without members, who follow in parts: see `PerformGroup` and `PerformMembers`.
const mostMembers = 500

/** The requests of an action, in order; everything but the token. Empty for one that does nothing. */
export const requestsOf = (
  action: Action,
  base: BridgeUrl,
  behaviour: Behaviour,
  idOf: IdOf = knownId
): ReadonlyArray<Operation.Shown> => {
  const operation = operationOf(action, idOf)
  if (operation === null) return []
  if (operation.endpoint === "Users") return Operation.show(operation, base, behaviour)
  const maxMembers = Math.min(behaviour.maxMembers ?? mostMembers, mostMembers)
  return Operation.show(operation, base, { ...behaviour, maxMembers, createMembers: false })
}
