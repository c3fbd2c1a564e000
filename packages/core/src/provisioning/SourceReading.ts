/** Reads a source to its end, or as far as it goes: who its records make, and what makes nobody. */
import { Effect, Result, Stream } from "effect"
import type { PeopleSource, SourceFailure, SourceRecord } from "../ports/PeopleSource.ts"
import type { Compiled } from "./Mapping.ts"
import { apply, keyOf, type MappingProblem } from "./MappingApply.ts"
import type { Person } from "./Person.ts"
import { Unseen } from "./SourceColumns.ts"

/** Who is told of the records, in their order. */
export interface Readers {
  readonly person: (person: Person) => void
  /** The key of a record that makes no person; null when that cannot be read either. */
  readonly unreadable: (key: string | null) => void
  /** Any record, before the others are told of it. */
  readonly record?: (record: SourceRecord) => void
}

/** What a reading brings beside the people. */
export interface Reading {
  readonly records: number
  /** Left out by `include` or `exclude`. */
  readonly excluded: number
  readonly problems: ReadonlyArray<MappingProblem>
  /** Why it was not read to its end; nobody is then taken for gone. Null when it was. */
  readonly failure: SourceFailure | null
  /** Why its last record may be less than was written, and where that is. */
  readonly doubt?: string
}

/** A reading that says nothing. */
export const nothing = (failure: SourceFailure): Reading => ({ records: 0, excluded: 0, problems: [], failure })

/**
 * Reads it once. Fails when no record has a field that one has to have: whatever was told of the people then says
 * nothing, since the field was empty for everybody.
 */
export const read = Effect.fnUntraced(function* (
  source: PeopleSource,
  mapping: Compiled,
  on: Readers
): Effect.fn.Return<Reading, SourceFailure> {
  const unseen = new Unseen(mapping.needed)
  let records = 0
  let excluded = 0
  let doubt: string | null = null
  const problems: Array<MappingProblem> = []
  const take = (record: SourceRecord) => {
    records++
    unseen.take(record.fields)
    if (record.doubt !== undefined) doubt = `${record.at}: ${record.doubt}`
    on.record?.(record)
    const mapped = apply(mapping, record)
    if (Result.isFailure(mapped)) {
      problems.push(...mapped.failure)
      on.unreadable(keyOf(mapping, record))
    } else if (mapped.success._tag === "Excluded") excluded++
    else on.person(mapped.success.person)
  }
  const result = yield* Effect.result(
    Stream.runForEachArray(source.read(mapping.fields), (chunk) => Effect.sync(() => chunk.forEach(take)))
  )
  const failure = Result.isFailure(result) ? result.failure : null
  const refusal = unseen.refusal(source.name)
  if (refusal !== null) return yield* failure ?? refusal
  return { records, excluded, problems, failure, ...(doubt === null ? {} : { doubt }) }
})
