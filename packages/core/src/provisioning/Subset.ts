/**
 * A plan about a few people of a source. It is made by the same planner as a full one, of exactly those people, the users
 * that may be them and the groups they are or were in; everybody else is taken for what they were the last time.
 *
 * It never deletes a group, and takes out of groups only the people it is about.
 */
import { Effect } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import type { PeopleSource, SourceFailure } from "../ports/PeopleSource.ts"
import type { ManagedResource } from "../ports/Runs.ts"
import type { ListVerdict } from "../scim/List.ts"
import { idOf } from "../scim/ListPage.ts"
import { get } from "../scim/ResourceValue.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { Action } from "./Action.ts"
import { activeOf } from "./ManagedAccess.ts"
import type { Compiled } from "./Mapping.ts"
import type { Person } from "./Person.ts"
import { Digests, withDigests } from "./PersonDigest.ts"
import { type Plan, PlanBuilder } from "./Plan.ts"
import { Planner } from "./Planner.ts"
import { managedOf, type PlanOptions } from "./PlanOptions.ts"
import type { Recognised } from "./Recognised.ts"
import { withAdmins } from "./SubsetAdmins.ts"
import * as SubsetGroups from "./SubsetGroups.ts"
import { Concerned } from "./SubsetKeep.ts"
import { NeedsFull } from "./SubsetNeedsFull.ts"
import { isWhole, readAgain, type WholeSource } from "./SubsetSource.ts"
import { FoundUsers } from "./SubsetUsers.ts"

/** What a plan about a few is made of. */
export interface SubsetInput {
  readonly source: PeopleSource
  readonly mapping: Compiled
  readonly connected: Connected
  readonly adopt: PlanOptions["adopt"]
  /** Everything that we manage on the connection. */
  readonly managed: ReadonlyArray<ManagedResource>
}

/** Whom it is about. */
export interface Selection {
  readonly whole: WholeSource
  /** People of the source, each key once. */
  readonly people: ReadonlyArray<Person>
  /** Keys of further people, whose records have to be read again. */
  readonly again: ReadonlySet<string>
  /** Managed users whose people are no longer in the source. */
  readonly leavers: ReadonlyArray<ManagedResource>
  /** Everything else that is to be counted in the plan. */
  readonly skipped: Iterable<Action>
  /** Null keeps all actions. Otherwise only those of these keys and ids: others were looked at on the way. */
  readonly only: { readonly keys: ReadonlySet<string>; readonly ids: ReadonlySet<string> } | null
}

/** The plan, and what to keep once it is carried out. */
export interface SubsetPlan {
  readonly plan: Plan
  /** Of the people it is about, as they are after it was carried out; of those who left, that they did. */
  readonly digests: Digests
  /** Ours by external id, and not known as managed. */
  readonly recognised: ReadonlyArray<ManagedResource>
  /** Names, folded, of groups that are not on the server. */
  readonly missingGroups: ReadonlySet<string>
}

// A person leads to a user who leads to another person; more than a few such steps are a reason to look at everybody.
const maxReadings = 4

/** A list that was wholly read: nothing is concluded from users that were not asked for. */
const asked: ListVerdict = {
  _tag: "Complete",
  quirks: new Set(),
  counts: { pages: 0, distinct: 0, duplicates: 0, unmatched: 0, total: null }
}

const without = (keys: Iterable<string>, others: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...keys].filter((key) => !others.has(key)))

type Failure = ScimError | ListIncomplete | SourceFailure | NeedsFull

interface Gathered {
  /** As the source has them. */
  readonly read: ReadonlyArray<Person>
  /** The same, their groups spelled as everybody's are. */
  readonly people: ReadonlyArray<Person>
  /** Those of them who are in nobody's way, and about whom something may be done. */
  readonly clear: ReadonlyArray<Person>
  readonly users: FoundUsers
}

/** The people with the users they may be, and with whoever is entangled with them by a name or an address. */
const gather = Effect.fnUntraced(function* (
  { connected, managed, mapping, source }: SubsetInput,
  { again, leavers, people, whole }: Selection
): Effect.fn.Return<Gathered, Failure> {
  const users = new FoundUsers(connected.client)
  const idsByKey = Map.groupBy(
    managed.filter(({ endpoint }) => endpoint === "Users"),
    ({ key }) => key
  )
  const idsOf = (key: string) => (idsByKey.get(key) ?? []).map(({ id }) => id)
  const { conflicts, byKey } = whole.index
  // Nothing is done about people who are in each other's way, so their users are not needed.
  const isClear = ({ key }: Person) => !conflicts.has(byKey.get(key) ?? -1)
  const { users: keys } = managedOf(managed)
  const all = [...people]
  const known = new Set<string>(people.map(({ key }) => key))
  yield* users.fetch(leavers.map(({ id }) => id))
  yield* users.findAll(people.filter(isClear), idsOf)
  // Nobody is taken for gone on the strength of one reading.
  const gone = new Set(leavers.map(({ key }) => key))
  let wanted = without([...again, ...gone, ...users.ownersIn(whole.index, keys)], known)
  for (let reading = 0; wanted.size > 0; reading++) {
    if (reading === maxReadings) return yield* new NeedsFull({ reason: "entangled" })
    const { people: read, unreadable } = yield* readAgain(source, mapping, whole, wanted)
    const found = new Set<string>(read.map(({ key }) => key))
    const isBack = [...gone].some((key) => found.has(key) || unreadable.has(key))
    const isUnsure = isBack || (gone.size > 0 && unreadable.has(null))
    if (isUnsure || without(without(wanted, gone), found).size > 0) {
      return yield* new NeedsFull({ reason: "sourceChanged" })
    }
    all.push(...read)
    for (const key of wanted) known.add(key)
    yield* users.findAll(read.filter(isClear), idsOf)
    wanted = without(users.ownersIn(whole.index, keys), known)
  }
  const spelled = all.map((person) => whole.names.spell(person))
  return { read: all, people: spelled, clear: spelled.filter(isClear), users }
})

