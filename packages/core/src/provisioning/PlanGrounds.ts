/**
 * What a plan that came from outside stands on, looked up anew. Such a file says whom it may touch, who they are and how
 * many there are, and the guard judges by that: so none of it is believed, and all of it is read from the server again.
 */
import { Result } from "effect"
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import * as Patch from "../scim/Patch.ts"
import { get } from "../scim/ResourceValue.ts"
import { groupType, loomUser, rolePath } from "../scim/Schemas.ts"
import type { Action, Change } from "./Action.ts"
import { facetOf, isActive, isActiveAdmin } from "./Facet.ts"
import { canonical } from "./Fingerprint.ts"
import { GroupsOf, sketchOf } from "./GroupsOf.ts"
import { foldName as fold } from "./PersonDigest.ts"
import type { Plan } from "./Plan.ts"
import { type PlanFile, PlanFileRefused } from "./PlanFile.ts"
import { type Managed, Ours } from "./PlanMatch.ts"
import { beforeDemotion } from "./Protection.ts"
import type { Recognised } from "./Recognised.ts"

type UserAction = Extract<Action, { readonly changes: ReadonlyArray<Change> }> | Extract<Action, { _tag: "Delete" }>
type GroupAction = Extract<
  Action,
  { readonly _tag: "GroupAdopt" | "GroupRename" | "MembersAdd" | "MembersRemove" | "GroupDelete" }
>

/** Whether somebody is ours, or was given an external id by something else. */
interface Standing {
  readonly isOurs: boolean
  readonly isClaimed: boolean
}

const textOf = (resource: JsonObject, name: string): string => {
  const value = get(resource, name)
  return typeof value === "string" ? value : ""
}

const refuse = (detail: string) => Result.fail(new PlanFileRefused({ reason: "unfounded", detail }))

const judgedFacets = ["userName", "emails", rolePath].map((path) => Result.getOrThrow(facetOf(path)))

/** The changes, with those that give another user name, address or role as the requests make them. */
const asRequested = (changes: ReadonlyArray<Change>, before: JsonObject, after: JsonObject): ReadonlyArray<Change> => {
  let all = changes
  for (const { path, read, text } of judgedFacets) {
    const is = read(after)
    const said = all.find((change) => fold(change.path) === fold(path))
    if (text(said === undefined ? read(before) : said.after) === text(is)) continue
    const made = { path, before: read(before) ?? null, after: is ?? null }
    all = [...all.filter((change) => change !== said), made]
  }
  return all
}

/** Takes what the server has, which goes by once. Grows with the plan only. */
export class Grounds {
  readonly #file: PlanFile
  readonly #ours: Ours
  readonly #managedGroups: ReadonlySet<string>
  /** Those that are ours by now: recognised, or adopted by an earlier action. */
  readonly #ownGroups = new Set<string>()
  readonly #keys = new Map<string, string>()
  readonly #groupKeys = new Map<string, string>()
  readonly #isTouched = new Set<string>()
  readonly #standings = new Map<string, Standing>()
  readonly #users = new Map<string, JsonObject>()
  readonly #groups = new Map<string, JsonObject>()
  /** In which groups those are who are deleted. */
  readonly #groupsOf: GroupsOf
  /** Names that groups get, by id. */
  readonly #names = new Map<string, string>()
  readonly #recognised: Array<Recognised> = []
  readonly #counted = { users: 0, managed: 0, active: 0, admins: 0 }

