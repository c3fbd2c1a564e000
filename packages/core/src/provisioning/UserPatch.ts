/** The PATCH that leads a user from one state to another, in a form that servers do not read in two ways. */
import { isJsonObject, type Json, type JsonObject } from "../scim/Json.ts"
import type { PatchOperation } from "../scim/Patch.ts"
import { diff, type DiffOptions } from "../scim/PatchDiff.ts"
import { isArray } from "../scim/ResourceValue.ts"
import { loomUser } from "../scim/Schemas.ts"

type Values = Readonly<Record<string, Json>>

/** What of some values is a list, and the rest. */
const parted = (values: Values): { readonly lists: ReadonlyArray<[string, Json]>; readonly rest: Values } => {
  const entries = Object.entries(values)
  return {
    lists: entries.filter(([, value]) => isArray(value)),
    rest: Object.fromEntries(entries.filter(([, value]) => !isArray(value)))
  }
}

/**
 * A list in a replace without a path takes the place of the old one by RFC 7644 §3.5.2.3, but SCIMMY adds its values to
 * it: an address that was changed would leave the old one behind, and differ for ever. With a path, all do as asked.
 */
const listsByPath = (operation: PatchOperation): ReadonlyArray<PatchOperation> => {
  const { op, path, value } = operation
  if (op !== "replace" || path !== undefined || !isJsonObject(value)) return [operation]
  const core = parted(value)
  const rest: Record<string, Json> = {}
  const lists = core.lists.map(([name, list]): PatchOperation => ({ op, path: name, value: list }))
  for (const [name, held] of Object.entries(core.rest)) {
    if (!name.includes(":") || !isJsonObject(held)) {
      rest[name] = held
      continue
    }
    const extension = parted(held)
    lists.push(
      ...extension.lists.map(([inner, list]): PatchOperation => ({ op, path: `${name}:${inner}`, value: list }))
    )
    if (Object.keys(extension.rest).length > 0) rest[name] = extension.rest
  }
  if (lists.length === 0) return [operation]
  return Object.keys(rest).length === 0 ? lists : [{ op, value: rest }, ...lists]
}

/** The operations from one state of a user to another; empty when nothing differs. */
export const userPatch = (before: JsonObject, after: JsonObject, options: DiffOptions): ReadonlyArray<PatchOperation> =>
  diff(before, after, loomUser, options).flatMap(listsByPath)
