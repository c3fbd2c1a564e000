/** From batches of records that may throw to a source. */
import type { PeopleSource, SourceRecord, SourceText } from "@loom-scim/core/ports/PeopleSource"
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

/** A source that is read anew each time its stream is run. */
export const peopleSource = (
  name: string,
  batches: () => AsyncIterable<ReadonlyArray<SourceRecord>>
): PeopleSource => ({
  name,
  records: Stream.suspend(() => Stream.fromAsyncIterable(batches(), failureOf(name))).pipe(Stream.flattenIterable)
})

/** A source that is text, and how it becomes records. */
export const textSource = (
  name: string,
  format: SourceText["format"],
  bytes: () => AsyncIterable<Uint8Array>,
  batches: () => AsyncIterable<ReadonlyArray<SourceRecord>>
): PeopleSource => ({
  ...peopleSource(name, batches),
  text: { format, bytes: Stream.suspend(() => Stream.fromAsyncIterable(bytes(), failureOf(name))) }
})
