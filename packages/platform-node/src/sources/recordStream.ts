/** From batches of records that may throw to a source. */
import type { PeopleSource, SourceRecord } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Predicate, Stream } from "effect"

/** What was thrown, as a failure. What nobody foresaw must not pass for an end either. */
export const failureOf =
  (source: string) =>
  (cause: unknown): SourceFailure =>
    cause instanceof SourceFailure
      ? cause
      : new SourceFailure({
          reason: "endedEarly",
          source,
          at: null,
          detail: `reading stopped before its end (${Predicate.isError(cause) ? cause.message : "unknown cause"})`,
          next: "Run again; if it stays, tell whoever keeps the source"
        })

/** Reads it anew for the fields that are looked at. May throw. */
type Batches = (fields: ReadonlyArray<string>) => AsyncIterable<ReadonlyArray<SourceRecord>>

/** A source that is read anew each time its stream is run. */
export const peopleSource = (name: string, batches: Batches): PeopleSource => ({
  name,
  read: (fields) =>
    Stream.suspend(() => Stream.fromAsyncIterable(batches(fields), failureOf(name))).pipe(Stream.flattenIterable)
})
