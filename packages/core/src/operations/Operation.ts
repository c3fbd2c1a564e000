/** What people do to a directory, as data: it can be shown before it is done, and is then done exactly as shown. */
import { Effect } from "effect"
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import { memberIds } from "../scim/Members.ts"
import * as PatchForm from "../scim/PatchForm.ts"
import { type Behaviour, standard } from "../scim/Profile.ts"
import { withDisplay } from "../scim/ScimClientGroups.ts"
import * as Request from "../scim/ScimClientRequest.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { PatchOperation } from "../scim/ScimClientTypes.ts"
import type { ScimError } from "../scim/ScimError.ts"
import { enterpriseUserUrn, groupUrn, rolePath, userUrn } from "../scim/Schemas.ts"
import type { BridgeUrl } from "../setup/BridgeUrl.ts"
import { doubtOf, needsReadBack, wishesOf } from "./Doubt.ts"

/** The resource types people work with. */
export type Endpoint = "Users" | "Groups"

/** One change. */
export type Operation =
  | { readonly _tag: "Create"; readonly endpoint: Endpoint; readonly resource: JsonObject }
  | {
      readonly _tag: "Patch"
      readonly endpoint: Endpoint
      readonly id: string
      readonly operations: ReadonlyArray<PatchOperation>
    }
  | { readonly _tag: "Replace"; readonly endpoint: Endpoint; readonly id: string; readonly resource: JsonObject }
  | { readonly _tag: "Delete"; readonly endpoint: Endpoint; readonly id: string }

/** What a new user needs; `email` is the user name when that is an address. */
export interface NewUser {
  readonly userName: string
  readonly email?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly externalId?: string
  readonly role?: string
}

/** Creates a user (RFC 7644 §3.3), active, with the Loom role in the enterprise extension if one is given. */
export const createUser = ({ email, externalId, familyName, givenName, role, userName }: NewUser): Operation => {
  const address = email ?? (userName.includes("@") ? userName : undefined)
  const name = {
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName })
  }
  return {
    _tag: "Create",
    endpoint: "Users",
    resource: {
      schemas: role === undefined ? [userUrn] : [userUrn, enterpriseUserUrn],
      userName: userName.toLowerCase(),
      ...(externalId === undefined ? {} : { externalId }),
      ...(Object.keys(name).length === 0 ? {} : { name }),
      ...(address === undefined ? {} : { emails: [{ value: address, type: "work", primary: true }] }),
      ...(role === undefined ? {} : { [enterpriseUserUrn]: { loomMemberRole: role } }),
      active: true
    }
  }
}

const patch = (endpoint: Endpoint, id: string, ...operations: ReadonlyArray<PatchOperation>): Operation => ({
  _tag: "Patch",
  endpoint,
  id,
  operations
})

/** Deactivates or reactivates a user. */
export const setActive = (id: string, active: boolean): Operation =>
  patch("Users", id, { op: "replace", path: "active", value: active })

/** Gives a user a Loom role; it takes effect only once the WorkOS console maps the attribute. */
export const setRole = (id: string, role: string): Operation =>
  patch("Users", id, { op: "replace", path: rolePath, value: role })

/** Replaces single attributes; a value of null removes the attribute. */
export const setAttributes = (
  endpoint: Endpoint,
  id: string,
  values: ReadonlyArray<readonly [path: string, value: JsonObject[string]]>
): Operation =>
  patch(
    endpoint,
    id,
    ...values.map(([path, value]): PatchOperation =>
      value === null ? { op: "remove", path } : { op: "replace", path, value }
    )
  )

/** Removes a user or group for good. */
export const remove = (endpoint: Endpoint, id: string): Operation => ({ _tag: "Delete", endpoint, id })

/** Creates a group. */
export const createGroup = (displayName: string, members: ReadonlyArray<string> = []): Operation => ({
  _tag: "Create",
  endpoint: "Groups",
  resource: {
    schemas: [groupUrn],
    displayName,
    ...(members.length === 0 ? {} : { members: members.map((value) => ({ value })) })
  }
})

/** Renames a group. */
export const renameGroup = (id: string, displayName: string): Operation =>
  patch("Groups", id, { op: "replace", path: "displayName", value: displayName })

