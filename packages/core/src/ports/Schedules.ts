/** The port that keeps schedules and their firings. It decides who of any number of processes fires a due moment. */
import { Context } from "effect"
import type { DateTime, Effect, Option } from "effect"
import type { RunId } from "../runs/Run.ts"
import type { Firing, Followed, Outcome, Schedule, ScheduleId } from "../schedules/Schedule.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { JournalFailure } from "./Journal.ts"

/** A firing that a process is at work on, or was when it died. */
export interface AtWork {
  readonly run: RunId | null
  /** Its last sign of life. */
  readonly seenAt: DateTime.Utc
}

/** A schedule whose time has come. */
export interface Due {
  readonly schedule: Schedule & { readonly nextDueAt: DateTime.Utc }
  /** An earlier firing of it that is not over. */
  readonly atWork: AtWork | null
}

/** A firing, by what it is of. */
export interface FiringKey {
  readonly id: ScheduleId
  readonly dueAt: DateTime.Utc
}

/** Schedules. Each operation is one transaction: it happens wholly or not at all. */
export class Schedules extends Context.Service<
  Schedules,
  {
    readonly insert: (schedule: Schedule) => Effect.Effect<void, JournalFailure>
    readonly find: (id: ScheduleId) => Effect.Effect<Option.Option<Followed>, JournalFailure>
    /** Up to `limit` schedules of a connection in the order of their ids, those after `after` only. */
    readonly list: (
      of: ConnectionId,
      after: ScheduleId | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Followed>, JournalFailure>
    /** Keeps a schedule in place of what was seen of it; false when it is gone, was changed, or fired meanwhile. */
    readonly update: (seen: Schedule, schedule: Schedule) => Effect.Effect<boolean, JournalFailure>
    /** Forgets it with its firings; false when there is none of that version any more. Null is any version. */
    readonly remove: (id: ScheduleId, version: number | null) => Effect.Effect<boolean, JournalFailure>
    /** Up to `limit` enabled schedules whose time has come by `now`, the longest due first. */
    readonly due: (now: DateTime.Utc, limit: number) => Effect.Effect<ReadonlyArray<Due>, JournalFailure>
    /**
     * Fires a due moment: `nextDueAt` becomes `next` and the firing is kept, if the schedule still stands as was seen. Of
     * all who try, one gets true; the others, or everybody while an earlier firing is not over, get false. A firing that
     * has its outcome already is not at work. Firings from before `forget` are forgotten, but not the last one.
     */
    readonly claim: (
      seen: Due["schedule"],
      next: DateTime.Utc | null,
      firing: Firing,
      forget: DateTime.Utc
    ) => Effect.Effect<boolean, JournalFailure>
    /** Keeps a firing that somebody asked for; false while another one is not over, or when the schedule is gone. */
    readonly ask: (id: ScheduleId, firing: Firing) => Effect.Effect<boolean, JournalFailure>
    /** A sign of life; false when the firing is over, such as one that was taken for dead. */
    readonly renew: (key: FiringKey, at: DateTime.Utc) => Effect.Effect<boolean, JournalFailure>
    /** Notes the run that a firing began. */
    readonly noteRun: (key: FiringKey, run: RunId) => Effect.Effect<void, JournalFailure>
    /** Notes when everybody was compared. */
    readonly noteCompared: (id: ScheduleId, at: DateTime.Utc) => Effect.Effect<void, JournalFailure>
    /** Records what came of a firing; false when that is known already, or the schedule is gone. */
    readonly settle: (key: FiringKey, outcome: Outcome, at: DateTime.Utc) => Effect.Effect<boolean, JournalFailure>
    /** Ends firings without a sign of life since `before` as interrupted; gives the runs that they had begun. */
    readonly interrupt: (before: DateTime.Utc, at: DateTime.Utc) => Effect.Effect<ReadonlyArray<RunId>, JournalFailure>
    readonly firing: (key: FiringKey) => Effect.Effect<Option.Option<Firing>, JournalFailure>
    /** The firings of a schedule, the newest first: up to `limit`, those of moments before `before` only. */
    readonly firings: (
      id: ScheduleId,
      before: DateTime.Utc | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Firing>, JournalFailure>
  }
>()("@loom-scim/core/ports/Schedules") {}
