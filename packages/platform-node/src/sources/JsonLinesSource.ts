/** A JSON Lines file as a source of people. */
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import type { Encoding } from "./decodeText.ts"
import { decodeText } from "./decodeText.ts"
import { fileBytes } from "./fileBytes.ts"
import { jsonRecords } from "./jsonLines.ts"
import { textSource } from "./recordStream.ts"

/** What cannot be told from the file itself. */
export interface JsonLinesOptions {
  /** Of a file without byte order mark; UTF-8 by default. */
  readonly encoding?: Encoding
}

/** Reads a file object by object. */
export const make = (path: string, { encoding }: JsonLinesOptions = {}): PeopleSource =>
  textSource(
    path,
    "jsonl",
    () => fileBytes(path),
    () => jsonRecords(decodeText(fileBytes(path), path, encoding), path)
  )
