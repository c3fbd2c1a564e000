/** A run: one plan being carried out, from its beginning to its end, whatever happens in between. */
import { Schema } from "effect"
import { Judgement } from "../provisioning/Guard.ts"
import { HoldTag } from "../provisioning/Decision.ts"
import { Census, Withheld } from "../provisioning/Census.ts"
import { ConnectionId } from "../setup/ConnectionId.ts"
import { Actor } from "../setup/Evidence.ts"

/** The identity of a run: begins with the time, so that ids sort by it; safe in file names, URLs and SQL. */
export const RunId = Schema.String.check(
  Schema.isPattern(/^[0-9]{8}-[0-9]{6}-[a-z0-9]{6}$/, {
    message: "a run id looks like 20261124-193000-a1b2c3"
  })
).pipe(Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/** The id of a run that begins at a time in milliseconds; `random` is a whole number from 0 to 36^6 - 1. */
export const runIdOf = (millis: number, random: number): RunId => {
  const text = new Date(millis).toISOString()
  const day = text.slice(0, 10).replaceAll("-", "")
  const time = text.slice(11, 19).replaceAll(":", "")
  return RunId.make(`${day}-${time}-${random.toString(36).padStart(6, "0")}`)
}

/** How many different values the random part of a run id has. */
export const randomIds = 36 ** 6

/**
 * What a run is for. `reconcile`: everybody of a source. `incremental`: whoever changed in it. `provision`: one person.
 * `retry`: what failed in another run. `undo`: the opposite of another run.
 */
export const RunKind = Schema.Literals(["reconcile", "incremental", "provision", "retry", "undo"])
export type RunKind = typeof RunKind.Type

/**
 * Whether a run may be about many. Of these a connection has one at a time, whichever it is: two of them would work against
 * each other.
 */
export const isOfMany = ({ kind }: { readonly kind: RunKind }): boolean => kind !== "provision"

/** Why a run does not go on for now. */
export const PauseReason = Schema.Literals([
  "unauthorized",
  "forbidden",
  "serverDown",
  "rateLimited",
  "refusals",
  "storage",
  "interrupted",
  "misconfigured",
  "unexpected"
])
export type PauseReason = typeof PauseReason.Type

/** At work, or it was when its process ended. */
export const Running = Schema.TaggedStruct("Running", {})
/** Held by the guard until somebody decides. */
export const Waiting = Schema.TaggedStruct("Waiting", { reasons: Schema.Array(HoldTag) })
/** Not going on. It does so by itself at `until`; null waits for a person to say `resume`. */
export const Paused = Schema.TaggedStruct("Paused", {
  reason: PauseReason,
  detail: Schema.String,
  /** What a person does about it. */
  next: Schema.String,
  until: Schema.NullOr(Schema.DateTimeUtcFromString)
})
/** Everything was tried; some of it may have failed, see its items. */
export const Completed = Schema.TaggedStruct("Completed", {})
/** Ended by a person before everything was tried; what was left is `dropped`. */
export const Cancelled = Schema.TaggedStruct("Cancelled", { by: Actor })
/** Ended because a person rejected what the guard held. */
export const Rejected = Schema.TaggedStruct("Rejected", { by: Actor })

/** Where a run stands. */
export const RunStatus = Schema.Union([Running, Waiting, Paused, Completed, Cancelled, Rejected])
export type RunStatus = typeof RunStatus.Type

/** Whether nothing more will happen. */
export const isOver = ({ _tag }: RunStatus): boolean =>
  _tag === "Completed" || _tag === "Cancelled" || _tag === "Rejected"

/** A run without its items. */
export const Run = Schema.Struct({
  id: RunId,
  connectionId: ConnectionId,
  kind: RunKind,
  /** The run that this one retries or undoes. */
  parent: Schema.NullOr(RunId),
  startedAt: Schema.DateTimeUtcFromString,
  startedBy: Actor,
  /** Null until it is over. */
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** What a person calls the source: `people.csv`. */
  source: Schema.String,
  census: Census,
  withheld: Schema.Array(Withheld),
  /** The fingerprint of what the plan does; decisions are about it. */
  plan: Schema.String,
  judgement: Judgement,
  status: RunStatus,
  /** How often it stopped to wait for something or somebody. */
  stops: Schema.Int,
  /** Who asked for it to be cancelled; null while nobody did. */
  cancelledBy: Schema.NullOr(Actor)
})
export type Run = typeof Run.Type

/** Whether a run waits for something that does not come by itself. */
export const needsPerson = ({ status }: Pick<Run, "status">): boolean =>
  status._tag === "Waiting" || (status._tag === "Paused" && status.until === null)
