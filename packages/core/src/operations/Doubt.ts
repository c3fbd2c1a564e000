/** Whether a server that answered success did as asked: some drop members, roles and even deactivations silently. */
import { isJsonObject, type JsonObject } from "../scim/Json.ts"
import { memberIds } from "../scim/Members.ts"
import { get } from "../scim/ResourceValue.ts"
import { enterpriseUserUrn, rolePath } from "../scim/Schemas.ts"
import type { PatchOperation } from "../scim/ScimClientTypes.ts"

const isRole = (path: string | undefined): boolean => path?.toLowerCase() === rolePath.toLowerCase()

const roleOf = (user: JsonObject): string | null => {
  const extension = get(user, enterpriseUserUrn)
  const role = isJsonObject(extension) ? get(extension, "loomMemberRole") : null
  return typeof role === "string" ? role : null
}

const addedMembers = (operations: ReadonlyArray<PatchOperation>): ReadonlyArray<string> =>
  operations.flatMap(({ op, path, value }) =>
    op === "add" && path === "members" && value !== undefined ? memberIds({ members: value }) : []
  )

/** In what way a resource is not what some operations were to make it, in words; null when it is. */
export const doubtOf = (operations: ReadonlyArray<PatchOperation>, now: JsonObject): string | null => {
  const kept = new Set(memberIds(now))
  const dropped = addedMembers(operations).filter((id) => !kept.has(id))
  if (dropped.length > 0) return `the server dropped ${dropped.length} member(s): ${dropped.slice(0, 5).join(", ")}`
  for (const { op, path, value } of operations) {
    if (op !== "replace") continue
    const active = path === "active" ? get(now, "active") : undefined
    if (active !== undefined && String(active).toLowerCase() !== String(value)) {
      return `the server still says active: ${String(active)}`
    }
    if (isRole(path) && roleOf(now) !== value) return "the server did not take the role; is it mapped in WorkOS?"
  }
  return null
}

/**
 * Whether a change has to be followed by a read, because servers are known to drop these silently. Whether somebody is
 * active, an answer with the user tells as well.
 */
export const needsReadBack = (operations: ReadonlyArray<PatchOperation>, answered: JsonObject | null = null): boolean =>
  operations.some(({ path }) => path === "members" || isRole(path) || (path === "active" && answered === null))

/** What of a whole resource servers are known to drop silently, as the operations that {@link doubtOf} judges. */
export const wishesOf = (resource: JsonObject): ReadonlyArray<PatchOperation> => {
  const active = get(resource, "active")
  const members = get(resource, "members")
  const role = roleOf(resource)
  return [
    ...(typeof active === "boolean" ? [{ op: "replace", path: "active", value: active } as const] : []),
    ...(members === undefined ? [] : [{ op: "add", path: "members", value: members } as const]),
    ...(role === null ? [] : [{ op: "replace", path: rolePath, value: role } as const])
  ]
}
