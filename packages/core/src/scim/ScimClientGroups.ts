/** What servers are known to do to groups silently, looked for after each write and mended where that can be done. */
import { isJsonObject, type JsonObject } from "./Json.ts"
import { Effect } from "effect"
import { idOf } from "./ListPage.ts"
import * as Request from "./ScimClientRequest.ts"
import { type ChangeSource, membersOf, patch } from "./ScimClientPatch.ts"
import type { PatchOperation } from "./ScimClientTypes.ts"
import type { ScimError } from "./ScimError.ts"

/** The resource with `display` on each member, which some servers demand. */
export const withDisplay = (resource: JsonObject): JsonObject => {
  const { members } = resource
  if (!Array.isArray(members)) return resource
  const shown = members.map((member) =>
    isJsonObject(member) && member["display"] === undefined && member["value"] !== undefined
      ? { ...member, display: member["value"] }
      : member
  )
  return { ...resource, members: shown }
}

/**
 * Makes the members of a group those that were meant: a server may have ignored them, for which `quirk` is the name, or
 * they were too many to be sent along. Those that it does not take
 * by PATCH either are left to the caller's own reading back.
 */
export const keepMembers = Effect.fnUntraced(function* (
  source: ChangeSource,
  target: Request.Target,
  wanted: ReadonlyArray<string>,
  quirk: "createIgnoresMembers" | "replaceIgnoresMembers" | null,
  isNew = false
): Effect.fn.Return<void, ScimError> {
  const { learner } = source
  const had = yield* membersOf(source, target)
  // A group that shows no members by any means cannot be told from one that lost them; adding them again does no harm.
  const kept = new Set(had ?? [])
  const missing = wanted.filter((id) => !kept.has(id))
  const surplus = isNew ? [] : [...kept].filter((id) => !wanted.includes(id))
  if (missing.length === 0 && surplus.length === 0) return
  const operations: ReadonlyArray<PatchOperation> = [
    ...surplus.map((id): PatchOperation => ({
      op: "remove",
      path: `members[value eq ${Request.filterLiteral(id)}]`
    })),
    ...(missing.length === 0
      ? []
      : [{ op: "add", path: "members", value: missing.map((value) => ({ value })) } as const])
  ]
  yield* patch(source, { target, operations, ifMatch: null, projection: {} })
  const now = new Set(yield* membersOf(source, target))
  const isMended = missing.some((id) => now.has(id)) || surplus.some((id) => !now.has(id))
  if (isMended && quirk !== null) {
    learner.note(quirk)
    if (quirk === "createIgnoresMembers") learner.adapt({ createMembers: false })
  }
  if (missing.some((id) => !now.has(id)) && now.size > 0) learner.note("unknownMembersDropped")
})

const renameIn = (operations: ReadonlyArray<PatchOperation>): string | null => {
  const [only, ...others] = operations
  if (only === undefined || others.length > 0 || only.op !== "replace") return null
  if (only.path?.toLowerCase() === "displayname") return typeof only.value === "string" ? only.value : null
  const name = only.path === undefined && isJsonObject(only.value) ? only.value["displayName"] : undefined
  return typeof name === "string" ? name : null
}

/** A rename that changed nothing, since the server compares names without case, goes by way of another name. */
export const keepName = Effect.fnUntraced(function* (
  source: ChangeSource,
  target: Request.Target,
  operations: ReadonlyArray<PatchOperation>,
  answered: JsonObject | null
): Effect.fn.Return<JsonObject | null, ScimError> {
  const wanted = renameIn(operations)
  if (wanted === null) return answered
  const read = Effect.map(
    source.transport.call({ method: "GET", path: target.path, label: target.label, retry: "always" }),
    ({ json }) => (isJsonObject(json) ? json : null)
  )
  const group = answered ?? (yield* read)
  const name = group?.["displayName"]
  if (typeof name !== "string" || name === wanted || name.toLowerCase() !== wanted.toLowerCase()) return group
  const rename = (value: string) =>
    patch(source, {
      target,
      operations: [{ op: "replace", path: "displayName", value }],
      ifMatch: null,
      projection: {}
    })
  const id = group === null ? null : idOf(group)
  yield* rename(`${wanted} (${id ?? "renaming"})`)
  yield* rename(wanted)
  const now = yield* read
  if (now?.["displayName"] === wanted) source.learner.note("caseOnlyRenameIgnored")
  return now
})
