/** Text as a source of people, wherever its bytes come from: a table or JSON Lines. */
import type { PeopleSource, SourceFailure, SourceText } from "@loom-scim/core/ports/PeopleSource"
import { Effect, Stream } from "effect"
import type { Separator } from "./csvRecords.ts"
import { csvHeader, csvRecords } from "./csvRecords.ts"
import type { Encoding } from "./decodeText.ts"
import { decodeText } from "./decodeText.ts"
import { jsonRecords } from "./jsonLines.ts"
import { failureOf, peopleSource } from "./recordStream.ts"

/** What cannot be told from the text itself. */
export interface TextOptions {
  readonly format: SourceText["format"]
  /** Of text without byte order mark; UTF-8 by default. */
  readonly encoding?: Encoding
  /** Of a table; guessed from the header row by default. */
  readonly separator?: Separator
}

/** Gives the bytes from their beginning each time. */
type Bytes = () => AsyncIterable<Uint8Array>

/** Reads the text anew each time. `name` is what people call it. */
export const textSource = (name: string, bytes: Bytes, { encoding, format, separator }: TextOptions): PeopleSource => ({
  ...peopleSource(name, (fields) => {
    const text = decodeText(bytes(), name, encoding)
    return format === "csv" ? csvRecords(text, name, fields, separator) : jsonRecords(text, name)
  }),
  text: { format, bytes: Stream.suspend(() => Stream.fromAsyncIterable(bytes(), failureOf(name))) }
})

/** The names of the columns of a table, for guessing a mapping. */
export const textColumns = (
  name: string,
  bytes: Bytes,
  { encoding, separator }: Omit<TextOptions, "format">
): Effect.Effect<ReadonlyArray<string>, SourceFailure> =>
  Effect.tryPromise({
    try: () => csvHeader(decodeText(bytes(), name, encoding), name, separator),
    catch: failureOf(name)
  })
