/** A CSV file as a source of people. */
import type { PeopleSource, SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import type { Effect } from "effect"
import { fileBytes } from "./fileBytes.ts"
import { textColumns, type TextOptions, textSource } from "./textSource.ts"

/** What cannot be told from the file itself. */
export type CsvOptions = Omit<TextOptions, "format">

/** The names of the columns, for guessing a mapping. */
export const headers = (path: string, options: CsvOptions = {}): Effect.Effect<ReadonlyArray<string>, SourceFailure> =>
  textColumns(path, () => fileBytes(path), options)

/** Reads a file row by row; its first row names the columns. */
export const make = (path: string, options: CsvOptions = {}): PeopleSource =>
  textSource(path, () => fileBytes(path), { format: "csv", ...options })
