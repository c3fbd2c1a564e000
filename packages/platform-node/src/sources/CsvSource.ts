/** A CSV file as a source of people. */
import type { PeopleSource, SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Effect } from "effect"
import type { Separator } from "./csvRecords.ts"
import { csvHeader, csvRecords } from "./csvRecords.ts"
import type { Encoding } from "./decodeText.ts"
import { decodeText } from "./decodeText.ts"
import { fileBytes } from "./fileBytes.ts"
import { failureOf, textSource } from "./recordStream.ts"

/** What cannot be told from the file itself. */
export interface CsvOptions {
  /** Of a file without byte order mark; UTF-8 by default. */
  readonly encoding?: Encoding
  /** Guessed from the header row by default. */
  readonly separator?: Separator
}

const textOf = (path: string, { encoding }: CsvOptions) => decodeText(fileBytes(path), path, encoding)

/** The names of the columns, for guessing a mapping. */
export const headers = (path: string, options: CsvOptions = {}): Effect.Effect<ReadonlyArray<string>, SourceFailure> =>
  Effect.tryPromise({
    try: () => csvHeader(textOf(path, options), path, options.separator),
    catch: failureOf(path)
  })

/** Reads a file row by row; its first row names the columns. */
export const make = (path: string, options: CsvOptions = {}): PeopleSource => ({
  ...textSource(
    path,
    "csv",
    () => fileBytes(path),
    () => csvRecords(textOf(path, options), path, options.separator)
  ),
  columns: headers(path, options)
})
