/** What a caller sent as a source of people: kept in a file without a name, since it is read twice. */
import type { PeopleSource, SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Effect } from "effect"
import type { Scope } from "effect"
import type { CsvOptions } from "./CsvSource.ts"
import { csvHeader, csvRecords } from "./csvRecords.ts"
import { decodeText } from "./decodeText.ts"
import { jsonRecords } from "./jsonLines.ts"
import { failureOf, peopleSource } from "./recordStream.ts"
import * as Spool from "./Spool.ts"

/** How its text is read. */
export interface UploadedOptions extends CsvOptions {
  readonly format: "csv" | "jsonl"
}

/** Keeps the bytes until the scope closes. `name` is what people call the source. */
export const keep = (
  name: string,
  bytes: () => AsyncIterable<Uint8Array>
): Effect.Effect<Spool.Spool, SourceFailure, Scope.Scope> => Spool.make(name, bytes)

/** The source in the bytes that were kept. */
export const make = (
  name: string,
  { read }: Spool.Spool,
  { encoding, format, separator }: UploadedOptions
): PeopleSource => {
  const text = () => decodeText(read(), name, encoding)
  if (format === "jsonl") return peopleSource(name, () => jsonRecords(text(), name))
  const columns = Effect.tryPromise({ try: () => csvHeader(text(), name, separator), catch: failureOf(name) })
  return { ...peopleSource(name, () => csvRecords(text(), name, separator)), columns }
}
