/** Putting the attributes of a user back to how a run found them. */
import { Result } from "effect"
import type { JsonObject } from "../scim/Json.ts"
import * as Patch from "../scim/Patch.ts"
import type { DiffOptions } from "../scim/PatchDiff.ts"
import { loomUser, rolePath } from "../scim/Schemas.ts"
import type { Action, Change, Update } from "./Action.ts"
import { facetOf, isActive, isActiveAdmin } from "./Facet.ts"
import { fingerprintOfResource } from "./Fingerprint.ts"
import { beforeDemotion } from "./Protection.ts"
import type { Outcome } from "./UndoOutcome.ts"
import { userPatch } from "./UserPatch.ts"

type Changed = Extract<Action, { readonly _tag: "Update" | "RoleChange" | "Adopt" | "Reactivate" | "Deactivate" }>

/**
 * One attribute as it is by now. `Back`: as the action wanted it; `user` has the earlier value again. `Same`: as it was
 * before. `MovedOn`: neither.
 */
export type Part =
  | { readonly _tag: "Back"; readonly change: Change; readonly user: JsonObject }
  | { readonly _tag: "Same" }
  | { readonly _tag: "MovedOn" }
  | { readonly _tag: "NotExpressible" }

/** One attribute, in the user as far as it was put back by now. */
export const partOf = ({ after, before, path }: Change, now: JsonObject, user: JsonObject): Part => {
  const facet = facetOf(path)
  if (Result.isFailure(facet)) return { _tag: "NotExpressible" }
  const { read, text, write } = facet.success
  // Somebody who does not say whether they are active is.
  const earlier = path === "active" ? isActive({ active: before }) : before
  const present = text(read(now))
  if (present === text(earlier)) return { _tag: "Same" }
  if (present !== text(after)) return { _tag: "MovedOn" }
  const applied = Patch.apply(user, write(earlier, user), loomUser)
  if (Result.isFailure(applied) || text(read(applied.success)) !== text(earlier)) return { _tag: "NotExpressible" }
  return { _tag: "Back", change: { path, before: read(now) ?? null, after: earlier }, user: applied.success }
}

/** Whether we cease to know the user as ours: it was taken over by the run. */
const isLetGo = ({ _tag, changes }: Changed, back: ReadonlyArray<Change>): boolean =>
  back.some(({ path }) => path === "externalId") &&
  (_tag === "Adopt" || changes.some(({ before, path }) => path === "externalId" && before === null))

const actionOf = (common: Omit<typeof Update.Type, "_tag">, user: JsonObject, wanted: JsonObject): Action => {
  const [was, will] = [isActive(user), isActive(wanted)]
  if (was && !will) return { ...common, _tag: "Deactivate", before: user }
  if (!was && will) return { ...common, _tag: "Reactivate" }
  return common.changes.some(({ path }) => path === rolePath)
    ? { ...common, _tag: "RoleChange" }
    : { ...common, _tag: "Update" }
}

/**
 * Puts back every attribute that still has the value that the run gave it. The key of the action is null when the user is
 * ours no longer afterwards.
 */
export const restore = (action: Changed, user: JsonObject, options: DiffOptions): Outcome => {
  const back: Array<Change> = []
  const movedOn: Array<string> = []
  const notExpressible: Array<string> = []
  let wanted = user
  for (const change of action.changes) {
    const part = partOf(change, user, wanted)
    switch (part._tag) {
      case "Back":
        back.push(part.change)
        wanted = part.user
        break
      case "MovedOn":
        movedOn.push(change.path)
        break
      case "NotExpressible":
        notExpressible.push(change.path)
        break
      case "Same":
        break
    }
  }
  const impossible: Outcome["impossible"] = [
    ...(movedOn.length === 0 ? [] : [{ reason: "movedOn", detail: movedOn.join(", ") } as const]),
    ...(notExpressible.length === 0 ? [] : [{ reason: "notExpressible", detail: notExpressible.join(", ") } as const])
  ]
  const { id, key, label } = action
  if (back.length === 0) {
    const reason = "unchanged"
    const skip: Action = { _tag: "Skip", endpoint: "Users", id, key, label, at: null, reason }
    return { actions: impossible.length === 0 ? [skip] : [], impossible }
  }
  const common = {
    id,
    key: isLetGo(action, back) ? null : key,
    label,
    at: null,
    reason: "undone",
    changes: back,
    operations: userPatch(user, wanted, options),
    admin: { before: isActiveAdmin(user), after: isActiveAdmin(wanted) },
    ...beforeDemotion(back, user),
    basis: fingerprintOfResource(user, loomUser)
  } as const
  return { actions: [actionOf(common, user, wanted)], impossible }
}
