/** What a caller sent as a source of people: kept in a file without a name, since it is read twice. */
import type { PeopleSource, SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import type { Effect, Scope } from "effect"
import * as Spool from "./Spool.ts"
import { type TextOptions, textSource } from "./textSource.ts"

/** Keeps the bytes until the scope closes. `name` is what people call the source. */
export const keep = (
  name: string,
  bytes: () => AsyncIterable<Uint8Array>
): Effect.Effect<Spool.Spool, SourceFailure, Scope.Scope> => Spool.make(name, bytes)

/** The source in the bytes that were kept. */
export const make = (name: string, { read }: Spool.Spool, options: TextOptions): PeopleSource =>
  textSource(name, read, options)
