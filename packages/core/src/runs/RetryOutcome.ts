/**
 * What is still to be done of an action that a run left undone, now that time has passed. Pure.
 *
 * A user has to be as the plan saw them, but for what the run itself did to them in part. Of a group only what the action
 * is about is looked at: the run itself, and everybody who leaves, changes the rest of it.
 */
import type { Action, MemberRef } from "../provisioning/Action.ts"
import { fingerprintOfResource } from "../provisioning/Fingerprint.ts"
import type { Present } from "../provisioning/Undo.ts"
import { type Outcome, refused } from "../provisioning/UndoOutcome.ts"
import { partOf } from "../provisioning/UndoRestore.ts"
import type { JsonObject } from "../scim/Json.ts"
import { shownMembers } from "../scim/Members.ts"
import { get } from "../scim/ResourceValue.ts"
import { groupType, loomUser } from "../scim/Schemas.ts"
import { isSo } from "./PerformPatch.ts"
import type { RunItem } from "./RunItem.ts"

/** Who is meant, by what is known of them. */
export interface Named {
  readonly id: string | null
  readonly key: string | null
}

/** How things stand by now. */
export interface Now extends Present {
  /** Whoever or whatever has the external id or name of what is to be created; null for nobody. */
  readonly rival: (action: Creation) => JsonObject | null
  /** The id of whom we manage by a key; null for nobody. */
  readonly idOf: (key: string) => string | null
  /** Whether a later run did the same. */
  readonly isMade: (action: Creation) => boolean
  /** Whether a later plan looked at the person. */
  readonly isDecided: (person: Named) => boolean
  /** The same of a group. */
  readonly isGroupDecided: (group: Named) => boolean
}

/** An action that makes something new. */
export type Creation = Extract<Action, { readonly _tag: "Create" | "GroupCreate" }>

type Change = Extract<Action, { readonly _tag: "Update" | "RoleChange" | "Reactivate" | "Adopt" | "Deactivate" }>
type Members = Extract<Action, { readonly _tag: "MembersAdd" | "MembersRemove" }>

const still = (action: Action): Outcome => ({ actions: [action], impossible: [] })

/** Nothing is left of it. */
const nothing = (action: Exclude<Action, { readonly _tag: "Skip" | "Conflict" }>, endpoint: "Users" | "Groups") =>
  still({
    _tag: "Skip",
    endpoint,
    id: "id" in action ? action.id : null,
    key: action.key,
    label: action.label,
    at: null,
    reason: "unchanged"
  })

/** The user without what the run did to them, and what of the action is neither as it was nor as it is to be. */
const before = ({ changes }: Change, user: JsonObject) => {
  let back = user
  const moved: Array<string> = []
  for (const change of changes) {
    const part = partOf(change, user, back)
    if (part._tag === "Back") back = part.user
    else if (part._tag !== "Same") moved.push(change.path)
  }
  return { back, moved }
}

const ofChange = (action: Change, user: JsonObject | null): Outcome => {
  if (user === null) return action._tag === "Deactivate" ? nothing(action, "Users") : refused("vanished")
  if (isSo(user, action.operations, loomUser)) return nothing(action, "Users")
  const basis = fingerprintOfResource(user, loomUser)
  if (basis === action.basis) return still(action)
  const { back, moved } = before(action, user)
  if (moved.length > 0 || fingerprintOfResource(back, loomUser) !== action.basis) {
    return refused("movedOn", moved.join(", "))
  }
  return still({ ...action, basis })
}

const ofCreate = (item: RunItem, action: Extract<Action, { readonly _tag: "Create" }>, now: Now): Outcome => {
  if (now.isMade(action)) return nothing(action, "Users")
  const rival = now.rival(action)
  const id = item.outcome?._tag === "Doubtful" ? item.outcome.id : null
  // Somebody else of that name is the server's to refuse: they may give it up yet.
  const isThere = rival !== null && (get(rival, "externalId") === action.key || get(rival, "id") === id)
  return isThere ? refused("appeared") : still(action)
}

