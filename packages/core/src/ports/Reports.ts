/** The port that keeps the last report of each kind, so that a look at it needs no new examination. */
import { Context, Schema } from "effect"
import type { DateTime, Effect, Option } from "effect"
import { Finding } from "../scim/DoctorFinding.ts"
import { CheckResult } from "../setup/Check.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { JournalFailure } from "./Journal.ts"

/** The checks of a connection, as they went last. */
export const KeptChecks = Schema.Struct({
  at: Schema.DateTimeUtcFromString,
  by: Schema.String,
  results: Schema.Array(CheckResult)
})
export type KeptChecks = typeof KeptChecks.Type

/** `interrupted`: its program stopped before it was done. */
export const DoctorStatus = Schema.Literals(["running", "done", "interrupted"])

/** An examination by the doctor: the last one, or the one under way with the findings so far. */
export const KeptExamination = Schema.Struct({
  status: DoctorStatus,
  begunAt: Schema.DateTimeUtcFromString,
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** When it last gave a sign of life. */
  seenAt: Schema.DateTimeUtcFromString,
  by: Schema.String,
  write: Schema.Boolean,
  findings: Schema.Array(Finding)
})
export type KeptExamination = typeof KeptExamination.Type

/** One report of each kind per connection; a new one takes the place of the last. One that cannot be read is none. */
export class Reports extends Context.Service<
  Reports,
  {
    readonly checks: (id: ConnectionId) => Effect.Effect<Option.Option<KeptChecks>, JournalFailure>
    readonly keepChecks: (id: ConnectionId, checks: KeptChecks) => Effect.Effect<void, JournalFailure>
    readonly examination: (id: ConnectionId) => Effect.Effect<Option.Option<KeptExamination>, JournalFailure>
    /**
     * Begins one; false when another is running, in whichever process. One without a sign of life since
     * `abandonedBefore` belongs to a process that died, and is not in the way.
     */
    readonly begin: (
      id: ConnectionId,
      examination: KeptExamination,
      abandonedBefore: DateTime.Utc
    ) => Effect.Effect<boolean, JournalFailure>
    /** Keeps how far it is, or how it ended. */
    readonly keepExamination: (id: ConnectionId, examination: KeptExamination) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/Reports") {}