/** The groups of those people, now and before; all of them where it is not known which those are. */
const gatherGroups = Effect.fnUntraced(function* (
  { adopt, connected, managed, mapping }: SubsetInput,
  leavers: ReadonlyArray<ManagedResource>,
  { clear: people, users }: Gathered
): Effect.fn.Return<SubsetGroups.FoundGroups, ScimError | ListIncomplete> {
  if ((mapping.mapping.groups ?? []).length === 0) return { groups: [], missing: new Set() }
  const keys = new Set<string>(people.map(({ key }) => key))
  const rows = managed.filter(({ endpoint, key }) => endpoint === "Users" && keys.has(key)).concat(leavers)
  const names = new Set([...people.flatMap(({ groups }) => groups), ...rows.flatMap(({ groups }) => groups)])
  const isKnown = new Set(rows.map(({ id }) => id))
  // Users who are not ours, and are not to be, stay in whatever groups they are.
  const isStranger = users.all.some((user) => {
    const externalId = get(user, "externalId")
    const isOurs = adopt !== "never" || (typeof externalId === "string" && keys.has(externalId))
    return isOurs && !isKnown.has(idOf(user) ?? "")
  })
  const isUnsure = rows.some(({ digest, id }) => digest === null && (users.of(id) ?? null) !== null)
  return yield* isStranger || isUnsure
    ? SubsetGroups.listAll(connected.client, names)
    : SubsetGroups.find(connected.client, names, managed)
})

/** Whether an action is about those who are asked for; a group's only so far as they are its members. */
const narrowed = (action: Action, only: Selection["only"]): Action | null => {
  if (only === null) return action
  const { ids, keys } = only
  const isMeant = (key: string | null, id: string | null) =>
    (key !== null && keys.has(key)) || (id !== null && ids.has(id))
  switch (action._tag) {
    case "GroupCreate":
    case "MembersAdd":
    case "MembersRemove": {
      const members = action.members.filter(({ id, key }) => isMeant(key, id))
      return members.length === 0 ? null : { ...action, members }
    }
    case "GroupAdopt":
    case "GroupRename":
    case "GroupDelete":
      return null
    case "Conflict":
      return action.endpoint === "Groups" || isMeant(action.key, null) ? action : null
    case "Skip":
      return action.endpoint === "Users" && isMeant(action.key, action.id) ? action : null
    case "Create":
      return isMeant(action.key, null) ? action : null
    default:
      return isMeant(action.key, action.id) ? action : null
  }
}

const isNarrowed = ({ id, key }: Recognised, only: Selection["only"]): boolean =>
  only === null || only.keys.has(key) || only.ids.has(id)

/**
 * Makes the plan. Its census has the people of the whole source and the users that we manage according to the store;
 * `users` are those too, since nobody else was counted. The admins are counted when one would be lost.
 */
export const plan = Effect.fn("Subset.plan")(function* (
  input: SubsetInput,
  selection: Selection
): Effect.fn.Return<SubsetPlan, Failure> {
  const { connected, managed } = input
  const { leavers, only, skipped, whole } = selection
  const gathered = yield* gather(input, selection)
  const { people, read, users } = gathered
  const { groups, missing } = yield* gatherGroups(input, leavers, gathered)
  const { behaviour } = yield* connected.client.profile
  const known = managedOf(managed)
  const ours = SubsetGroups.oursAmong(groups, managed, (name) => whole.names.has(name))
  const planner = new Planner({
    leavers: connected.deprovisioning,
    adopt: input.adopt,
    leftGroups: "empty",
    managed: { users: known.users, groups: ours },
    diff: { memberRemoval: behaviour.memberRemoval, clearAll: behaviour.clearMembers }
  })
  const builder = new PlanBuilder()
  const add = (action: Action | null) => builder.add(action === null ? null : narrowed(action, only))
  for (const person of people) planner.desired(person)
  for (const key of whole.unreadable) planner.unreadable(key)
  for (const user of users.all) add(planner.actual(user))
  for (const group of groups) planner.actualGroup(group)
  const settlement = planner.finish({ sourceFailure: whole.failure?.message ?? null, users: asked })
  for (const person of people) add(settlement.settle(person))
  for (const action of settlement.rest()) add(action)
  for (const action of skipped) builder.add(action)
  const digests = new Digests()
  // As they will be read the next time.
  for (const person of read) if (only === null || only.keys.has(person.key)) digests.take(person)
  if (isWhole(whole)) for (const { key } of leavers) digests.leave(key)
  const built = builder.build({
    withheld: settlement.withheld,
    census: {
      people: whole.index.size,
      duplicates: whole.index.repetitions.duplicates,
      users: known.users.size,
      managed: known.users.size,
      active: activeOf(
        managed,
        (id) => users.of(id),
        ({ key }) => whole.index.active[whole.index.byKey.get(key) ?? -1] === false
      ),
      unmanaged: settlement.census.unmanaged,
      admins: settlement.census.admins
    }
  })
  // Of whoever has yet to be changed it is known only afterwards what was sent.
  const concerned = new Concerned(built.actions)
  const recognised = withDigests(
    [...settlement.recognised()].filter((one) => isNarrowed(one, only)),
    digests
  ).map((resource) => (concerned.has(resource) ? { ...resource, digest: null } : resource))
  const missingGroups = new Set([...missing].filter((name) => whole.names.has(name)))
  return { plan: yield* withAdmins(connected.client, built), digests, recognised, missingGroups }
})
