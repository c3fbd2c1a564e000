/** Reads a whole source for a plan about a few of its people: who is in whose way has to be known of all. */
import { Effect } from "effect"
import type { PeopleSource, SourceFailure, SourceRecord } from "../ports/PeopleSource.ts"
import type { Compiled } from "./Mapping.ts"
import type { Person } from "./Person.ts"
import { foldName } from "./PersonDigest.ts"
import { PlanIndex } from "./PlanIndex.ts"
import { nothing, read, type Reading } from "./SourceReading.ts"

/** The spellings of group names over all people; the first in order of code units counts, as in a full plan. */
export class GroupNames {
  readonly #spellings = new Map<string, string>()

  /** Takes the names that a person has. */
  take({ groups }: Person): void {
    for (const group of groups) {
      const name = foldName(group)
      const known = this.#spellings.get(name)
      if (known === undefined || group.trim() < known) this.#spellings.set(name, group.trim())
    }
  }

  /** Whether somebody has it; `name` is folded. */
  has(name: string): boolean {
    return this.#spellings.has(name)
  }

  /** The person with the names as all others have them, too. */
  spell(person: Person): Person {
    if (person.groups.length === 0) return person
    return { ...person, groups: person.groups.map((group) => this.#spellings.get(foldName(group)) ?? group) }
  }
}

/** What a reading of a whole source brings. Grows with an index of keys. */
export interface WholeSource extends Reading {
  readonly index: PlanIndex
  readonly names: GroupNames
  /** The keys of records that make no person; null for one whose key cannot be read either. */
  readonly unreadable: ReadonlyArray<string | null>
}

/** Whether somebody who is not in the source is gone. */
export const isWhole = ({ failure, unreadable }: WholeSource): boolean => failure === null && !unreadable.includes(null)

/** A source of which nothing is known. */
export const unread = (failure: SourceFailure): WholeSource => ({
  ...nothing(failure),
  index: new PlanIndex(),
  names: new GroupNames(),
  unreadable: []
})

/**
 * Reads a source. Every person is given once, by the first record that has the key. Fails when what was given says
 * nothing, as `SourceReading.read` does.
 */
export const readWhole = Effect.fn("SubsetSource.readWhole")(function* (
  source: PeopleSource,
  mapping: Compiled,
  onPerson: (person: Person) => void,
  onRecord: (record: SourceRecord) => void = () => undefined
): Effect.fn.Return<WholeSource, SourceFailure> {
  const index = new PlanIndex()
  const names = new GroupNames()
  const unreadable: Array<string | null> = []
  const reading = yield* read(source, mapping, {
    record: onRecord,
    unreadable: (key) => unreadable.push(key),
    person: (person) => {
      names.take(person)
      if (index.enter(person) !== null) onPerson(person)
    }
  })
  return { ...reading, index, names, unreadable }
})

/** What another reading has of some keys. */
export interface ReadAgain {
  /** Every record of theirs, in order. */
  readonly people: ReadonlyArray<Person>
  /** The keys of all records that make no person; null for one whose key cannot be read either. */
  readonly unreadable: ReadonlySet<string | null>
}

/** Reads it once more for the people of some keys. It may end where it ended before, and fails when it ends elsewhere. */
export const readAgain = Effect.fn("SubsetSource.readAgain")(function* (
  source: PeopleSource,
  mapping: Compiled,
  { failure, index }: WholeSource,
  keys: ReadonlySet<string>
): Effect.fn.Return<ReadAgain, SourceFailure> {
  const people: Array<Person> = []
  const unreadable = new Set<string | null>()
  const reading = yield* read(source, mapping, {
    person: (person) => {
      const row = index.byKey.get(person.key)
      if (row !== undefined) index.repetitions.locate(row, person.at)
      if (keys.has(person.key)) people.push(person)
    },
    unreadable: (key) => unreadable.add(key)
  })
  if (reading.failure !== null && failure === null) return yield* reading.failure
  return { people, unreadable }
})
