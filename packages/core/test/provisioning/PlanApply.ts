/** A server in memory that does what a plan says. */
import { isJsonObject, type JsonObject } from "../../src/scim/Json.ts"
import { Result } from "effect"
import type { Person } from "../../src/provisioning/Person.ts"
import { type Plan, plan, PlanBuilder, type PlanInput } from "../../src/provisioning/Plan.ts"
import { Planner } from "../../src/provisioning/Planner.ts"
import type { PlanOptions } from "../../src/provisioning/PlanOptions.ts"
import type { Managed } from "../../src/provisioning/PlanMatch.ts"
import type { ListVerdict } from "../../src/scim/List.ts"
import { apply, type PatchOperation } from "../../src/scim/Patch.ts"
import { get, isArray } from "../../src/scim/ResourceValue.ts"
import { groupType, loomUser } from "../../src/scim/Schemas.ts"

/** A list that was wholly read. */
export const complete: ListVerdict = {
  _tag: "Complete",
  quirks: new Set(),
  counts: { pages: 1, distinct: 0, duplicates: 0, unmatched: 0, total: null }
}

/** A list that ended too early. */
export const incomplete: ListVerdict = { ...complete, _tag: "Incomplete", reason: "emptyPageBeforeTotal" }

/** What a journal remembers. */
export const managing = (
  users: Iterable<readonly [id: string, key: string]>,
  groups: Iterable<string> = []
): Managed => ({
  users: new Map(users),
  groups: new Set(groups)
})

/** The careful options. */
export const options: PlanOptions = {
  leavers: "deactivate",
  adopt: "never",
  leftGroups: "empty",
  managed: managing([]),
  diff: {}
}

/** Plans for what is given; what is not is empty and wholly read. */
export const make = (input: Partial<PlanInput>, some: Partial<PlanOptions> = {}): Plan =>
  plan({ people: [], users: [], usersVerdict: complete, ...input }, { ...options, ...some })

/** What the second reading of a source has. */
export interface Again {
  readonly people: ReadonlyArray<Person>
  readonly unreadable?: ReadonlyArray<string | null>
  readonly failure?: string
}

/** The same for a source that is another when it is read again. */
export const makeTwice = (input: Partial<PlanInput>, again: Again, some: Partial<PlanOptions> = {}): Plan => {
  const planner = new Planner({ ...options, ...some })
  const builder = new PlanBuilder()
  for (const one of input.people ?? []) planner.desired(one)
  for (const key of input.unreadable ?? []) planner.unreadable(key)
  for (const user of input.users ?? []) builder.add(planner.actual(user))
  for (const group of input.actualGroups ?? []) planner.actualGroup(group)
  const settlement = planner.finish({ sourceFailure: null, users: complete })
  for (const one of again.people) builder.add(settlement.settle(one))
  for (const key of again.unreadable ?? []) settlement.unreadable(key)
  if (again.failure !== undefined) settlement.cut(again.failure)
  for (const action of settlement.rest()) builder.add(action)
  return builder.build(settlement)
}

/** A plan in short: what, to whom, why. */
export const told = ({ actions }: Plan) => actions.map(({ _tag, label, reason }) => [_tag, label, reason])

const memberIds = (group: JsonObject): ReadonlyArray<string> => {
  const members = get(group, "members")
  return (isArray(members) ? members : []).flatMap((member) => {
    const value = isJsonObject(member) ? get(member, "value") : undefined
    return typeof value === "string" ? [value] : []
  })
}

/** Does every action of a plan, in its order. */
export const applyPlan = (
  { actions }: Plan,
  before: Iterable<JsonObject>,
  groupsBefore: Iterable<JsonObject>,
  managed: Managed = managing([])
): {
  readonly users: ReadonlyArray<JsonObject>
  readonly groups: ReadonlyArray<JsonObject>
  readonly managed: Managed
} => {
  const users = new Map([...before].map((user) => [String(user["id"]), user]))
  const groups = new Map([...groupsBefore].map((group) => [String(group["id"]), group]))
  const given = new Map(managed.users)
  const ownGroups = new Set(managed.groups)
  const idOfKey = new Map<string, string>()
  const change = (all: Map<string, JsonObject>, id: string, operations: ReadonlyArray<PatchOperation>) => {
    const held = all.get(id)
    if (held === undefined) throw new Error(`there is no ${id}`)
    all.set(id, Result.getOrThrow(apply(held, operations, all === users ? loomUser : groupType)))
  }
  const setMembers = (id: string, members: Iterable<string>) => {
    const group = groups.get(id)
    if (group === undefined) throw new Error(`there is no ${id}`)
    groups.set(id, { ...group, members: [...new Set(members)].map((value) => ({ value })) })
  }
  const idsOf = (members: ReadonlyArray<{ readonly id: string | null; readonly key: string | null }>) =>
    members.map(({ id, key }) => id ?? idOfKey.get(key ?? "") ?? `nobody: ${key}`)
  for (const action of actions) {
    switch (action._tag) {
      case "Create": {
        const id = `new-${action.key}`
        users.set(id, { ...action.resource, id })
        idOfKey.set(action.key, id)
        given.set(id, action.key)
        break
      }
      case "Update":
      case "RoleChange":
      case "Reactivate":
      case "Adopt":
      case "Deactivate":
        change(users, action.id, action.operations)
        if (action.key !== null) given.set(action.id, action.key)
        break
      case "Delete":
        users.delete(action.id)
        for (const [id, group] of groups)
          setMembers(
            id,
            memberIds(group).filter((member) => member !== action.id)
          )
        break
      case "GroupCreate": {
        const id = `new-${action.key}`
        groups.set(id, { ...action.resource, id })
        setMembers(id, idsOf(action.members))
        ownGroups.add(id)
        break
      }
      case "GroupAdopt":
      case "GroupRename":
        change(groups, action.id, action.operations)
        ownGroups.add(action.id)
        break
      case "MembersAdd":
        setMembers(action.id, [...memberIds(groups.get(action.id) ?? {}), ...idsOf(action.members)])
        break
      case "MembersRemove": {
        const gone = new Set(idsOf(action.members))
        setMembers(
          action.id,
          memberIds(groups.get(action.id) ?? {}).filter((id) => !gone.has(id))
        )
        break
      }
      case "GroupDelete":
        groups.delete(action.id)
        break
      case "Skip":
      case "Conflict":
        break
    }
  }
  return { users: [...users.values()], groups: [...groups.values()], managed: { users: given, groups: ownGroups } }
}