/** Adds members by their ids. */
export const addMembers = (id: string, members: ReadonlyArray<string>): Operation =>
  patch("Groups", id, { op: "add", path: "members", value: members.map((value) => ({ value })) })

/** Removes members by their ids, one filter each, the form the RFC gives (RFC 7644 §3.5.2.2). */
export const removeMembers = (id: string, members: ReadonlyArray<string>): Operation =>
  patch(
    "Groups",
    id,
    ...members.map((value): PatchOperation => ({ op: "remove", path: `members[value eq ${JSON.stringify(value)}]` }))
  )

/** A request as a person may see it: everything but the token. */
export interface Shown {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE"
  readonly url: string
  readonly body: JsonObject | null
}

const patchRequests = (
  url: string,
  operations: ReadonlyArray<PatchOperation>,
  behaviour: Behaviour
): ReadonlyArray<Shown> =>
  PatchForm.encode(operations, behaviour).map((request) => {
    const body: JsonObject = JSON.parse(Request.patchBody(request))
    return { method: "PATCH", url, body }
  })

const creation = (url: string, resource: JsonObject, behaviour: Behaviour): ReadonlyArray<Shown> => {
  const whole = Request.withoutNulls(behaviour.memberDisplay ? withDisplay(resource) : resource)
  const members = memberIds(resource)
  if (members.length === 0 || behaviour.createMembers) return [{ method: "POST", url, body: whole }]
  const { members: _, ...bare } = whole
  // The server would ignore them; they follow once the group has its id.
  const added = addMembers("", members)
  const later = added._tag === "Patch" ? patchRequests(`${url}/{id}`, added.operations, behaviour) : []
  return [{ method: "POST", url, body: bare }, ...later]
}

/**
 * Shows the requests that an operation sends to a server of that profile. When it refuses one, the client may try other
 * forms of the same change.
 */
export const show = (operation: Operation, base: BridgeUrl, behaviour: Behaviour = standard): ReadonlyArray<Shown> => {
  const url = `${base}/${operation.endpoint}`
  switch (operation._tag) {
    case "Create":
      return creation(url, operation.resource, behaviour)
    case "Patch":
      return patchRequests(`${url}/${encodeURIComponent(operation.id)}`, operation.operations, behaviour)
    case "Replace": {
      const { id, resource } = operation
      const body = Request.withoutNulls(behaviour.memberDisplay ? withDisplay(resource) : resource)
      return [{ method: "PUT", url: `${url}/${encodeURIComponent(id)}`, body }]
    }
    case "Delete":
      return [{ method: "DELETE", url: `${url}/${encodeURIComponent(operation.id)}`, body: null }]
  }
}

/** What came of an operation. `doubt` says in what way the server did not do as asked, though it answered success. */
export interface Outcome {
  readonly id: string
  readonly resource: JsonObject | null
  readonly doubt: string | null
}

/** Does it. Changes that servers are known to drop silently are read back. `version` is sent as If-Match. */
export const execute = Effect.fn("Operation.execute")(function* (
  client: ScimClientOperations,
  operation: Operation,
  options: { readonly version?: string } = {}
): Effect.fn.Return<Outcome, ScimError> {
  switch (operation._tag) {
    case "Create": {
      const { id, resource } = yield* client.create(operation.endpoint, operation.resource)
      return { id, resource, doubt: null }
    }
    case "Patch": {
      const { endpoint, id, operations } = operation
      const changed = yield* client.patch(endpoint, id, operations, options)
      const readBack = needsReadBack(operations, changed.resource)
      const resource = readBack ? (yield* client.get(endpoint, id)).resource : changed.resource
      return { id, resource, doubt: resource === null ? null : doubtOf(operations, resource) }
    }
    case "Replace": {
      const { endpoint, id, resource: wanted } = operation
      yield* client.replace(endpoint, id, wanted, options)
      const { resource } = yield* client.get(endpoint, id)
      return { id, resource, doubt: doubtOf(wishesOf(wanted), resource) }
    }
    case "Delete":
      yield* client.delete(operation.endpoint, operation.id, options)
      return { id: operation.id, resource: null, doubt: null }
  }
})

/** The id of a listed resource; an empty string when the server forgot it. */
export const idIn = (resource: JsonObject): string => idOf(resource) ?? ""
