/** A JSON Lines file as a source of people. */
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import { fileBytes } from "./fileBytes.ts"
import { type TextOptions, textSource } from "./textSource.ts"

/** What cannot be told from the file itself. */
export type JsonLinesOptions = Pick<TextOptions, "encoding">

/** Reads a file object by object. */
export const make = (path: string, options: JsonLinesOptions = {}): PeopleSource =>
  textSource(path, () => fileBytes(path), { format: "jsonl", ...options })
