/** PATCH (RFC 7644 §3.5.2): the message, and what its operations do to a resource. */
import { isJsonObject, type Json, type JsonObject } from "./Json.ts"
import { Result, Schema } from "effect"
import { locate, type ResourceType } from "./Attribute.ts"
import type { SyntaxFault } from "./AttributePath.ts"
import { type Kind, set } from "./PatchSet.ts"
import { refuse, type Refusal, resolve } from "./PatchTarget.ts"
import { remove } from "./PatchRemove.ts"
import { Draft } from "./PatchDraft.ts"
import { parse } from "./Path.ts"
import { equal, get } from "./ResourceValue.ts"

/** URN of the message (RFC 7644 §3.5.2). */
export const patchOpUrn = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

/** One operation as it arrives: `op` in any case, path and value perhaps missing. */
export const PatchOperation = Schema.Struct({
  op: Schema.String,
  path: Schema.optionalKey(Schema.String),
  value: Schema.optionalKey(Schema.Json)
})
export type PatchOperation = typeof PatchOperation.Type

/** The body of a PATCH request. */
export const PatchRequest = Schema.Struct({
  schemas: Schema.Tuple([Schema.Literal(patchOpUrn)]),
  Operations: Schema.Array(PatchOperation)
})
export type PatchRequest = typeof PatchRequest.Type

/** The body for some operations. */
export const request = (operations: ReadonlyArray<PatchOperation>): PatchRequest => ({
  schemas: [patchOpUrn],
  Operations: operations
})

/** Why a PATCH is refused as a whole; `scimType` is RFC 7644 §3.12's, to be answered with 400. */
export interface PatchRefused {
  readonly _tag: "PatchRefused"
  readonly scimType: Refusal["scimType"]
  /** Which operation, from 0. */
  readonly index: number
  readonly detail: string
}

const isKind = (op: string): op is Kind | "remove" => op === "add" || op === "replace" || op === "remove"

const badPath = (fault: SyntaxFault): Refusal => refuse("invalidPath", fault.message)

/** An operation without a path: each key of its value is an attribute, a dotted or a whole path, or an extension. */
const applyPathless = (draft: Draft, kind: Kind, value: Json, type: ResourceType): Refusal | undefined => {
  if (!isJsonObject(value)) return refuse("invalidValue", "without a path, the value must be an object of attributes")
  for (const [key, content] of Object.entries(value)) {
    const path = parse(key)
    if (Result.isFailure(path)) return badPath(path.failure)
    const { attribute, container, name } = locate(type, path.success.path)
    // Clients send what they were given: a read-only attribute may come along as long as it says what is so anyway.
    const unchanged =
      attribute?.mutability === "readOnly" &&
      container === null &&
      name !== null &&
      equal(get(draft.root, name), content)
    if (unchanged) continue
    const whole = path.success._tag === "AttributeTarget" && isJsonObject(content)
    const refused = set(draft, kind, path.success, resolve(type, draft, path.success, whole), content, type)
    if (refused !== undefined) return refused
  }
  return undefined
}

const applyOne = (draft: Draft, operation: PatchOperation, type: ResourceType): Refusal | undefined => {
  const kind = operation.op.toLowerCase()
  if (!isKind(kind)) return refuse("invalidSyntax", `op ${JSON.stringify(operation.op)} is not add, remove or replace`)
  const { path, value } = operation
  if (kind !== "remove" && value === undefined) return refuse("invalidValue", `${kind} needs a value`)
  if (path === undefined || path === "") {
    if (kind === "remove" || value === undefined) return refuse("noTarget", "remove needs a path")
    return applyPathless(draft, kind, value, type)
  }
  const parsed = parse(path)
  if (Result.isFailure(parsed)) return badPath(parsed.failure)
  const located = resolve(type, draft, parsed.success, false)
  return kind === "remove" || value === undefined
    ? remove(draft, parsed.success, located, value)
    : set(draft, kind, parsed.success, located, value, type)
}

/**
 * Applies operations in order, all or none; the resource given stays as it was.
 *
 * Where the RFC leaves room:
 * - null and `[]` unassign on `replace` and change nothing on `add` (RFC 7643 §2.5).
 * - A reference such as a group's member exists already when its `value` does.
 * - `remove` with a value on a multi-valued attribute removes the values that have what it names, as Entra sends it.
 * - `remove` of what is not there changes nothing; `add` and `replace` by a filter that matches nothing is `noTarget`.
 * - Attributes and extensions that no schema knows are written as they come.
 * - An extension's URN joins `schemas` with its first attribute and leaves with its last.
 */
export const apply = (
  resource: JsonObject,
  operations: ReadonlyArray<PatchOperation>,
  type: ResourceType
): Result.Result<JsonObject, PatchRefused> => {
  const draft = new Draft(resource)
  let index = 0
  for (const operation of operations) {
    const refused = applyOne(draft, operation, type)
    if (refused !== undefined) return Result.fail({ _tag: "PatchRefused", index, ...refused })
    index++
  }
  return Result.succeed(draft.root)
}
