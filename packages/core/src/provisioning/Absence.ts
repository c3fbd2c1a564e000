/** Whether somebody who is not in the source is gone: what was not read, or read once only, says nothing. */
import type { JsonObject } from "../scim/Json.ts"
import type { SkipReason } from "./Action.ts"
import type { Withheld } from "./Census.ts"
import type { Person } from "./Person.ts"
import { PlanIndex } from "./PlanIndex.ts"
import { type Identity, rowsOf } from "./PlanMatch.ts"

/** A user of ours who is nobody of the source. */
export interface Leaver {
  readonly id: string
  readonly identity: Identity
  readonly user: JsonObject
}

/** Our external id for them, whether the server shows it or a journal remembers it. */
export const keyOf = ({ identity: { externalId, givenKey } }: Leaver): string | null => givenKey ?? externalId

/** How the first reading of both sides ended. */
export interface FirstReading {
  /** The keys of records that make no person, and how many there are whose key cannot be read either. */
  readonly unreadable: ReadonlySet<string>
  readonly nameless: number
  /** Why the source was not read to its end; null when it was. */
  readonly sourceFailure: string | null
  /** Why the list of users is not whole; null when it is. */
  readonly usersFailure: string | null
}

/** What both readings of a source say of those who are not in it. Grows with what the second has and the first has not. */
export class Absence {
  readonly #late = new PlanIndex()
  readonly #unreadable: Set<string>
  readonly #nameless: number
  readonly #usersFailure: string | null
  #namelessAgain = 0
  #sourceFailure: string | null

  constructor({ nameless, sourceFailure, unreadable, usersFailure }: FirstReading) {
    this.#unreadable = new Set(unreadable)
    this.#nameless = nameless
    this.#sourceFailure = sourceFailure
    this.#usersFailure = usersFailure
  }

  /** Takes somebody whom only the second reading has. */
  late(person: Person): void {
    this.#late.enter(person)
  }

  /** Takes a record of the second reading that makes no person, by its key; null when not even that can be read. */
  unreadable(key: string | null): void {
    if (key === null) this.#namelessAgain++
    else this.#unreadable.add(key)
  }

  /** Notes, in words, why the second reading did not come to its end. */
  cut(detail: string): void {
    this.#sourceFailure ??= detail
  }

  /** Whether every record could be read as a person. */
  get isReadable(): boolean {
    return this.#unreadable.size === 0 && this.#records === 0
  }

  /** Whether somebody who was read, and names no group, is in none. */
  get isSourceWhole(): boolean {
    return this.#sourceFailure === null && this.#records === 0
  }

  /** Whether absence may be concluded at all. */
  get isCertain(): boolean {
    return this.isSourceWhole && this.#usersFailure === null
  }

  /** Why it may not; empty when it may. */
  get withheld(): ReadonlyArray<Withheld> {
    const found: Array<Withheld> = []
    if (this.#sourceFailure !== null) found.push({ reason: "sourceFailed", detail: this.#sourceFailure })
    if (this.#records > 0) found.push({ reason: "keysUnreadable", detail: `${this.#records} record(s)` })
    if (this.#usersFailure !== null) found.push({ reason: "usersIncomplete", detail: this.#usersFailure })
    return found
  }

  /** Why somebody who is nobody of the first reading is not taken for gone; null when they are. */
  keptFor(leaver: Leaver): SkipReason | null {
    const key = keyOf(leaver)
    if (key !== null && this.#unreadable.has(key)) return "unreadableInSource"
    const isLate = this.#late.size > 0 && rowsOf(this.#late, leaver.user, leaver.identity).size > 0
    return isLate || !this.isCertain ? "leaversWithheld" : null
  }

  /** How many records have no readable key. */
  get #records(): number {
    return Math.max(this.#nameless, this.#namelessAgain)
  }
}
