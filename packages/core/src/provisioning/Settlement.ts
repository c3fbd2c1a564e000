/** The second half of planning: once both sides were seen, an action for everybody who needs one. */
import { Result } from "effect"
import type { JsonObject } from "../scim/Json.ts"
import { get } from "../scim/ResourceValue.ts"
import { loomUser } from "../scim/Schemas.ts"
import type { Action, ConflictReason, MemberRef, SkipReason } from "./Action.ts"
import type { Census, Withheld } from "./Census.ts"
import type { Repetitions } from "./Duplicates.ts"
import { isActive, isActiveAdmin } from "./Facet.ts"
import { fingerprintOfResource } from "./Fingerprint.ts"
import { type Person, toResource } from "./Person.ts"
import { changeOf, lacksOnly } from "./PlanChange.ts"
import type { PlanGroups } from "./PlanGroups.ts"
import type { PlanIndex, Row } from "./PlanIndex.ts"
import type { Match, Matches, Sighting } from "./PlanMatch.ts"
import type { PlanOptions } from "./PlanOptions.ts"
import type { Recognised } from "./Recognised.ts"

/** A user of ours who is nobody of the source. */
export interface Leaver {
  readonly id: string
  /** Our external id for them, whether the server shows it or a journal remembers it. */
  readonly key: string | null
  readonly label: string
  readonly user: JsonObject
}

/** What the first half found. */
interface Known {
  readonly options: PlanOptions
  readonly index: PlanIndex
  readonly matches: Matches
  readonly groups: PlanGroups
  readonly leavers: ReadonlyMap<string, Leaver>
  readonly unreadable: ReadonlySet<string>
  /** Paths that the server shows of nobody. */
  readonly unshown: ReadonlySet<string>
  readonly isSourceWhole: boolean
  readonly withheld: ReadonlyArray<Withheld>
  readonly census: Census
}

/** Second reading: the same people once more for their actions, then {@link rest}. */
export class Settlement {
  readonly #known: Known
  readonly #settled: Uint8Array

  constructor(known: Known) {
    this.#known = known
    this.#settled = new Uint8Array(known.index.size)
  }

  /** Why nobody is taken for gone; empty when absence may be concluded. */
  get withheld(): ReadonlyArray<Withheld> {
    return this.#known.withheld
  }

  get census(): Census {
    return this.#known.census
  }

  /** Rows of the source that are in each other's way. Where the first of them was is known once they were settled. */
  get repetitions(): Repetitions {
    return this.#known.index.repetitions
  }

  /** Whether a person has to be read again. The others need nothing, and {@link rest} counts them. */
  isOpen(row: Row): boolean {
    return this.#matchOf(row)._tag !== "Unchanged"
  }

  /** The action for a person; null for one who was settled already. */
  settle(person: Person): Action | null {
    const { index } = this.#known
    const row = index.byKey.get(person.key)
    if (row === undefined) return conflictOf(person, "sourceChanged", [], "the person is new")
    index.repetitions.locate(row, person.at)
    if (this.#settled[row] === 1) return null
    this.#settled[row] = 1
    const match = this.#matchOf(row)
    // Nothing is done about the others, so it does not matter how they were read.
    if ((match._tag === "Absent" || match._tag === "Found") && !index.isSame(row, person)) {
      return conflictOf(person, "sourceChanged", [], "the person was read twice and differs")
    }
    switch (match._tag) {
      case "Unchanged":
        return skipOf(person, "unchanged", match.id)
      case "Ambiguous":
        return conflictOf(person, match.reason, match.ids, match.ids.join(", "))
      case "Absent":
        return person.active ? create(person) : skipOf(person, "inactiveAndAbsent", null)
      case "Found":
        return this.#change(person, row, match.sighting, match.user, match.id)
    }
  }

  /** The actions for people who were not settled, for whom the source no longer has, and for groups. */
  *rest(): Generator<Action> {
    for (let row = 0; row < this.#known.index.size; row++) if (this.#settled[row] !== 1) yield this.#unsettled(row)
    for (const leaver of this.#known.leavers.values()) yield this.#leave(leaver)
    const { groups, isSourceWhole, options } = this.#known
    if (!groups.isUsed) return
    const known = this.#idsOfPeople()
    const refOf = (row: Row) => this.#refOf(row)
    const memberships = {
      refOf,
      known: (id: string) => known.get(id) ?? null,
      isSourceWhole,
      isAbsenceCertain: this.withheld.length === 0
    }
    yield* groups.actions(memberships, options.leftGroups, options.adopt !== "never")
  }

  /**
   * Users and groups that are ours by the external id which the server shows, and that are not known as managed. Groups
   * are known once {@link rest} was gone through.
   */
  *recognised(): Generator<Recognised> {
    const { groups, index, options } = this.#known
    for (const [row, key] of index.keys.entries()) {
      const match = this.#matchOf(row)
      const isOurs = match._tag === "Unchanged" || (match._tag === "Found" && match.sighting.externalId === key)
      if (isOurs && !options.managed.users.has(match.id)) yield { endpoint: "Users", id: match.id, key }
    }
    for (const { id, key } of groups.recognised) yield { endpoint: "Groups", id, key }
  }

  #unsettled(row: Row): Action {
    const { keys, userNames } = this.#known.index
    const common = { endpoint: "Users", key: keys[row] ?? null, label: userNames[row] ?? "", at: null } as const
    const match = this.#matchOf(row)
    if (match._tag === "Unchanged") return { _tag: "Skip", ...common, id: match.id, reason: "unchanged" }
    const detail = "the person was missing when the source was read again"
    return { _tag: "Conflict", ...common, reason: "sourceChanged", ids: [], detail }
  }

  /** What was found, and whether it may be touched. */
  #matchOf(row: Row): Match {
    const { index, matches, options } = this.#known
    const match = matches.match(row)
    if (match._tag !== "Found") {
      const fault = index.shapes[row]?.fault ?? null
      return fault === null || match._tag === "Ambiguous"
        ? match
        : { _tag: "Ambiguous", reason: "notExpressible", ids: [] }
    }
    const { externalId } = match.sighting
    if (externalId !== null && externalId !== index.keys[row] && options.adopt !== "any") {
      return { _tag: "Ambiguous", reason: "otherExternalId", ids: [match.id] }
    }
    return match
  }

  #isLeftAlone({ by, isManaged }: Sighting): boolean {
    return by !== "ours" && !isManaged && this.#known.options.adopt === "never"
  }

