/** Whether a table has the columns that a mapping reads. */
import { Effect, Stream } from "effect"
import { type PeopleSource, SourceFailure } from "../ports/PeopleSource.ts"
import { type Compiled, fieldsOf } from "./Mapping.ts"
import { fieldOf } from "./Transform.ts"

const quoted = (names: ReadonlyArray<string>): string => names.map((name) => JSON.stringify(name)).join(", ")

const missing = (source: string, absent: ReadonlyArray<string>, columns: ReadonlyArray<string>): SourceFailure =>
  new SourceFailure({
    reason: "malformed",
    source,
    at: null,
    detail: `the mapping reads ${quoted(absent)}, and there is no such column`,
    next: `Correct the name in the mapping, or what writes the source; the columns are ${quoted(columns)}`
  })

/**
 * The records of a source for a mapping. A table without a column that is read fails before its first record: an empty
 * field says something, such as that somebody has no groups, and a column that was renamed says nothing.
 */
export const recordsFor = ({ columns, name, records }: PeopleSource, { mapping }: Compiled): PeopleSource["records"] =>
  columns === undefined
    ? records
    : Stream.unwrap(
        Effect.flatMap(columns, (names) => {
          const row = Object.fromEntries(names.map((column) => [column, ""]))
          const absent = fieldsOf(mapping).filter((field) => fieldOf(row, field) === undefined)
          return absent.length === 0 ? Effect.succeed(records) : Effect.fail(missing(name, absent, names))
        })
      )
