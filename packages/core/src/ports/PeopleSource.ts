/** The port that reads people and groups from a source of truth. */
import { Schema } from "effect"
import type { Stream } from "effect"
import type { JsonObject } from "../scim/Json.ts"

/** A source cannot be read to its end. What was read until then says nothing of those who were not. */
export class SourceFailure extends Schema.TaggedError<SourceFailure>()("SourceFailure", {
  /** `endedEarly`: it stopped before its end, such as a cut file or an incomplete list. */
  reason: Schema.Literals(["notFound", "unreadable", "malformed", "conflicting", "endedEarly", "refused"]),
  /** What a person calls the source: a path, a URL without its secrets, `stdin`. */
  source: Schema.String,
  /** Where in it, such as `line 12`; null for the source as a whole. */
  at: Schema.NullOr(Schema.String),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    const place = this.at === null ? this.source : `${this.source}, ${this.at}`
    return `${place}: ${this.detail}. ${this.next}`
  }
}

/** One entry as the source has it, before any mapping. */
export interface SourceRecord {
  /** Where it is, for a person: `line 12`, a distinguished name, an id. */
  readonly at: string
  /** Its fields: CSV columns as text, JSON members, LDAP attributes as text or lists of text. */
  readonly fields: JsonObject
  /** Why it may be less than was written, for people; such as the last row of a table that was perhaps cut. */
  readonly doubt?: string
}

/** A source as the text that it is, for whoever sends it on unread. */
export interface SourceText {
  readonly format: "csv" | "jsonl"
  readonly bytes: Stream.Stream<Uint8Array, SourceFailure>
}

/** A source of people. The stream ends without a failure only when everybody was seen. */
export interface PeopleSource {
  readonly name: string
  /**
   * Its records, read anew each time. `fields` are the names of the fields that are looked at, as `Compiled` has them; none
   * to look at whatever there is. A table without a column for one of them fails before its first record: an empty field
   * says something, such as that somebody has no groups, and a column that was renamed says nothing. A directory is asked
   * for them. Whose records need not have the same fields is judged by all of them, by whoever reads.
   */
  readonly read: (fields: ReadonlyArray<string>) => Stream.Stream<SourceRecord, SourceFailure>
  /** Of a source that is text. */
  readonly text?: SourceText
}
