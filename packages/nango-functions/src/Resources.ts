/** Users and groups one at a time. What a server sends is put right by the schemas of RFC 7643 before it is handed on. */
import type { ResourceType } from "@loom-scim/core/scim/Attribute"
import type { Json, JsonObject } from "@loom-scim/core/scim/Json"
import { isJsonObject } from "@loom-scim/core/scim/Json"
import { tolerate } from "@loom-scim/core/scim/ResourceDecode"
import { groupType, groupUrn, loomUser, userUrn } from "@loom-scim/core/scim/Schemas"
import type { PatchOperation } from "@loom-scim/core/scim/ScimClientTypes"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Schema } from "effect"
import type { GroupUpdate, Id, NewResource, PatchInput, UserUpdate } from "./Inputs.ts"
import type { Session } from "./Session.ts"

/** One of the two resource types, as all operations on it need it. */
export interface Kind {
  readonly endpoint: "Users" | "Groups"
  readonly urn: string
  readonly type: ResourceType
}

export const users: Kind = { endpoint: "Users", urn: userUrn, type: loomUser }
export const groups: Kind = { endpoint: "Groups", urn: groupUrn, type: groupType }

/** A change that changes nothing, or lacks the value to set. Nothing was sent. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", { reason: Schema.String }) {
  override get message(): string {
    return `The input is not as this function wants it: ${this.reason}`
  }
  get next(): string {
    return "Correct the input, then call the function again; nothing was sent."
  }
}

/** A resource as RFC 7643 has it, whatever liberties the server took. */
export const mended = ({ type }: Kind, resource: JsonObject): JsonObject => tolerate(resource, type).resource

/** What came in as JSON, without what has no value. */
export const toJson = (value: unknown): Json => {
  // JSON.parse gives nothing but JSON values, which is what the type says.
  const json: Json = JSON.parse(JSON.stringify(value ?? null))
  return json
}

const operationOf = ({
  op,
  path,
  value
}: PatchInput["operations"][number]): Effect.Effect<PatchOperation, InvalidInput> => {
  if (op === "remove") {
    if (path === undefined) return Effect.fail(new InvalidInput({ reason: "An operation that removes needs a path." }))
    return Effect.succeed({ op, path, ...(value === undefined ? {} : { value: toJson(value) }) })
  }
  if (value === undefined) return Effect.fail(new InvalidInput({ reason: `An operation that ${op}s needs a value.` }))
  return Effect.succeed({ op, ...(path === undefined ? {} : { path }), value: toJson(value) })
}

/** Reads one. */
export const read =
  (kind: Kind) =>
  ({ client }: Session, { id }: Id): Effect.Effect<JsonObject, ScimError> =>
    Effect.map(client.get(kind.endpoint, id), ({ resource }) => mended(kind, resource))

/** Creates one. */
export const create =
  (kind: Kind) =>
  ({ client }: Session, given: NewResource): Effect.Effect<JsonObject, ScimError> => {
    const json = toJson(given)
    const body = isJsonObject(json) ? json : {}
    const schemas = [kind.urn, ...Object.keys(body).filter((name) => /^urn:/i.test(name))]
    return Effect.map(client.create(kind.endpoint, { schemas, ...body }), ({ id, resource }) =>
      mended(kind, { ...resource, id })
    )
  }

/** Patches one, and answers it as it is afterwards. */
export const patch =
  (kind: Kind) =>
  ({ client }: Session, { id, operations }: PatchInput): Effect.Effect<JsonObject, ScimError | InvalidInput> =>
    Effect.gen(function* () {
      if (operations.length === 0) return yield* new InvalidInput({ reason: "There is nothing to change." })
      const wanted = yield* Effect.forEach(operations, operationOf)
      const { resource } = yield* client.patch(kind.endpoint, id, wanted)
      // 204 is as good an answer as the resource.
      return mended(kind, resource ?? (yield* client.get(kind.endpoint, id)).resource)
    })

/** A user with the parts of the name beside the rest. */
const flat = ({ active, displayName, emails, id, name, userName }: JsonObject): JsonObject => {
  const { familyName, givenName } = isJsonObject(name) ? name : {}
  const all = { id, userName, givenName, familyName, displayName, active, emails }
  return Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
}

/** Replaces single values of a user. */
export const updateUser = (session: Session, { id, ...given }: UserUpdate) => {
  const paths = {
    userName: given.userName,
    "name.givenName": given.givenName,
    "name.familyName": given.familyName,
    displayName: given.displayName,
    active: given.active
  }
  const operations = Object.entries(paths).flatMap(([path, value]) =>
    value === undefined ? [] : [{ op: "replace", path, value } as const]
  )
  return Effect.map(patch(users)(session, { id, operations }), flat)
}

/** Renames a group, and lets people join or leave it. */
export const updateGroup = (session: Session, { displayName, id, members = [] }: GroupUpdate) => {
  const name = displayName === undefined ? [] : [{ op: "replace", path: "displayName", value: displayName } as const]
  const moves = members.map(({ display, op, userId }) => ({
    op,
    path: "members",
    value: [{ value: userId, ...(display === undefined ? {} : { display }) }]
  }))
  return patch(groups)(session, { id, operations: [...name, ...moves] })
}

/** Deletes one. One that is already gone is told as such. */
export const remove =
  (kind: Kind) =>
  ({ client }: Session, { id }: Id): Effect.Effect<{ readonly id: string; readonly deleted: true }, ScimError> =>
    Effect.as(client.delete(kind.endpoint, id), { id, deleted: true })
