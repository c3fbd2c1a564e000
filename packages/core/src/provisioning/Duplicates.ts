/** Rows of one source that mean the same person, by where they are. Grows with the repetitions only, up to a limit. */
import { Schema } from "effect"
import type { Row } from "./PlanIndex.ts"

/** A row that says again what another said, or contradicts it. */
export const Repetition = Schema.Struct({
  /** `duplicate`: the same content; one of the rows is enough. `conflict`: another content; nobody can tell which holds. */
  kind: Schema.Literals(["duplicate", "conflict"]),
  /** What the two have in common. */
  by: Schema.Literals(["key", "userName", "email"]),
  value: Schema.String,
  /** Null when the row was no longer there when the source was read again. */
  first: Schema.NullOr(Schema.String),
  again: Schema.String
})
export type Repetition = typeof Repetition.Type

/** Every one is counted; of these many it is kept where they are. */
const kept = 1000

interface Noted extends Omit<Repetition, "first"> {
  readonly row: Row
}

/**
 * Notes repetitions as they are met. Where the first of two rows was is not kept for everybody: it is learnt when the
 * source is read again.
 */
export class Repetitions {
  readonly #noted: Array<Noted> = []
  readonly #places = new Map<Row, string | null>()
  readonly #rows = new Set<Row>()
  #duplicates = 0
  #conflicts = 0

  /** Notes that a row was met that repeats an earlier one, of the row of the index. */
  note(row: Row, repetition: Omit<Repetition, "first">): void {
    if (repetition.kind === "duplicate") this.#duplicates++
    else this.#conflicts++
    if (this.#noted.length === kept) return
    this.#noted.push({ ...repetition, row })
    this.#rows.add(row)
  }

  /** Takes where a row is, in the order of the source; only the first place counts. */
  locate(row: Row, at: string): void {
    if (this.#rows.has(row) && !this.#places.has(row)) this.#places.set(row, at)
  }

  get duplicates(): number {
    return this.#duplicates
  }

  get conflicts(): number {
    return this.#conflicts
  }

  /** Those that are kept, in the order of the source. */
  get found(): ReadonlyArray<Repetition> {
    return this.#noted.map(({ row, ...repetition }) => ({ ...repetition, first: this.#places.get(row) ?? null }))
  }
}
