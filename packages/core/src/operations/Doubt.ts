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

/** Whether an answer of 204 has to be followed by a read, because servers are known to drop these silently. */
export const needsReadBack = (operations: ReadonlyArray<PatchOperation>): boolean =>
  operations.some(({ path }) => path === "members" || isRole(path))
