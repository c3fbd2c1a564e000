/** The PATCH that leads a user from one state to another, in a form that servers do not read in two ways. */
import type { JsonObject } from "../scim/Json.ts"
import type { PatchOperation } from "../scim/Patch.ts"
import { diff, type DiffOptions } from "../scim/PatchDiff.ts"
import { loomUser } from "../scim/Schemas.ts"

/** The operations from one state of a user to another; empty when nothing differs. */
export const userPatch = (before: JsonObject, after: JsonObject, options: DiffOptions): ReadonlyArray<PatchOperation> =>
  diff(before, after, loomUser, { sets: "listsApart", ...options })