  constructor(file: PlanFile, managed: Managed) {
    this.#file = file
    this.#ours = new Ours(managed.users)
    this.#managedGroups = managed.groups
    for (const { endpoint, id, key } of file.recognised) {
      if (endpoint === "Users") this.#keys.set(id, key)
      else this.#groupKeys.set(id, key)
    }
    this.#groupsOf = new GroupsOf(
      file.plan.actions.flatMap((action) =>
        action._tag === "Delete" && action.groups !== undefined ? [action.id] : []
      )
    )
    for (const action of file.plan.actions) {
      if ("id" in action && action.id !== null) this.#isTouched.add(action.id)
      if (action._tag !== "MembersRemove") continue
      for (const { id } of action.members) if (id !== null) this.#isTouched.add(id)
    }
  }

  /** Takes a user of the server, put right by `ResourceDecode`. */
  user(user: JsonObject): void {
    const { externalId, id, isManaged } = this.#ours.identify(user)
    const key = id === null ? undefined : this.#keys.get(id)
    const isRecognised = key !== undefined && key === externalId
    const isOurs = isManaged || isRecognised
    this.#counted.users++
    if (isOurs) this.#counted.managed++
    if (isOurs && isActive(user)) this.#counted.active++
    if (isActiveAdmin(user)) this.#counted.admins++
    if (id === null) return
    if (isRecognised) this.#recognised.push({ endpoint: "Users", id, key })
    if (!this.#isTouched.has(id)) return
    this.#standings.set(id, { isOurs, isClaimed: externalId !== null })
    this.#users.set(id, user)
  }

  /** Takes a group of the server, with its members. */
  group(group: JsonObject): void {
    this.#groupsOf.take(sketchOf(group))
    const id = idOf(group)
    if (id === null) return
    const key = this.#groupKeys.get(id)
    if (key !== undefined && fold(key) === fold(textOf(group, "externalId"))) {
      this.#recognised.push({ endpoint: "Groups", id, key })
      this.#ownGroups.add(id)
    }
    if (this.#isTouched.has(id)) this.#groups.set(id, group)
  }

  /**
   * Once everything went by and nothing had moved: the plan with what was found in place of what the file says. Refused
   * when it touches somebody who is not ours to touch, or does something else than it says.
   */
  get grounded(): Result.Result<Pick<PlanFile, "plan" | "recognised">, PlanFileRefused> {
    const { plan } = this.#file
    const actions: Array<Action> = []
    const counts = new Map<string, number>()
    for (const action of plan.actions) {
      const grounded = this.#action(action)
      if (Result.isFailure(grounded)) return Result.fail(grounded.failure)
      actions.push(grounded.success)
      counts.set(action._tag, (counts.get(action._tag) ?? 0) + 1)
    }
    const made: Plan = {
      ...plan,
      census: { ...plan.census, ...this.#counted },
      counts: Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      actions
    }
    return Result.succeed({ plan: made, recognised: this.#recognised })
  }

  #action(action: Action): Result.Result<Action, PlanFileRefused> {
    switch (action._tag) {
      case "Create":
        return fold(action.label) === fold(textOf(action.resource, "userName"))
          ? Result.succeed(action)
          : refuse(`What the plan calls ${action.label} has another user name.`)
      case "GroupCreate":
        return fold(action.label) === fold(textOf(action.resource, "displayName"))
          ? Result.succeed(action)
          : refuse(`What the plan calls ${action.label} has another name.`)
      case "Update":
      case "RoleChange":
      case "Reactivate":
      case "Adopt":
      case "Deactivate":
      case "Delete":
        return this.#onUser(action)
      case "GroupAdopt":
      case "GroupRename":
      case "MembersAdd":
      case "MembersRemove":
      case "GroupDelete":
        return this.#onGroup(action)
      case "Skip":
      case "Conflict":
        return Result.succeed(action)
    }
  }

  /** Whether something may be done to somebody: to ours, and to others as far as they may be adopted. */
  #isTouchable(id: string): boolean {
    const { adopt } = this.#file
    const standing = this.#standings.get(id)
    if (standing === undefined) return false
    return standing.isOurs || adopt === "any" || (adopt === "unclaimed" && !standing.isClaimed)
  }

  #onUser(action: UserAction): Result.Result<Action, PlanFileRefused> {
    const { id, label } = action
    const user = this.#users.get(id)
    const isDeletion = action._tag === "Delete"
    if (user === undefined || !(isDeletion ? this.#standings.get(id)?.isOurs : this.#isTouchable(id))) {
      return refuse(`The plan touches ${label}, who is not ours to touch.`)
    }
    const applied = isDeletion ? Result.succeed(user) : Patch.apply(user, action.operations, loomUser)
    if (Result.isFailure(applied)) return refuse(`What the plan changes of ${label} cannot be changed.`)
    const after = applied.success
    if (![user, after].some((one) => fold(textOf(one, "userName")) === fold(label))) {
      return refuse(`Whom the plan calls ${label} has another user name.`)
    }
    if (isDeletion) {
      // Where the plan has none no groups were read, now or then.
      const groups = action.groups === undefined ? {} : { groups: this.#groupsOf.of(id) }
      return Result.succeed({ ...action, before: user, ...groups })
    }
    if (action._tag !== "Deactivate" && isActive(user) && !isActive(after)) {
      return refuse(`The plan would shut ${label} out without saying so.`)
    }
    const admin = { before: isActiveAdmin(user), after: isActiveAdmin(after) }
    const changes = asRequested(action.changes, user, after)
    return Result.succeed(
      action._tag === "Deactivate"
        ? { ...action, admin, changes, before: user }
        : { ...action, admin, changes, ...beforeDemotion(changes, user) }
    )
  }

  #onGroup(action: GroupAction): Result.Result<Action, PlanFileRefused> {
    const { id, label } = action
    const group = this.#groups.get(id)
    if (group === undefined || !this.#isTouchableGroup(action, group)) {
      return refuse(`The plan touches the group ${label}, which is not ours to touch.`)
    }
    const name = textOf(group, "displayName")
    if (action._tag === "GroupAdopt" || action._tag === "GroupRename") {
      const after = Patch.apply(group, action.operations, groupType)
      const isSame =
        Result.isSuccess(after) && canonical(get(after.success, "members")) === canonical(get(group, "members"))
      if (!isSame) return refuse(`The plan would change more of the group ${label} than its name.`)
      this.#names.set(id, textOf(after.success, "displayName"))
      this.#ownGroups.add(id)
    }
    if (![name, this.#names.get(id) ?? name].some((one) => fold(one) === fold(label))) {
      return refuse(`What the plan calls the group ${label} has another name.`)
    }
    if (action._tag === "MembersRemove") {
      // Whoever is no user any more loses nothing.
      const other = action.members.find(
        (member) => member.id !== null && this.#standings.has(member.id) && !this.#isTouchable(member.id)
      )
      if (other !== undefined) return refuse(`The plan takes ${other.label} out of ${label}, who is not ours to touch.`)
    }
    return Result.succeed(action._tag === "GroupRename" ? { ...action, before: name } : action)
  }

  /** Adopting comes first, and what is done to a group afterwards is done to one of ours. */
  #isTouchableGroup({ _tag, id }: GroupAction, group: JsonObject): boolean {
    if (this.#managedGroups.has(id)) return true
    if (_tag === "GroupDelete") return false
    if (_tag === "GroupAdopt") return this.#file.adopt !== "never" && textOf(group, "externalId") === ""
    return this.#ownGroups.has(id)
  }
}
