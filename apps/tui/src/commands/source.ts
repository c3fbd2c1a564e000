/** The files of a reconcile: people, and the mapping that makes SCIM users of them. */
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import type { Compiled } from "@loom-scim/core/provisioning/Mapping"
import { read } from "@loom-scim/core/provisioning/MappingRead"
import * as CsvSource from "@loom-scim/platform-node/sources/CsvSource"
import * as JsonLinesSource from "@loom-scim/platform-node/sources/JsonLinesSource"
import * as MappingFile from "@loom-scim/platform-node/sources/MappingFile"
import { Effect, Result } from "effect"
import { codes, Ended } from "../Exit.ts"

/** What is wrong in a file that a person gave: how to call the command, not what happened on the way. */
const inFile = (error: { readonly _tag: string; readonly message: string; readonly next: string }): Ended =>
  new Ended({
    code: codes.usage,
    reason: error._tag,
    detail: error.message.includes(error.next) ? error.message : `${error.message}\n${error.next}`
  })

/** The people in a file, by its name's ending. */
export const sourceOf = (path: string): Result.Result<PeopleSource, Ended> => {
  if (/\.(?:csv|tsv|txt)$/i.test(path)) return Result.succeed(CsvSource.make(path))
  if (/\.(?:jsonl|ndjson)$/i.test(path)) return Result.succeed(JsonLinesSource.make(path))
  const detail = `${path}: people are read from .csv, .tsv, .txt, .jsonl and .ndjson files.`
  return Result.fail(new Ended({ code: codes.usage, reason: "UnknownSource", detail }))
}

/** The names of the columns. */
export const headersOf = (path: string): Effect.Effect<ReadonlyArray<string>, Ended> =>
  Effect.mapError(CsvSource.headers(path), inFile)

/** Reads a mapping file. */
export const mappingOf = (path: string): Effect.Effect<Compiled, Ended> =>
  Effect.flatMap(Effect.mapError(MappingFile.read(path), inFile), (value) =>
    Effect.fromResult(Result.mapError(read(value), inFile))
  )

/** A failure of the source as the end of a command. */
export const sourceFailed = inFile
