/** People join and leave a group: in parts, only those who have to, and read back. */
import type { Action } from "@loom-scim/core/provisioning/Action"
import type { GuardPolicy } from "@loom-scim/core/provisioning/Guard"
import type { Direction } from "@loom-scim/core/runs/PerformMembers"
import { membersNow, move } from "@loom-scim/core/runs/PerformMembers"
import { readBack } from "@loom-scim/core/runs/PerformPatch"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { get } from "@loom-scim/core/scim/ResourceValue"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Result } from "effect"
import type { HeldByPolicy } from "./Carry.ts"
import { guarded } from "./Carry.ts"
import type { MembersInput } from "./PeopleInputs.ts"
import * as Policy from "./Policy.ts"
import type { Session } from "./Session.ts"

/** What came of it. */
export interface Moved {
  readonly groupId: string
  /** How many joined or left, as the group shows. */
  readonly moved: number
  /** How many needed nothing. */
  readonly unchanged: number
  /** Ids of those whom the server silently did not move. */
  readonly dropped: ReadonlyArray<string>
  /** What the group was read back for and does not show, in words; null when it shows all of it. */
  readonly doubt: string | null
}

const textOf = (group: JsonObject, name: string): string | null => {
  const value = get(group, name)
  return typeof value === "string" ? value : null
}

/** Nobody is taken out of a protected group; without any there is nothing to be asked. */
const allowed = Effect.fnUntraced(function* (
  { client }: Session,
  policy: GuardPolicy,
  id: string,
  userIds: ReadonlyArray<string>
): Effect.fn.Return<void, ScimError | HeldByPolicy> {
  if (policy.protectedGroups.length === 0) return
  const { resource } = yield* client.get("Groups", id)
  const action: Action = {
    _tag: "MembersRemove",
    id,
    key: textOf(resource, "externalId"),
    label: textOf(resource, "displayName") ?? id,
    at: null,
    reason: "memberLeft",
    basis: "",
    members: userIds.map((userId) => ({ key: null, id: userId, label: userId }))
  }
  // One group at a time says nothing of how many are taken out of groups.
  const limitless = { ...policy, removals: { count: null, percent: null } }
  const census = { people: 0, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 }
  yield* guarded(client, limitless, { action, census })
})

const moving = (direction: Direction) =>
  Effect.fnUntraced(function* (session: Session, { groupId, userIds }: MembersInput) {
    const { client } = session
    const policy = yield* Policy.guardOf(session)
    const ids = [...new Set(userIds)]
    const before = yield* membersNow(client, groupId)
    const left = ids.filter((id) => before?.has(id) !== (direction === "add"))
    const unchanged = ids.length - left.length
    if (left.length === 0) return { groupId, moved: 0, unchanged, dropped: [], doubt: null } satisfies Moved
    if (direction === "remove") yield* allowed(session, policy, groupId, left)
    const members = left.map((id) => ({ id, label: id }))
    const { doubt } = yield* move(client, groupId, direction, members, false)
    const now = doubt === null ? null : yield* readBack(membersNow(client, groupId))
    const shown = now !== null && Result.isSuccess(now) ? now.success : null
    const dropped = shown === null ? [] : left.filter((id) => shown.has(id) !== (direction === "add"))
    const moved = doubt !== null && shown === null ? 0 : left.length - dropped.length
    return { groupId, moved, unchanged, dropped, doubt } satisfies Moved
  })

/** Lets people join. */
export const add = moving("add")

/** Lets people leave. */
export const remove = moving("remove")
