/** Whether a source has the fields that are looked at: one that was renamed would count as empty for everybody. */
import { SourceFailure } from "../ports/PeopleSource.ts"
import type { JsonObject } from "../scim/Json.ts"
import { fieldNames } from "./MappingGuess.ts"
import { fieldOf } from "./SourceField.ts"

const quoted = (names: ReadonlyArray<string>): string => names.map((name) => JSON.stringify(name)).join(", ")

/** Why a table with these columns cannot be read for these fields, naming all that are missing; null when it can be. */
export const refuseMissing = (
  source: string,
  columns: ReadonlyArray<string>,
  fields: ReadonlyArray<string>
): SourceFailure | null => {
  const row = Object.fromEntries(columns.map((column) => [column, ""]))
  const absent = fields.filter((field) => fieldOf(row, field) === undefined)
  if (absent.length === 0) return null
  return new SourceFailure({
    reason: "malformed",
    source,
    at: null,
    detail: `the mapping reads ${quoted(absent)}, and there is no such column`,
    next: `Correct the name in the mapping, or what writes the source; the columns are ${quoted(columns)}`
  })
}

// Enough to find a name that was written otherwise.
const most = 40

/** Which fields no record has, told record by record, for sources whose records need not have the same ones. */
export class Unseen {
  readonly #fields: Set<string>
  #first: JsonObject | null = null

  constructor(fields: ReadonlyArray<string>) {
    this.#fields = new Set(fields)
  }

  /** Takes the fields of a record. */
  take(fields: JsonObject): void {
    this.#first ??= fields
    for (const field of this.#fields) if (fieldOf(fields, field) !== undefined) this.#fields.delete(field)
  }

  /** Why what was read says nothing, naming all that no record has; null when it does, or when there was no record. */
  refusal(source: string): SourceFailure | null {
    if (this.#first === null || this.#fields.size === 0) return null
    const names = fieldNames([this.#first])
    return new SourceFailure({
      reason: "malformed",
      source,
      at: null,
      detail: `the mapping reads ${quoted([...this.#fields])}, and no record has such a field`,
      next: `Correct the name in the mapping, or what writes the source; where nobody needs to have it, give it otherwise: null. The first record has ${quoted(names.slice(0, most))}${names.length > most ? " and others" : ""}`
    })
  }
}
