/** Changing one resource by PATCH: not again what an earlier attempt did, and not believed where servers drop things. */
import { Effect, Result } from "effect"
import { doubtOf, needsReadBack } from "../operations/Doubt.ts"
import type { Action, Change } from "../provisioning/Action.ts"
import { fingerprintOfResource } from "../provisioning/Fingerprint.ts"
import type { ResourceType } from "../scim/Attribute.ts"
import type { JsonObject } from "../scim/Json.ts"
import * as Patch from "../scim/Patch.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { PatchOperation } from "../scim/ScimClientTypes.ts"
import { InvalidRequest, type ScimError } from "../scim/ScimError.ts"
import { groupType, loomUser } from "../scim/Schemas.ts"
import type { ManagedEndpoint } from "../ports/Runs.ts"
import { isOfConnection } from "./Verdict.ts"

/** An action that is one PATCH. */
export type PatchAction = Extract<
  Action,
  { readonly _tag: "Update" | "RoleChange" | "Reactivate" | "Adopt" | "Deactivate" | "GroupAdopt" | "GroupRename" }
>

/** How a change went. */
export interface Patched {
  readonly by: "answer" | "found"
  readonly doubt: string | null
}

const typeOf = (endpoint: ManagedEndpoint): ResourceType => (endpoint === "Users" ? loomUser : groupType)

/** The operation as the client takes it; null for one that RFC 7644 §3.5.2 does not know. */
const narrowed = ({ op, path, value }: Patch.PatchOperation): PatchOperation | null => {
  const kind = op.toLowerCase()
  if (kind === "remove")
    return path === undefined ? null : { op: kind, path, ...(value === undefined ? {} : { value }) }
  if (value === undefined || (kind !== "add" && kind !== "replace")) return null
  return { op: kind, ...(path === undefined ? {} : { path }), value }
}

/** The operations as the client takes them. */
export const operationsOf = (
  operations: ReadonlyArray<Patch.PatchOperation>
): Result.Result<ReadonlyArray<PatchOperation>, InvalidRequest> => {
  const found = operations.map(narrowed)
  const known = found.filter((operation) => operation !== null)
  if (known.length === found.length) return Result.succeed(known)
  const detail = "An operation is not add, replace or remove, or lacks its path or value."
  return Result.fail(new InvalidRequest({ operation: "PATCH", status: 0, scimType: null, detail }))
}

/** Whether operations would change nothing, since a resource is as they want it. */
export const isSo = (
  resource: JsonObject,
  operations: ReadonlyArray<Patch.PatchOperation>,
  type: ResourceType
): boolean => {
  const now = tolerate(resource, type).resource
  const applied = Patch.apply(now, operations, type)
  return Result.isSuccess(applied) && fingerprintOfResource(applied.success, type) === fingerprintOfResource(now, type)
}

/** What is looked at after a change: roles, which servers drop silently, and who may log in, which matters most. */
const wantedOf = (changes: ReadonlyArray<Change>): ReadonlyArray<PatchOperation> =>
  changes.flatMap(({ after, path }): ReadonlyArray<PatchOperation> => {
    const wanted = { op: "replace", path, value: after } as const
    return path === "active" || needsReadBack([wanted]) ? [wanted] : []
  })

/**
 * Reads a resource that was changed, or says why that cannot be done. Errors of the connection stay errors; those of
 * this one request do not undo what was done.
 */
export const readBack = <A>(read: Effect.Effect<A, ScimError>): Effect.Effect<Result.Result<A, string>, ScimError> =>
  Effect.matchEffect(read, {
    onSuccess: (resource) => Effect.succeed(Result.succeed(resource)),
    onFailure: (error) => {
      const isTooLong = error._tag === "Malformed" && error.reason === "tooLong"
      return isOfConnection(error) && !isTooLong
        ? Effect.fail(error)
        : Effect.succeed(Result.fail(`it could not be read back: ${error.message}`))
    }
  })

/**
 * What is doubtful about changes that were answered with success. An answer without doubt is believed; otherwise the
 * resource is read, since some answers show only a part of it, or what it was before.
 */
export const doubtAfter = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  id: string,
  changes: ReadonlyArray<Change>,
  answer: JsonObject | null
): Effect.fn.Return<string | null, ScimError> {
  const wanted = wantedOf(changes)
  if (wanted.length === 0 || (answer !== null && doubtOf(wanted, answer) === null)) return null
  const read = yield* readBack(client.get("Users", id))
  return Result.match(read, { onSuccess: ({ resource }) => doubtOf(wanted, resource), onFailure: (doubt) => doubt })
})

/** What is doubtful about a change that was answered with success and not with the resource, as it has to be. */
const doubtOfNothing = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  endpoint: ManagedEndpoint,
  id: string,
  operations: ReadonlyArray<PatchOperation>
): Effect.fn.Return<string | null, ScimError> {
  const read = yield* readBack(client.get(endpoint, id))
  if (Result.isFailure(read)) return read.failure
  const isDone = isSo(read.success.resource, operations, typeOf(endpoint))
  return isDone ? null : "the server answered 200 with nothing, and does not show the change"
})

/** Changes a user or group. In doubt it is read first, and left alone when it is as it is to be. */
export const patch = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  endpoint: ManagedEndpoint,
  action: PatchAction,
  inDoubt: boolean
): Effect.fn.Return<Patched, ScimError> {
  const { id } = action
  const operations = yield* Effect.fromResult(operationsOf(action.operations))
  if (inDoubt) {
    const { resource } = yield* client.get(endpoint, id)
    if (isSo(resource, operations, typeOf(endpoint))) return { by: "found", doubt: null }
  }
  const { resource, status } = yield* client.patch(endpoint, id, operations)
  if (resource === null && status === 200) {
    return { by: "answer", doubt: yield* doubtOfNothing(client, endpoint, id, operations) }
  }
  const doubt = "changes" in action ? yield* doubtAfter(client, id, action.changes, resource) : null
  return { by: "answer", doubt }
})
