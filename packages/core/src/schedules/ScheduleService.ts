/** Schedules as people govern them: made, changed, enabled, fired now, looked into, removed. */
import { Context, DateTime, Effect, Layer, Option, Random, Schema } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { NamedSources } from "../ports/NamedSources.ts"
import { Schedules } from "../ports/Schedules.ts"
import * as MappingRead from "../provisioning/MappingRead.ts"
import { randomIds, runIdOf } from "../runs/Run.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { Actor } from "../setup/Evidence.ts"
import type { SetupRefused } from "../setup/SetupRefused.ts"
import { SetupService } from "../setup/SetupService.ts"
import { nextDue } from "./NextDue.ts"
import { type Firing, type Followed, type Schedule, ScheduleId, type Task } from "./Schedule.ts"
import { type Asked, ScheduleRunner } from "./ScheduleRunner.ts"

/** Nothing was changed; `next` is what a person does. */
export class ScheduleRefused extends Schema.TaggedError<ScheduleRefused>()("ScheduleRefused", {
  reason: Schema.Literals(["unknown", "otherVersion", "changedMeanwhile", "atWork", "invalidSource", "neverDue"]),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`
  }
}

/** What a person decides about a schedule. */
export type ScheduleSettings = Pick<Schedule, "name" | "task" | "cadence" | "enabled">

/** What looking can fail with. */
export type ScheduleLookError = ScheduleRefused | JournalFailure

/** What changing can fail with. */
export type ScheduleError = ScheduleLookError | MappingRead.MappingRefused

const refused = (reason: ScheduleRefused["reason"], detail: string, next: string) =>
  new ScheduleRefused({ reason, detail, next })

/** The next due moment of what is enabled. */
const dueOf = Effect.fnUntraced(function* (
  { cadence, enabled }: Pick<Schedule, "cadence" | "enabled">,
  anchor: DateTime.Utc,
  now: DateTime.Utc
) {
  if (!enabled) return null
  const due = nextDue(cadence, anchor, now)
  if (due !== null) return due
  return yield* refused("neverDue", "No moment will ever match this cadence.", "Look at the cron expression.")
})

const make = Effect.gen(function* () {
  const schedules = yield* Schedules
  const setup = yield* SetupService
  const runner = yield* ScheduleRunner
  const named = yield* NamedSources

  /** Refuses what could never work; whether the source can be read is seen when it is. */
  const accepted = Effect.fnUntraced(function* (connectionId: ConnectionId, task: Task) {
    if (task._tag === "Check") return
    const { source } = task
    if (source._tag === "Named") {
      yield* named.open(connectionId, source.name).pipe(
        Effect.catchTag("SourceFailure", ({ detail }) => {
          const next = "Whoever runs the server names sources; see docs/api.md."
          return Effect.fail(refused("invalidSource", `The source ${source.name} of ${connectionId}: ${detail}.`, next))
        })
      )
      return
    }
    yield* Effect.fromResult(MappingRead.read(source.mapping))
    const { connection } = source
    if (connection === connectionId) {
      const detail = `${connection} cannot be the source of itself.`
      return yield* refused("invalidSource", detail, "Name the connection that has the people.")
    }
    yield* setup
      .get(connection)
      .pipe(
        Effect.catchTag("SetupRefused", () =>
          Effect.fail(refused("invalidSource", `There is no connection ${connection}.`, "See which there are."))
        )
      )
  })

  const get = Effect.fn("ScheduleService.get")(function* (connectionId: ConnectionId, id: ScheduleId) {
    const found = yield* schedules.find(id)
    if (Option.isSome(found) && found.value.schedule.connectionId === connectionId) return found.value
    return yield* refused("unknown", `There is no schedule ${id}.`, "See which there are.")
  })

  const create = Effect.fn("ScheduleService.create")(function* (
    connectionId: ConnectionId,
    settings: ScheduleSettings,
    by: Actor
  ) {
    yield* setup.get(connectionId)
    yield* accepted(connectionId, settings.task)
    const now = yield* DateTime.now
    const random = yield* Random.nextIntBetween(0, randomIds)
    const schedule: Schedule = {
      id: ScheduleId.make(`s${runIdOf(DateTime.toEpochMillis(now), random)}`),
      connectionId,
      ...settings,
      version: 1,
      createdAt: now,
      createdBy: by,
      anchor: now,
      comparedAt: null,
      nextDueAt: yield* dueOf(settings, now, now)
    }
    yield* schedules.insert(schedule)
    return { schedule, last: null } satisfies Followed
  })

  const otherVersion = (id: ScheduleId, stands: number, asked: number) =>
    refused(
      "otherVersion",
      `Schedule ${id} stands at version ${stands}, not ${asked}.`,
      "Read it and its ETag again, then decide again."
    )

  const change = Effect.fn("ScheduleService.change")(function* (
    connectionId: ConnectionId,
    id: ScheduleId,
    changes: Partial<ScheduleSettings>,
    version: number | null
  ) {
    if (changes.task !== undefined) yield* accepted(connectionId, changes.task)
    const { last, schedule: seen } = yield* get(connectionId, id)
    if (version !== null && version !== seen.version) return yield* otherVersion(id, seen.version, version)
    const now = yield* DateTime.now
    const isRetimed =
      changes.cadence !== undefined || (changes.enabled !== undefined && changes.enabled !== seen.enabled)
    const settings = { ...seen, ...changes }
    const anchor = changes.cadence === undefined ? seen.anchor : now
    const schedule: Schedule = {
      ...settings,
      version: seen.version + 1,
      anchor,
      comparedAt: changes.task === undefined ? seen.comparedAt : null,
      nextDueAt: isRetimed ? yield* dueOf(settings, anchor, now) : seen.nextDueAt
    }
    if (yield* schedules.update(seen, schedule)) return { schedule, last } satisfies Followed
    const detail = `Schedule ${id} was changed, or fired, at the same time; nothing was changed.`
    return yield* refused("changedMeanwhile", detail, "Read it again and send the change again.")
  })

  const remove = Effect.fn("ScheduleService.remove")(function* (
    connectionId: ConnectionId,
    id: ScheduleId,
    version: number | null
  ) {
    yield* get(connectionId, id)
    if (yield* schedules.remove(id, version)) return
    const { schedule } = yield* get(connectionId, id)
    return yield* otherVersion(id, schedule.version, version ?? schedule.version)
  })

  const fire = Effect.fn("ScheduleService.fire")(function* (connectionId: ConnectionId, id: ScheduleId, by: Actor) {
    const { schedule } = yield* get(connectionId, id)
    const asked = yield* runner.fire(schedule, by)
    if (Option.isSome(asked)) return asked.value
    return yield* refused("atWork", `Schedule ${id} is at work already.`, "Wait until that firing is over.")
  })

  const firings = Effect.fn("ScheduleService.firings")(function* (
    connectionId: ConnectionId,
    id: ScheduleId,
    before: DateTime.Utc | null,
    limit: number
  ) {
    yield* get(connectionId, id)
    return yield* schedules.firings(id, before, limit)
  })

  return ScheduleService.of({ create, list: schedules.list, get, change, remove, fire, firings })
})

/** The door to schedules. Those of another connection look as if they did not exist. */
export class ScheduleService extends Context.Service<
  ScheduleService,
  {
    readonly create: (
      connection: ConnectionId,
      settings: ScheduleSettings,
      by: Actor
    ) => Effect.Effect<Followed, ScheduleError | SetupRefused>
    /** Up to `limit` of a connection in the order of their ids, those after `after` only. */
    readonly list: Schedules["Service"]["list"]
    readonly get: (connection: ConnectionId, id: ScheduleId) => Effect.Effect<Followed, ScheduleLookError>
    /**
     * Changes what is given, at that version or at whichever stands (null). Another cadence counts from now; what was
     * disabled and is enabled again is due at the next moment of its cadence, and what it missed stays missed.
     */
    readonly change: (
      connection: ConnectionId,
      id: ScheduleId,
      changes: Partial<ScheduleSettings>,
      version: number | null
    ) => Effect.Effect<Followed, ScheduleError>
    /** A run that it began goes on. */
    readonly remove: (
      connection: ConnectionId,
      id: ScheduleId,
      version: number | null
    ) => Effect.Effect<void, ScheduleLookError>
    /** Fires it now, enabled or not; its due moments stay as they are. Refused while an earlier firing is not over. */
    readonly fire: (connection: ConnectionId, id: ScheduleId, by: Actor) => Effect.Effect<Asked, ScheduleLookError>
    /** The newest first: those of moments before `before` only. */
    readonly firings: (
      connection: ConnectionId,
      id: ScheduleId,
      before: DateTime.Utc | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Firing>, ScheduleLookError>
  }
>()("@loom-scim/core/schedules/ScheduleService") {
  /** Over the store, the set-ups and what fires. */
  static readonly layer: Layer.Layer<ScheduleService, never, Schedules | SetupService | ScheduleRunner | NamedSources> =
    Layer.effect(ScheduleService, make)
}
