/** A schedule: what is done to a connection by itself, how often, and what came of it. */
import { Schema } from "effect"
import { SourceName } from "../ports/NamedSources.ts"
import { PolicyText } from "../provisioning/PolicyRead.ts"
import { ScimSettings } from "../provisioning/SourceSettings.ts"
import { RunId, RunStatus } from "../runs/Run.ts"
import { ConnectionId } from "../setup/ConnectionId.ts"
import { Actor } from "../setup/Evidence.ts"
import { Cadence } from "./Cadence.ts"

/** The identity of a schedule: begins with the time, so that ids sort by it. */
export const ScheduleId = Schema.String.check(
  Schema.isPattern(/^s[0-9]{8}-[0-9]{6}-[a-z0-9]{6}$/, { message: "a schedule id looks like s20261124-193000-a1b2c3" })
).pipe(Schema.brand("ScheduleId"))
export type ScheduleId = typeof ScheduleId.Type

/** The users of another connection's server, whose token is sealed here already. */
export const ConnectionSource = Schema.TaggedStruct("Connection", {
  connection: ConnectionId,
  ...ScimSettings.fields,
  /** As the mapping file has it; judged when it is given, and again each time it is used. */
  mapping: Schema.Record(Schema.String, Schema.Json)
})

/** What whoever runs the server named for the connection, a file or an LDAP directory, with its mapping. */
export const NamedSource = Schema.TaggedStruct("Named", { name: SourceName })

/** Where the people come from. A caller names no place on the server's machine or in its network. */
export const ScheduleSource = Schema.Union([ConnectionSource, NamedSource])
export type ScheduleSource = typeof ScheduleSource.Type

/** How a source is made the same. */
export const SyncSettings = Schema.Struct({
  source: ScheduleSource,
  /** The guard's limits; careful where it is silent. */
  policy: PolicyText,
  adopt: Schema.Literals(["never", "unclaimed", "any"]),
  leftGroups: Schema.Literals(["empty", "delete"])
})

/** Whoever changed in the source; everybody when that was not done for a day. */
export const SyncTask = Schema.TaggedStruct("Sync", SyncSettings.fields)
/** Everybody, each time. */
export const FullSyncTask = Schema.TaggedStruct("FullSync", SyncSettings.fields)
/** Everything of the set-up that can be checked. */
export const CheckTask = Schema.TaggedStruct("Check", {})

/** What is done. */
export const Task = Schema.Union([SyncTask, FullSyncTask, CheckTask])
export type Task = typeof Task.Type

/** Why a due moment was let pass. */
export const SkipReason = Schema.Literals([
  /** What was begun at an earlier moment is still being done. */
  "atWork",
  /** A run of the connection goes on. */
  "runGoesOn",
  /** A run of the connection is held by the guard until somebody decides. */
  "runWaits",
  /** A run of the connection is paused. */
  "runPaused"
])
export type SkipReason = typeof SkipReason.Type

/** The run, and how it stood when it stood still. */
export const Ran = Schema.TaggedStruct("Ran", { run: RunId, status: RunStatus })
/** Nothing was to be done, but for conflicts, which a person has to resolve. */
export const Unchanged = Schema.TaggedStruct("Unchanged", { conflicts: Schema.Int })
/** Exactly this was left undone or rejected by an earlier run; it is not begun again without being asked for. */
export const Repeated = Schema.TaggedStruct("Repeated", { run: RunId })
/** What a check saw, counted. Its lines are the connection's last check. */
export const Checked = Schema.TaggedStruct("Checked", { ok: Schema.Boolean, failed: Schema.Int, warnings: Schema.Int })
export const Skipped = Schema.TaggedStruct("Skipped", { reason: SkipReason, run: Schema.NullOr(RunId) })
/** It did not come to a run. `next` is what a person does. */
export const Failed = Schema.TaggedStruct("Failed", {
  reason: Schema.String,
  detail: Schema.String,
  next: Schema.String
})
/** The process stopped or died in the middle. A run that was begun goes on by itself. */
export const Interrupted = Schema.TaggedStruct("Interrupted", {})

/** What came of a due moment. */
export const Outcome = Schema.Union([Ran, Unchanged, Repeated, Checked, Skipped, Failed, Interrupted])
export type Outcome = typeof Outcome.Type

/** One due moment, or one time when somebody asked for it now. */
export const Firing = Schema.Struct({
  /** The moment; of several that were missed, the first. */
  dueAt: Schema.DateTimeUtcFromString,
  startedAt: Schema.DateTimeUtcFromString,
  /** Null while it is being done. */
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** Who asked for it now; null when its time had come. */
  askedBy: Schema.NullOr(Actor),
  /** The run that was begun, known from its beginning on. */
  run: Schema.NullOr(RunId),
  outcome: Schema.NullOr(Outcome)
})
export type Firing = typeof Firing.Type

/** A schedule. */
export const Schedule = Schema.Struct({
  id: ScheduleId,
  connectionId: ConnectionId,
  name: Schema.String,
  task: Task,
  cadence: Cadence,
  enabled: Schema.Boolean,
  /** One more with every change that a person makes. */
  version: Schema.Int,
  createdAt: Schema.DateTimeUtcFromString,
  createdBy: Actor,
  /** From when intervals are counted. */
  anchor: Schema.DateTimeUtcFromString,
  /** When it compared everybody last; null when that is not known of this source and mapping. */
  comparedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** Null while it is not enabled. */
  nextDueAt: Schema.NullOr(Schema.DateTimeUtcFromString)
})
export type Schedule = typeof Schedule.Type

/** A schedule with the last that came of it. */
export interface Followed {
  readonly schedule: Schedule
  readonly last: Firing | null
}
