/** The port that keeps what goes on behind an answered request, so that whoever asks later, of any process, is told. */
import { Context, Schema } from "effect"
import type { DateTime, Effect, Option } from "effect"
import { ConnectionId } from "../setup/ConnectionId.ts"
import type { JournalFailure } from "./Journal.ts"
import { SourceRemarks } from "./Plans.ts"

/** The identity of a job: begins with the time, so that ids sort by it. */
export const JobId = Schema.String.check(
  Schema.isPattern(/^j[0-9]{8}-[0-9]{6}-[a-z0-9]{6}$/, { message: "a job id looks like j20261124-193000-a1b2c3" })
).pipe(Schema.brand("JobId"))
export type JobId = typeof JobId.Type

/** What it is about. */
export const JobKind = Schema.Literals(["plan", "run", "checks", "doctor"])
export type JobKind = typeof JobKind.Type

/** `failed`: it was carried out and refused. `interrupted`: its program stopped before it was done. */
export const JobStatus = Schema.Literals(["running", "done", "failed", "interrupted"])
export type JobStatus = typeof JobStatus.Type

/** Why it failed, as the request would have been answered (RFC 9457). */
export const JobProblem = Schema.Struct({
  type: Schema.String,
  status: Schema.Int,
  title: Schema.String,
  detail: Schema.String,
  next: Schema.String,
  reason: Schema.optionalKey(Schema.String),
  missing: Schema.optionalKey(Schema.NullOr(Schema.String)),
  scim: Schema.optionalKey(
    Schema.Struct({ status: Schema.Int, scimType: Schema.NullOr(Schema.String), detail: Schema.NullOr(Schema.String) })
  )
})
export type JobProblem = typeof JobProblem.Type

/** A job as it stands. */
export const KeptJob = Schema.Struct({
  id: JobId,
  connectionId: ConnectionId,
  kind: JobKind,
  status: JobStatus,
  begunAt: Schema.DateTimeUtcFromString,
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** When it last gave a sign of life. */
  seenAt: Schema.DateTimeUtcFromString,
  by: Schema.String,
  /** The path of what came of it; null until it is done, and when there was nothing to do. */
  result: Schema.NullOr(Schema.String),
  /** What an uploaded source had that made nobody; only of a run, once it is done. */
  remarks: Schema.optionalKey(SourceRemarks),
  problem: Schema.NullOr(JobProblem)
})
export type KeptJob = typeof KeptJob.Type

/** Jobs by id. */
export class Jobs extends Context.Service<
  Jobs,
  {
    /** Keeps it as it stands, in place of how it stood. */
    readonly keep: (job: KeptJob) => Effect.Effect<void, JournalFailure>
    readonly find: (id: JobId) => Effect.Effect<Option.Option<KeptJob>, JournalFailure>
    /** Forgets those without a sign of life since a moment. */
    readonly prune: (before: DateTime.Utc) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/Jobs") {}
