/**
 * Desired × actual → actions, as streams. The desired people are read twice: first into an index of keys, then, once
 * the users the server has went by, one by one for their actions. What needs no change is never kept.
 */
import type { JsonObject } from "../scim/Json.ts"
import type { ListVerdict } from "../scim/List.ts"
import type { Leaver } from "./Absence.ts"
import type { Action } from "./Action.ts"
import { isActive, isActiveAdmin } from "./Facet.ts"
import type { DesiredGroup, Person } from "./Person.ts"
import { PlanGroups } from "./PlanGroups.ts"
import { PlanIndex, type Row } from "./PlanIndex.ts"
import { Matches, Ours } from "./PlanMatch.ts"
import type { PlanOptions } from "./PlanOptions.ts"
import { Settlement } from "./Settlement.ts"
import { Namesakes } from "./Protection.ts"
import { Unshown } from "./Unshown.ts"

/** How the readings of both sides ended. */
export interface Verdict {
  /** `detail` in words: why the source was not read to its end; null when it was. */
  readonly sourceFailure: string | null
  /** Of the list of users. */
  readonly users: ListVerdict
}

/** First reading: people, groups of the source and what the server has, each in any order; people before users. */
export class Planner {
  readonly #options: PlanOptions
  readonly #index = new PlanIndex()
  readonly #ours: Ours
  readonly #matches: Matches
  readonly #groups: PlanGroups
  readonly #unreadable = new Set<string>()
  readonly #leavers = new Map<string, Leaver>()
  readonly #namesakes: Namesakes | null
  #unshown: Unshown | null = null
  #nameless = 0
  #users = 0
  #managed = 0
  #active = 0
  #unmanaged = 0
  #admins = 0

  constructor(options: PlanOptions) {
    this.#options = options
    this.#ours = new Ours(options.managed.users)
    this.#matches = new Matches(this.#index)
    this.#groups = new PlanGroups(options.managed.groups)
    this.#namesakes = options.protect === undefined ? null : new Namesakes(options.protect)
  }

  /**
   * Takes a person of the source. All people have to be taken before the first user; who is excluded is not taken, and
   * so is gone. Gives the number under which {@link Settlement.isOpen} knows them; null for one who was taken before.
   */
  desired(person: Person): Row | null {
    const row = this.#index.enter(person)
    this.#namesakes?.person(person.key, person.userName)
    this.#namesakes?.group(...person.groups)
    if (row !== null) for (const group of person.groups) this.#groups.join(row, group)
    return row
  }

  /** Takes a record that makes no person, by its key; null when not even that can be read, and then nobody is gone. */
  unreadable(key: string | null): void {
    if (key === null) this.#nameless++
    else this.#unreadable.add(key)
  }

  /** Takes a group of the source that has a key of its own, so that it can be renamed. */
  desiredGroup(group: DesiredGroup): void {
    this.#namesakes?.group(group.displayName, group.key)
    this.#groups.enter(group)
  }

  /** Takes a user of the server, put right by `ResourceDecode`. Says so at once when it is not ours and nobody's. */
  actual(user: JsonObject): Action | null {
    this.#users++
    this.#unshown ??= new Unshown(this.#options.isAsSent === undefined ? [] : this.#index.facets())
    this.#unshown.take(user)
    if (isActiveAdmin(user)) this.#admins++
    const identity = this.#ours.identify(user)
    const { externalId, givenKey, id, isManaged, userName } = identity
    this.#namesakes?.person(externalId, givenKey, userName)
    this.#namesakes?.user(user)
    if (isManaged || (externalId !== null && this.#index.byKey.has(externalId))) {
      this.#managed++
      if (isActive(user)) this.#active++
    }
    if (this.#matches.take(user, identity)) return null
    if (isManaged) {
      this.#leave(user)
      return null
    }
    this.#unmanaged++
    return { _tag: "Skip", endpoint: "Users", id, key: externalId, label: userName, at: null, reason: "unmanaged" }
  }

  #leave(user: JsonObject): void {
    const identity = this.#ours.identify(user)
    const { id } = identity
    if (id !== null) this.#leavers.set(id, { id, identity, user })
  }

  /** Takes a group of the server, with its members. */
  actualGroup(group: JsonObject): void {
    const { displayName, externalId } = this.#groups.take(group)
    this.#namesakes?.group(displayName, externalId)
  }

  /** Ends the first reading. */
  finish(verdict: Verdict): Settlement {
    const { sourceFailure, users } = verdict
    for (const user of this.#matches.strays) this.#leave(user)
    return new Settlement({
      options: this.#options,
      index: this.#index,
      matches: this.#matches,
      groups: this.#groups,
      leavers: this.#leavers,
      // Somebody who was not listed may have it.
      unshown: users._tag === "Incomplete" ? new Set() : (this.#unshown?.paths ?? new Set()),
      first: {
        unreadable: this.#unreadable,
        nameless: this.#nameless,
        sourceFailure,
        usersFailure: users._tag === "Incomplete" ? users.reason : null
      },
      unmatched: this.#namesakes?.unmatched(this.#groups.isUsed) ?? [],
      census: {
        people: this.#index.size,
        duplicates: this.#index.repetitions.duplicates,
        users: this.#users,
        managed: this.#managed,
        active: this.#active,
        unmanaged: this.#unmanaged,
        admins: this.#admins
      }
    })
  }
}