  #change(person: Person, row: Row, sighting: Sighting, user: JsonObject, id: string): Action {
    if (this.#isLeftAlone(sighting)) return skipOf(person, "unmanaged", id)
    const shape = this.#known.index.shapes[row]
    if (shape === undefined || shape.fault !== null) {
      return conflictOf(person, "notExpressible", [id], shape?.fault ?? "")
    }
    const { options, unshown } = this.#known
    if (lacksOnly(unshown, person, shape, sighting, user) && options.isAsSent?.(id, person) === true) {
      return skipOf(person, "sentAndNotShown", id)
    }
    const change = changeOf(person, shape, sighting, user, id, options.diff)
    if (Result.isFailure(change)) return conflictOf(person, "notExpressible", [id], change.failure)
    return change.success ?? skipOf(person, "unchanged", id)
  }

  #leave({ id, key, label, user }: Leaver): Action {
    const skip = (reason: SkipReason): Action => ({ _tag: "Skip", endpoint: "Users", id, key, label, at: null, reason })
    const { options, unreadable, withheld } = this.#known
    if (key !== null && unreadable.has(key)) return skip("unreadableInSource")
    if (withheld.length > 0) return skip("leaversWithheld")
    const common = {
      id,
      key,
      label,
      reason: "goneFromSource",
      basis: fingerprintOfResource(user, loomUser),
      before: user
    } as const
    if (options.leavers === "delete") return { _tag: "Delete", ...common }
    if (!isActive(user)) return skip("alreadyInactive")
    const changes = [{ path: "active", before: get(user, "active") ?? null, after: false }]
    const operations = [{ op: "replace", path: "active", value: false }]
    const admin = { before: isActiveAdmin(user), after: false }
    return { _tag: "Deactivate", ...common, at: null, changes, operations, admin }
  }

  /** A person as a member: by id, or by key for one who is about to be created. */
  #refOf(row: Row): MemberRef | null {
    const { index } = this.#known
    const key = index.keys[row] ?? null
    const label = index.userNames[row] ?? ""
    const match = this.#matchOf(row)
    switch (match._tag) {
      case "Unchanged":
        return { key, id: match.id, label }
      case "Found":
        return this.#isLeftAlone(match.sighting) ? null : { key, id: match.id, label }
      case "Absent":
        return index.active[row] === true ? { key, id: null, label } : null
      case "Ambiguous":
        return null
    }
  }

  /** Whom a group may lose: people who were matched, and those who leave without being deleted. */
  #idsOfPeople(): ReadonlyMap<string, MemberRef> {
    const { index, leavers, options, unreadable, withheld } = this.#known
    const known = new Map<string, MemberRef>()
    for (let row = 0; row < index.size; row++) {
      const ref = this.#refOf(row)
      if (ref !== null && ref.id !== null) known.set(ref.id, ref)
    }
    // Deleting somebody takes them out of their groups anyway.
    if (withheld.length > 0 || options.leavers === "delete") return known
    for (const { id, key, label } of leavers.values()) {
      if (key === null || !unreadable.has(key)) known.set(id, { key, id, label })
    }
    return known
  }
}

const skipOf = ({ at, key, userName }: Person, reason: SkipReason, id: string | null): Action => ({
  _tag: "Skip",
  endpoint: "Users",
  id,
  key,
  label: userName,
  at,
  reason
})

const conflictOf = (
  { at, key, userName }: Person,
  reason: ConflictReason,
  ids: ReadonlyArray<string>,
  detail: string
): Action => ({ _tag: "Conflict", endpoint: "Users", key, label: userName, at, reason, ids, detail })

const create = (person: Person): Action => {
  const resource = toResource(person)
  if (Result.isFailure(resource)) return conflictOf(person, "notExpressible", [], resource.failure)
  const { at, key, userName: label } = person
  return { _tag: "Create", key, label, at, reason: "newInSource", resource: resource.success }
}
