/** The part of the Schedules port that keeps what came of due moments. */
import type { AtWork, FiringKey } from "@loom-scim/core/ports/Schedules"
import type { RunId } from "@loom-scim/core/runs/Run"
import { Firing, Outcome, type ScheduleId } from "@loom-scim/core/schedules/Schedule"
import { DateTime, Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { fromSql } from "./StoreFailure.ts"
import { reading } from "./StoredRows.ts"

const what = "a firing of a schedule"

const { askedBy, dueAt, endedAt, run, startedAt } = Firing.fields

/** As it is stored. */
export const Row = Schema.Struct({
  due_at: dueAt,
  started_at: startedAt,
  ended_at: endedAt,
  asked_by: Schema.NullOr(Schema.fromJsonString(askedBy.members[0])),
  run_id: run,
  outcome: Schema.NullOr(Schema.fromJsonString(Outcome))
})

/** From its row. */
export const fromRow = (row: typeof Row.Type): Firing => ({
  dueAt: row.due_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  askedBy: row.asked_by,
  run: row.run_id,
  outcome: row.outcome
})

const Silent = Schema.Struct({ run_id: run, seen_at: Schema.DateTimeUtcFromString })

/** On the `schedule_firings` table of the context's `SqlClient`. */
export const make = Effect.fnUntraced(function* (place: string) {
  const sql = yield* SqlClient
  const failed = fromSql(place)
  const read = reading(place)
  const columns = sql.literal("due_at, started_at, ended_at, asked_by, run_id, outcome")
  const iso = DateTime.formatIso
  const encode = Schema.encodeEffect(Row)
  const encodeOutcome = Schema.encodeEffect(Schema.fromJsonString(Outcome))

  const lastOf = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Row,
    execute: (id) => sql`SELECT ${columns} FROM schedule_firings WHERE schedule_id = ${id} ORDER BY due_at DESC LIMIT 1`
  })
  const oneOf = SqlSchema.findOneOption({
    Request: Schema.Struct({ id: Schema.String, due: Schema.String }),
    Result: Row,
    execute: ({ due, id }) => sql`SELECT ${columns} FROM schedule_firings WHERE schedule_id = ${id} AND due_at = ${due}`
  })
  const rows = SqlSchema.findAll({
    Request: Schema.Struct({ id: Schema.String, before: Schema.NullOr(Schema.String), limit: Schema.Int }),
    Result: Row,
    execute: ({ before, id, limit }) => {
      const older = before === null ? sql.literal("1 = 1") : sql`due_at < ${before}`
      return sql`SELECT ${columns} FROM schedule_firings WHERE schedule_id = ${id} AND ${older}
        ORDER BY due_at DESC LIMIT ${limit}`
    }
  })
  const silentOf = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Silent,
    execute: (id) => sql`SELECT run_id, seen_at FROM schedule_firings WHERE schedule_id = ${id} AND outcome IS NULL`
  })

  /** The newest of a schedule. */
  const last = Effect.fnUntraced(function* (id: ScheduleId) {
    return Option.getOrNull(Option.map(yield* lastOf(id), fromRow))
  })

  /** The one that is not over. */
  const atWork = Effect.fnUntraced(function* (id: ScheduleId) {
    const found = yield* silentOf(id)
    return Option.getOrNull(Option.map(found, ({ run_id, seen_at }): AtWork => ({ run: run_id, seenAt: seen_at })))
  })

  /** False when the moment has a firing already, or another one of the schedule is at work and this one would be. */
  const insert = Effect.fnUntraced(function* (id: ScheduleId, firing: Firing) {
    const row = yield* Effect.orDie(
      encode({
        due_at: firing.dueAt,
        started_at: firing.startedAt,
        ended_at: firing.endedAt,
        asked_by: firing.askedBy,
        run_id: firing.run,
        outcome: firing.outcome
      })
    )
    const values = { ...row, schedule_id: id, seen_at: row.started_at }
    const made = yield* sql`INSERT INTO schedule_firings ${sql.insert(values)}
      ON CONFLICT DO NOTHING RETURNING due_at`
    return made.length > 0
  })

  const has = Effect.fnUntraced(function* ({ dueAt: due, id }: FiringKey) {
    return Option.isSome(yield* oneOf({ id, due: iso(due) }))
  })

  const forget = (id: ScheduleId, before: DateTime.Utc) =>
    sql`DELETE FROM schedule_firings WHERE schedule_id = ${id} AND due_at < ${iso(before)} AND outcome IS NOT NULL
      AND due_at < (SELECT MAX(due_at) FROM schedule_firings WHERE schedule_id = ${id})`

  const renew = Effect.fn("Schedules.renew")(function* ({ dueAt: due, id }: FiringKey, at: DateTime.Utc) {
    const renewed = yield* sql`UPDATE schedule_firings SET seen_at = ${iso(at)}
      WHERE schedule_id = ${id} AND due_at = ${iso(due)} AND outcome IS NULL RETURNING due_at`.pipe(
      Effect.mapError(failed)
    )
    return renewed.length > 0
  })

  const noteRun = Effect.fn("Schedules.noteRun")(function* ({ dueAt: due, id }: FiringKey, runId: RunId) {
    yield* sql`UPDATE schedule_firings SET run_id = ${runId} WHERE schedule_id = ${id} AND due_at = ${iso(due)}`.pipe(
      Effect.mapError(failed)
    )
  })

  const settle = Effect.fn("Schedules.settle")(function* (
    { dueAt: due, id }: FiringKey,
    made: Outcome,
    at: DateTime.Utc
  ) {
    const values = { outcome: yield* Effect.orDie(encodeOutcome(made)), ended_at: iso(at), seen_at: iso(at) }
    const settled = yield* sql`UPDATE schedule_firings SET ${sql.update(values)}
      WHERE schedule_id = ${id} AND due_at = ${iso(due)} AND outcome IS NULL RETURNING due_at`.pipe(
      Effect.mapError(failed)
    )
    return settled.length > 0
  })

  const interrupted = SqlSchema.findAll({
    Request: Schema.Struct({ before: Schema.String, at: Schema.String, outcome: Schema.String }),
    Result: Schema.Struct({ run_id: run }),
    execute: ({ at, before, outcome }) =>
      sql`UPDATE schedule_firings SET outcome = ${outcome}, ended_at = ${at}
        WHERE seen_at < ${before} AND outcome IS NULL RETURNING run_id`
  })

  const interrupt = Effect.fn("Schedules.interrupt")(function* (before: DateTime.Utc, at: DateTime.Utc) {
    const outcome = yield* Effect.orDie(encodeOutcome({ _tag: "Interrupted" }))
    const ended = yield* read(what, interrupted({ before: iso(before), at: iso(at), outcome }))
    return ended.flatMap(({ run_id }) => (run_id === null ? [] : [run_id]))
  })

  const firing = Effect.fn("Schedules.firing")(function* ({ dueAt: due, id }: FiringKey) {
    return Option.map(yield* read(what, oneOf({ id, due: iso(due) })), fromRow)
  })

  const firings = Effect.fn("Schedules.firings")(function* (
    id: ScheduleId,
    before: DateTime.Utc | null,
    limit: number
  ) {
    const found = yield* read(what, rows({ id, before: before === null ? null : iso(before), limit }))
    return found.map(fromRow)
  })

  return { last, atWork, insert, has, forget, renew, noteRun, settle, interrupt, firing, firings }
})
