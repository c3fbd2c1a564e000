/** What another program writes as a source of people. */
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Effect } from "effect"
import type { Scope } from "effect"
import * as Spool from "./Spool.ts"
import { textColumns, type TextOptions, textSource } from "./textSource.ts"

const source = "stdin"

async function* untilItsEnd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* bytes
  } catch {
    throw new SourceFailure({
      reason: "endedEarly",
      source,
      at: null,
      detail: "it broke off before its end",
      next: "Check the program that writes it, and run again"
    })
  }
}

/** What was written, from its beginning as often as wanted, and the columns when it is CSV. */
export interface Kept {
  readonly source: PeopleSource
  /** Null for JSON Lines, whose objects name their members each for itself. */
  readonly headers: Effect.Effect<ReadonlyArray<string>, SourceFailure> | null
}

/** Waits for the end of a byte stream such as `process.stdin` and keeps it as long as the scope is open. */
export const kept = (
  bytes: AsyncIterable<Uint8Array>,
  options: TextOptions
): Effect.Effect<Kept, SourceFailure, Scope.Scope> =>
  Effect.map(
    Spool.make(source, () => untilItsEnd(bytes)),
    ({ read }) => ({
      source: textSource(source, read, options),
      headers: options.format === "csv" ? textColumns(source, read, options) : null
    })
  )