/** The members who are still to go that way, and how many are not because a later plan looked at them. */
const moving = (
  members: ReadonlyArray<MemberRef>,
  isAdding: boolean,
  group: JsonObject,
  now: Now
): { readonly members: ReadonlyArray<MemberRef>; readonly decided: number } => {
  const open = members.filter((member) => !now.isDecided(member))
  const shown = shownMembers(group)
  const inside = new Set(shown)
  const left = open.filter(({ id, key }) => {
    const known = id ?? (key === null ? null : now.idOf(key))
    // A group that shows no members may have any.
    return shown === null || known === null || inside.has(known) !== isAdding
  })
  return { members: left, decided: members.length - open.length }
}

const withDecided = (outcome: Outcome, decided: number): Outcome => {
  if (decided === 0) return outcome
  const impossible = refused("decidedAnew", `${decided} of the members`).impossible
  return { actions: outcome.actions.filter(({ _tag }) => _tag !== "Skip"), impossible }
}

const ofMembers = (action: Members, group: JsonObject | null, now: Now): Outcome => {
  if (group === null) return action._tag === "MembersRemove" ? nothing(action, "Groups") : refused("vanished")
  const { decided, members } = moving(action.members, action._tag === "MembersAdd", group, now)
  const left = members.length === 0 ? nothing(action, "Groups") : still({ ...action, members })
  return withDecided(left, decided)
}

/** A group that was made, though not as it was to be, only lacks members. */
const ofGroupCreate = (
  { outcome }: RunItem,
  action: Extract<Action, { readonly _tag: "GroupCreate" }>,
  now: Now
): Outcome => {
  if (outcome?._tag !== "Doubtful") {
    if (now.isMade(action)) return nothing(action, "Groups")
    if (now.rival(action) !== null) return refused("appeared")
    const members = action.members.filter((member) => !now.isDecided(member))
    return withDecided(still({ ...action, members }), action.members.length - members.length)
  }
  const { id } = outcome
  const group = now.group(id)
  if (group === null) return refused("vanished")
  const { key, label, members } = action
  const basis = fingerprintOfResource(group, groupType)
  return ofMembers(
    { _tag: "MembersAdd", id, key, label, at: null, reason: "memberMissing", basis, members },
    group,
    now
  )
}

const ofGroup = (
  action: Extract<Action, { readonly _tag: "GroupAdopt" | "GroupRename" | "GroupDelete" }>,
  group: JsonObject | null
): Outcome => {
  if (group === null) return action._tag === "GroupDelete" ? nothing(action, "Groups") : refused("vanished")
  if (action._tag === "GroupDelete") {
    return fingerprintOfResource(group, groupType) === action.basis ? still(action) : refused("movedOn")
  }
  if (isSo(group, action.operations, groupType)) return nothing(action, "Groups")
  if (action._tag === "GroupRename") {
    return get(group, "displayName") === action.before ? still(action) : refused("movedOn", "displayName")
  }
  const externalId = get(group, "externalId") ?? ""
  return action.key === null || externalId === "" ? still(action) : refused("movedOn", "externalId")
}

/** What comes of an item by now. */
export const outcomeOf = (item: RunItem, now: Now): Outcome => {
  const { action } = item
  switch (action._tag) {
    case "Create":
      return now.isDecided({ id: null, key: action.key }) ? refused("decidedAnew") : ofCreate(item, action, now)
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate":
      return now.isDecided(action) ? refused("decidedAnew") : ofChange(action, now.user(action.id))
    case "Delete": {
      if (now.isDecided(action)) return refused("decidedAnew")
      const user = now.user(action.id)
      if (user === null) return nothing(action, "Users")
      return fingerprintOfResource(user, loomUser) === action.basis ? still(action) : refused("movedOn")
    }
    case "GroupCreate":
      return now.isGroupDecided({ id: null, key: action.key })
        ? refused("decidedAnew")
        : ofGroupCreate(item, action, now)
    case "GroupAdopt":
    case "GroupRename":
    case "GroupDelete":
      return now.isGroupDecided(action) ? refused("decidedAnew") : ofGroup(action, now.group(action.id))
    case "MembersAdd":
    case "MembersRemove":
      return ofMembers(action, now.group(action.id), now)
    case "Skip":
    case "Conflict":
      return { actions: [], impossible: [] }
  }
}
