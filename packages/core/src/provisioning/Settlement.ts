/** The second half of planning: once both sides were seen, an action for everybody who needs one. */
import { Result } from "effect"
import type { JsonObject } from "../scim/Json.ts"
import { get } from "../scim/ResourceValue.ts"
import { loomUser } from "../scim/Schemas.ts"
import { Absence, type FirstReading, keyOf, type Leaver } from "./Absence.ts"
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
import type { Unmatched } from "./Protection.ts"
import type { Recognised } from "./Recognised.ts"

/** What the first half found. */
interface Known {
  readonly options: PlanOptions
  readonly index: PlanIndex
  readonly matches: Matches
  readonly groups: PlanGroups
  readonly leavers: ReadonlyMap<string, Leaver>
  readonly first: FirstReading
  /** Paths that the server shows of nobody. */
  readonly unshown: ReadonlySet<string>
  /** What the policy names and nobody is, once both sides were read to their end. */
  readonly unmatched: ReadonlyArray<Unmatched>
  readonly census: Census
}

/** Second reading: the same people once more for their actions, then {@link rest}. */
export class Settlement {
  readonly #known: Known
  readonly #settled: Uint8Array
  readonly #absence: Absence
  /** Whether the two readings of the source differ. */
  #hasChanged = false

  constructor(known: Known) {
    this.#known = known
    this.#settled = new Uint8Array(known.index.size)
    this.#absence = new Absence(known.first)
  }

  /** Why nobody is taken for gone; empty when absence may be concluded. */
  get withheld(): ReadonlyArray<Withheld> {
    return this.#absence.withheld
  }

  /** What the policy names and nobody is, as far as that may be concluded. */
  get unmatched(): ReadonlyArray<Unmatched> {
    return this.#absence.isCertain ? this.#known.unmatched : []
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

  /** Whether anybody is about to be taken for gone, which one reading alone does not tell. */
  get isAnyoneLeaving(): boolean {
    const { leavers, options } = this.#known
    for (const leaver of leavers.values()) {
      if ((options.leavers === "delete" || isActive(leaver.user)) && this.#absence.keptFor(leaver) === null) return true
    }
    return false
  }

  /** Takes a record of the second reading that makes no person, by its key; null when not even that can be read. */
  unreadable(key: string | null): void {
    this.#absence.unreadable(key)
  }

  /** Notes, in words, why the second reading did not come to its end. */
  cut(detail: string): void {
    this.#absence.cut(detail)
  }

  /** The action for a person; null for one who was settled already. */
  settle(person: Person): Action | null {
    const { index } = this.#known
    const row = index.byKey.get(person.key)
    if (row === undefined) {
      this.#absence.late(person)
      return this.#changed(person, "the person is new")
    }
    index.repetitions.locate(row, person.at)
    if (this.#settled[row] === 1) return null
    this.#settled[row] = 1
    const match = this.#matchOf(row)
    // Nothing is done about the others, so it does not matter how they were read.
    if ((match._tag === "Absent" || match._tag === "Found") && !index.isSame(row, person)) {
      return this.#changed(person, "the person was read twice and differs")
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
    const { groups, index, leavers, options } = this.#known
    const inGroups = options.leavers === "delete" && groups.isUsed ? groups.groupsOf(leavers.keys()) : null
    for (const leaver of leavers.values()) yield this.#leave(leaver, inGroups?.of(leaver.id) ?? null)
    if (!groups.isUsed) return
    const known = this.#idsOfPeople()
    const refOf = (row: Row) => this.#refOf(row)
    const memberships = {
      refOf,
      known: (id: string) => known.get(id) ?? null,
      isSourceWhole: this.#absence.isSourceWhole,
      isAbsenceCertain: this.#absence.isCertain,
      areNamesCertain: this.#absence.isReadable && index.conflicts.size === 0 && !this.#hasChanged
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

  #changed(person: Person, detail: string): Action {
    this.#hasChanged = true
    return conflictOf(person, "sourceChanged", [], detail)
  }

  #unsettled(row: Row): Action {
    const { keys, userNames } = this.#known.index
    const common = { endpoint: "Users", key: keys[row] ?? null, label: userNames[row] ?? "", at: null } as const
    const match = this.#matchOf(row)
    if (match._tag === "Unchanged") return { _tag: "Skip", ...common, id: match.id, reason: "unchanged" }
    this.#hasChanged = true
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
    if (this.#isLeftAlone(sighting)) return skipOf(person, "notAdopted", id)
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

  /** `groups` are those that they are in; null when none were read. */
  #leave(leaver: Leaver, groups: ReadonlyArray<string> | null): Action {
    const { id, identity, user } = leaver
    const [key, label] = [keyOf(leaver), identity.userName]
    const skip = (reason: SkipReason): Action => ({ _tag: "Skip", endpoint: "Users", id, key, label, at: null, reason })
    const { options } = this.#known
    const kept = this.#absence.keptFor(leaver)
    if (kept !== null) return skip(kept)
    const common = {
      id,
      key,
      label,
      reason: "goneFromSource",
      basis: fingerprintOfResource(user, loomUser),
      before: user
    } as const
    if (options.leavers === "delete") return { _tag: "Delete", ...common, ...(groups === null ? {} : { groups }) }
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
    const { index, leavers, options } = this.#known
    const known = new Map<string, MemberRef>()
    for (let row = 0; row < index.size; row++) {
      const ref = this.#refOf(row)
      if (ref !== null && ref.id !== null) known.set(ref.id, ref)
    }
    // Deleting somebody takes them out of their groups anyway.
    if (options.leavers === "delete") return known
    for (const leaver of leavers.values()) {
      const { id, identity } = leaver
      if (this.#absence.keptFor(leaver) === null) known.set(id, { key: keyOf(leaver), id, label: identity.userName })
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
