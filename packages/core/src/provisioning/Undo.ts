/**
 * The opposite of what a run did, as a plan of its own: it is shown, judged and carried out like any other.
 *
 * Only what is still as the run left it is put back. What somebody has changed since is theirs, and is left.
 */
import type { ManagedChange } from "../ports/Runs.ts"
import type { RunItem } from "../runs/RunItem.ts"
import type { JsonObject } from "../scim/Json.ts"
import type { DiffOptions } from "../scim/PatchDiff.ts"
import { get } from "../scim/ResourceValue.ts"
import { loomUser } from "../scim/Schemas.ts"
import type { DeprovisioningPolicy } from "../setup/Choice.ts"
import type { Action } from "./Action.ts"
import type { Census } from "./Census.ts"
import { isActive, isActiveAdmin } from "./Facet.ts"
import { fingerprintOfResource } from "./Fingerprint.ts"
import { type Plan, PlanBuilder } from "./Plan.ts"
import { type Created, undoGroup } from "./UndoGroup.ts"
import { type Impossible, type Outcome, refused } from "./UndoOutcome.ts"
import { restore } from "./UndoRestore.ts"

/** The plan, and what it leaves. */
export interface Undone {
  readonly plan: Plan
  readonly impossible: ReadonlyArray<Impossible>
}

/** What the server has now, put right by `ResourceDecode`; null for what it no longer has. */
export interface Present {
  readonly user: (id: string) => JsonObject | null
  readonly group: (id: string) => JsonObject | null
}

/** What the plan may do, and what the guard is to know. */
export interface UndoOptions {
  /** What becomes of people whom the run created: they lose their access again. */
  readonly leavers: DeprovisioningPolicy
  readonly diff: DiffOptions
  /** The guard measures losses against `managed` and `admins`, so both are to be those of now. */
  readonly census: Census
}

const done = (...actions: ReadonlyArray<Action>): Outcome => ({ actions, impossible: [] })

type Creation = Extract<Action, { readonly _tag: "Create" }>

/** Whoever was created goes as a leaver does. */
const undoCreate = (
  { key, label }: Creation,
  user: JsonObject,
  id: string,
  wasFound: boolean,
  leavers: DeprovisioningPolicy
): Outcome => {
  const externalId = get(user, "externalId")
  const hasNone = externalId === undefined || externalId === null || externalId === ""
  if (hasNone ? wasFound : externalId !== key) return refused(wasFound ? "notOurs" : "movedOn", "externalId")
  const common = {
    id,
    key,
    label,
    reason: "undone",
    basis: fingerprintOfResource(user, loomUser),
    before: user
  } as const
  if (leavers === "delete") return done({ _tag: "Delete", ...common })
  if (!isActive(user)) {
    return done({ _tag: "Skip", endpoint: "Users", id, key, label, at: null, reason: "alreadyInactive" })
  }
  return done({
    _tag: "Deactivate",
    ...common,
    at: null,
    changes: [{ path: "active", before: get(user, "active") ?? null, after: false }],
    operations: [{ op: "replace", path: "active", value: false }],
    admin: { before: isActiveAdmin(user), after: false }
  })
}

/** What an item created, changed or removed, if it did. */
const idDone = ({ outcome }: RunItem): string | null =>
  outcome?._tag === "Done" || outcome?._tag === "Doubtful" ? outcome.id : null

const wasFound = ({ outcome }: RunItem): boolean => outcome?._tag === "Done" && outcome.by === "found"

/** What the run added is gone, as after an earlier undoing. */
const gone = ({ key, label }: Action, endpoint: "Users" | "Groups", id: string): Outcome =>
  done({ _tag: "Skip", endpoint, id, key, label, at: null, reason: "unchanged" })

const outcomeOf = (item: RunItem, id: string, present: Present, options: UndoOptions, created: Created): Outcome => {
  const { action } = item
  switch (action._tag) {
    case "Delete":
      return refused("deleted")
    case "GroupDelete":
      return refused("groupDeleted")
    case "Create": {
      const user = present.user(id)
      return user === null ? gone(action, "Users", id) : undoCreate(action, user, id, wasFound(item), options.leavers)
    }
    case "Update":
    case "RoleChange":
    case "Adopt":
    case "Reactivate":
    case "Deactivate": {
      const user = present.user(action.id)
      return user === null ? refused("vanished") : restore(action, user, options.diff)
    }
    case "GroupCreate":
    case "MembersAdd": {
      const group = present.group(id)
      return group === null ? gone(action, "Groups", id) : undoGroup(action, group, id, wasFound(item), created)
    }
    case "GroupAdopt":
    case "GroupRename":
    case "MembersRemove": {
      const group = present.group(id)
      return group === null ? refused("vanished") : undoGroup(action, group, id, wasFound(item), created)
    }
    case "Skip":
    case "Conflict":
      return done()
  }
}

/** What the run did to people, for the members of its groups. */
const createdBy = (items: ReadonlyArray<RunItem>, leavers: DeprovisioningPolicy): Created => {
  const ids = new Map<string, string>()
  const gone = new Set<string>()
  for (const item of items) {
    const id = idDone(item)
    if (id === null) continue
    if (item.action._tag === "Create") ids.set(item.action.key, id)
    if (item.action._tag === "Delete") gone.add(id)
  }
  return { ids, gone, leaving: new Set(leavers === "delete" ? ids.values() : []) }
}

/**
 * The opposite of the items that were carried out; what failed, was dropped or never tried needs none. Doing it, and
 * making it again, leaves nothing to do.
 */
export const undoPlan = (items: Iterable<RunItem>, present: Present, options: UndoOptions): Undone => {
  const carriedOut = [...items].filter((item) => idDone(item) !== null)
  const created = createdBy(carriedOut, options.leavers)
  const builder = new PlanBuilder()
  const impossible: Array<Impossible> = []
  for (const item of carriedOut) {
    const { _tag: tag, label } = item.action
    const outcome = outcomeOf(item, idDone(item) ?? "", present, options, created)
    for (const action of outcome.actions) builder.add(action)
    for (const one of outcome.impossible) impossible.push({ label, tag, ...one })
  }
  return { plan: builder.build({ census: options.census, withheld: [] }), impossible }
}

/**
 * What a run that undid another makes of the managed resources, to be stored once it is over: those that the other had
 * taken over are ours no longer. Everything else is stored as for any run.
 */
export const letGo = (items: Iterable<RunItem>): ReadonlyArray<ManagedChange> =>
  [...items].flatMap((item): ReadonlyArray<ManagedChange> => {
    const { _tag, key, reason } = item.action
    const id = idDone(item)
    if (id === null || reason !== "undone" || key !== null) return []
    switch (_tag) {
      case "Update":
      case "RoleChange":
      case "Reactivate":
      case "Deactivate":
        return [{ _tag: "Forget", endpoint: "Users", id }]
      case "GroupAdopt":
        return [{ _tag: "Forget", endpoint: "Groups", id }]
      default:
        // Members and names are changed of groups without a key, too, and those stay ours.
        return []
    }
  })
