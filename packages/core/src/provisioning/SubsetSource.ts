/** Reads a whole source for a plan about a few of its people: who is in whose way has to be known of all. */
import { Effect, Result, Stream } from "effect"
import type { PeopleSource, SourceFailure, SourceRecord } from "../ports/PeopleSource.ts"
import type { Compiled } from "./Mapping.ts"
import { apply, keyOf, type MappingProblem } from "./MappingApply.ts"
import type { Person } from "./Person.ts"
import { foldName } from "./PersonDigest.ts"
import { PlanIndex } from "./PlanIndex.ts"
import { recordsFor } from "./SourceColumns.ts"

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
export interface WholeSource {
  readonly index: PlanIndex
  readonly names: GroupNames
  readonly records: number
  /** Left out by `include` or `exclude`. */
  readonly excluded: number
  readonly problems: ReadonlyArray<MappingProblem>
  /** The keys of records that make no person; null for one whose key cannot be read either. */
  readonly unreadable: ReadonlyArray<string | null>
  /** Why it was not read to its end; null when it was. */
  readonly failure: SourceFailure | null
}

/** Whether somebody who is not in the source is gone. */
export const isWhole = ({ failure, unreadable }: WholeSource): boolean => failure === null && !unreadable.includes(null)

/** Reads a source. Every person is given once, by the first record that has the key. */
export const readWhole = Effect.fn("SubsetSource.readWhole")(function* (
  source: PeopleSource,
  mapping: Compiled,
  onPerson: (person: Person) => void,
  onRecord: (record: SourceRecord) => void = () => undefined
): Effect.fn.Return<WholeSource> {
  const index = new PlanIndex()
  const names = new GroupNames()
  const problems: Array<MappingProblem> = []
  const unreadable: Array<string | null> = []
  let records = 0
  let excluded = 0
  const take = (record: SourceRecord) => {
    records++
    onRecord(record)
    const mapped = apply(mapping, record)
    if (Result.isFailure(mapped)) {
      problems.push(...mapped.failure)
      unreadable.push(keyOf(mapping, record))
    } else if (mapped.success._tag === "Excluded") excluded++
    else {
      const { person } = mapped.success
      names.take(person)
      if (index.enter(person) !== null) onPerson(person)
    }
  }
  const result = yield* Effect.result(
    Stream.runForEachArray(recordsFor(source, mapping), (chunk) => Effect.sync(() => chunk.forEach(take)))
  )
  const failure = Result.isFailure(result) ? result.failure : null
  return { index, names, records, excluded, problems, unreadable, failure }
})

/**
 * Reads it once more for the people of some keys, every record of theirs in order. It may end where it ended before, and
 * fails when it ends elsewhere.
 */
export const readAgain = Effect.fn("SubsetSource.readAgain")(function* (
  source: PeopleSource,
  mapping: Compiled,
  { failure, index }: WholeSource,
  keys: ReadonlySet<string>
): Effect.fn.Return<ReadonlyArray<Person>, SourceFailure> {
  const people: Array<Person> = []
  const reading = Stream.runForEachArray(recordsFor(source, mapping), (chunk) =>
    Effect.sync(() => {
      for (const record of chunk) {
        const mapped = apply(mapping, record)
        if (Result.isFailure(mapped) || mapped.success._tag === "Excluded") continue
        const { person } = mapped.success
        const row = index.byKey.get(person.key)
        if (row !== undefined) index.repetitions.locate(row, person.at)
        if (keys.has(person.key)) people.push(person)
      }
    })
  )
  yield* reading.pipe(Effect.catch((error) => (failure === null ? Effect.fail(error) : Effect.void)))
  return people
})
