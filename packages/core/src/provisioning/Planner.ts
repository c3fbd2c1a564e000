/**
 * Desired × actual → actions, as streams. The desired people are read twice: first into an index of keys, then, once
 * the users the server has went by, one by one for their actions. What needs no change is never kept.
 */
import type { JsonObject } from "../scim/Json.ts"
import type { ListVerdict } from "../scim/List.ts"
import type { Action } from "./Action.ts"
import type { Withheld } from "./Census.ts"
import { isActiveAdmin } from "./Facet.ts"
import type { DesiredGroup, Person } from "./Person.ts"
import { PlanGroups } from "./PlanGroups.ts"
import { PlanIndex, type Row } from "./PlanIndex.ts"
import { Matches, Ours } from "./PlanMatch.ts"
import type { PlanOptions } from "./PlanOptions.ts"
import { type Leaver, Settlement } from "./Settlement.ts"
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
  #unshown: Unshown | null = null
  #nameless = 0
  #users = 0
  #managed = 0
  #unmanaged = 0
  #admins = 0

  constructor(options: PlanOptions) {
    this.#options = options
    this.#ours = new Ours(options.managed.users)
    this.#matches = new Matches(this.#index)
    this.#groups = new PlanGroups(options.managed.groups)
  }

  /**
   * Takes a person of the source. All people have to be taken before the first user; who is excluded is not taken, and
   * so is gone. Gives the number under which {@link Settlement.isOpen} knows them; null for one who was taken before.
   */
  desired(person: Person): Row | null {
    const row = this.#index.enter(person)
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
    this.#groups.enter(group)
  }

  /** Takes a user of the server, put right by `ResourceDecode`. Says so at once when it is not ours and nobody's. */
  actual(user: JsonObject): Action | null {
    this.#users++
    this.#unshown ??= new Unshown(this.#options.isAsSent === undefined ? [] : this.#index.facets())
    this.#unshown.take(user)
    if (isActiveAdmin(user)) this.#admins++
    const identity = this.#ours.identify(user)
    const { externalId, id, isManaged, userName } = identity
    if (isManaged || (externalId !== null && this.#index.byKey.has(externalId))) this.#managed++
    if (this.#matches.take(user, identity)) return null
    if (isManaged) {
      this.#leave(user)
      return null
    }
    this.#unmanaged++
    return { _tag: "Skip", endpoint: "Users", id, key: externalId, label: userName, at: null, reason: "unmanaged" }
  }

  #leave(user: JsonObject): void {
    const { externalId, givenKey, id, userName } = this.#ours.identify(user)
    if (id !== null) this.#leavers.set(id, { id, key: givenKey ?? externalId, label: userName, user })
  }

  /** Takes a group of the server, with its members. */
  actualGroup(group: JsonObject): void {
    this.#groups.take(group)
  }

  /** Ends the first reading. */
  finish(verdict: Verdict): Settlement {
    const withheld: Array<Withheld> = []
    if (verdict.sourceFailure !== null) withheld.push({ reason: "sourceFailed", detail: verdict.sourceFailure })
    if (this.#nameless > 0) withheld.push({ reason: "keysUnreadable", detail: `${this.#nameless} record(s)` })
    const isSourceWhole = withheld.length === 0
    const { users } = verdict
    if (users._tag === "Incomplete") withheld.push({ reason: "usersIncomplete", detail: users.reason })
    for (const user of this.#matches.strays) this.#leave(user)
    return new Settlement({
      options: this.#options,
      index: this.#index,
      matches: this.#matches,
      groups: this.#groups,
      leavers: this.#leavers,
      unreadable: this.#unreadable,
      // Somebody who was not listed may have it.
      unshown: users._tag === "Incomplete" ? new Set() : (this.#unshown?.paths ?? new Set()),
      isSourceWhole,
      withheld,
      census: {
        people: this.#index.size,
        duplicates: this.#index.repetitions.duplicates,
        users: this.#users,
        managed: this.#managed,
        unmanaged: this.#unmanaged,
        admins: this.#admins
      }
    })
  }
}
