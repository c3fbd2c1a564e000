/** What another program writes as a source of people. */
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Effect } from "effect"
import type { Scope } from "effect"
import type { CsvOptions } from "./CsvSource.ts"
import { csvHeader, csvRecords } from "./csvRecords.ts"
import { decodeText } from "./decodeText.ts"
import type { JsonLinesOptions } from "./JsonLinesSource.ts"
import { jsonRecords } from "./jsonLines.ts"
import { failureOf, textSource } from "./recordStream.ts"
import * as Spool from "./Spool.ts"

/** What is written to it. */
export type StdinOptions = ({ readonly format: "csv" } & CsvOptions) | ({ readonly format: "jsonl" } & JsonLinesOptions)

const source = "stdin"

const failure = (reason: SourceFailure["reason"], detail: string, next: string) =>
  new SourceFailure({ reason, source, at: null, detail, next })

async function* untilItsEnd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* bytes
  } catch {
    throw failure("endedEarly", "it broke off before its end", "Check the program that writes it, and run again")
  }
}

const sourceOf = (bytes: () => AsyncIterable<Uint8Array>, options: StdinOptions): PeopleSource =>
  textSource(source, options.format, bytes, () => {
    const text = decodeText(bytes(), source, options.encoding)
    return options.format === "csv" ? csvRecords(text, source, options.separator) : jsonRecords(text, source)
  })

/**
 * Reads a byte stream such as `process.stdin`, which must not have been read from. Only once: read again it would be
 * empty, and nobody may be taken for gone because of that.
 */
export const make = (bytes: AsyncIterable<Uint8Array>, options: StdinOptions): PeopleSource => {
  let isRead = false
  return sourceOf(async function* () {
    if (isRead) {
      throw failure("unreadable", "it was read already, and cannot be read twice", "Write it to a file, and give that")
    }
    isRead = true
    yield* untilItsEnd(bytes)
  }, options)
}

/** What was written, from its beginning as often as wanted, and the columns when it is CSV. */
export interface Kept {
  readonly source: PeopleSource
  /** Null for JSON Lines, whose objects name their members each for itself. */
  readonly headers: Effect.Effect<ReadonlyArray<string>, SourceFailure> | null
}

/** Waits for the end of a byte stream and keeps it as long as the scope is open. */
export const kept = (
  bytes: AsyncIterable<Uint8Array>,
  options: StdinOptions
): Effect.Effect<Kept, SourceFailure, Scope.Scope> =>
  Effect.map(
    Spool.make(source, () => untilItsEnd(bytes)),
    ({ read }) => {
      const people = sourceOf(read, options)
      if (options.format === "jsonl") return { source: people, headers: null }
      const headers = Effect.tryPromise({
        try: () => csvHeader(decodeText(read(), source, options.encoding), source, options.separator),
        catch: failureOf(source)
      })
      return { source: { ...people, columns: headers }, headers }
    }
  )
