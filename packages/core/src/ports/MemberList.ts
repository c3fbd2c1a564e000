/** The port that reads a workspace's member export. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"

/** The file could not be read as a list of members. */
export class MemberListUnreadable extends Schema.TaggedError<MemberListUnreadable>()("MemberListUnreadable", {
  path: Schema.String,
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail}. ${this.next}`
  }
}

/** Reads the e-mail addresses out of Loom's member export or any CSV with a column of addresses. */
export class MemberList extends Context.Service<
  MemberList,
  {
    /** Distinct addresses in lower case; a file without any is an error, not an empty workspace. */
    readonly fromFile: (path: string) => Effect.Effect<ReadonlyArray<string>, MemberListUnreadable>
  }
>()("@loom-scim/core/ports/MemberList") {}
