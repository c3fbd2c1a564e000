/** The Schedules port over SQL, the same code on SQLite and PostgreSQL. */
import { type Due, Schedules } from "@loom-scim/core/ports/Schedules"
import { type Firing, type Followed, Schedule, type ScheduleId } from "@loom-scim/core/schedules/Schedule"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime, Effect, Layer, Option, Schema, Struct } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import * as SqlFirings from "./SqlFirings.ts"
import { fromSql } from "./StoreFailure.ts"
import { reading } from "./StoredRows.ts"
import { transaction } from "./transaction.ts"

const Definition = Schedule.mapFields(Struct.pick(["name", "task", "cadence", "createdAt", "createdBy", "anchor"]))

const { comparedAt, connectionId, id: ScheduleIdField, nextDueAt, version } = Schedule.fields

const Row = Schema.Struct({
  id: ScheduleIdField,
  connection_id: connectionId,
  enabled: Schema.Literals([0, 1]),
  version,
  compared_at: comparedAt,
  next_due_at: nextDueAt,
  definition: Schema.fromJsonString(Definition)
})

const fromRow = (row: typeof Row.Type): Schedule => ({
  id: row.id,
  connectionId: row.connection_id,
  ...row.definition,
  enabled: row.enabled === 1,
  version: row.version,
  comparedAt: row.compared_at,
  nextDueAt: row.next_due_at
})

const toRow = (schedule: Schedule): typeof Row.Type => ({
  id: schedule.id,
  connection_id: schedule.connectionId,
  enabled: schedule.enabled ? 1 : 0,
  version: schedule.version,
  compared_at: schedule.comparedAt,
  next_due_at: schedule.nextDueAt,
  definition: Struct.pick(schedule, ["name", "task", "cadence", "createdAt", "createdBy", "anchor"])
})

const readable = Schema.decodeUnknownOption(Row)

const isDue = (schedule: Schedule): schedule is Due["schedule"] => schedule.nextDueAt !== null

const what = "a schedule"

/** Keeps schedules in the `SqlClient` of the context; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<Schedules, never, SqlClient> =>
  Layer.effect(
    Schedules,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const failed = fromSql(place)
      const read = reading(place)
      const log = yield* SqlFirings.make(place)
      const iso = DateTime.formatIso
      const encode = Schema.encodeEffect(Row)
      const columns = sql.literal("id, connection_id, enabled, version, compared_at, next_due_at, definition")

      const rowOf = SqlSchema.findOneOption({
        Request: Schema.String,
        Result: Row,
        execute: (id) => sql`SELECT ${columns} FROM schedules WHERE id = ${id}`
      })
      const rows = SqlSchema.findAll({
        Request: Schema.Struct({ of: Schema.String, after: Schema.String, limit: Schema.Int }),
        Result: Row,
        execute: ({ after, limit, of }) =>
          sql`SELECT ${columns} FROM schedules WHERE connection_id = ${of} AND id > ${after} ORDER BY id LIMIT ${limit}`
      })
      const dueRows = SqlSchema.findAll({
        Request: Schema.Struct({ now: Schema.String, limit: Schema.Int }),
        Result: Schema.Record(Schema.String, Schema.Unknown),
        execute: ({ limit, now }) =>
          sql`SELECT ${columns} FROM schedules WHERE enabled = 1 AND next_due_at <= ${now}
            ORDER BY next_due_at, id LIMIT ${limit}`
      })

      const whole = <A>(effect: Effect.Effect<A, SqlError | Schema.SchemaError>) => read(what, transaction(sql, effect))

      const insert = Effect.fn("Schedules.insert")(function* (schedule: Schedule) {
        const row = yield* Effect.orDie(encode(toRow(schedule)))
        yield* sql`INSERT INTO schedules ${sql.insert(row)}`.pipe(Effect.mapError(failed))
      })

      const followed = Effect.fnUntraced(function* (row: typeof Row.Type) {
        const schedule = fromRow(row)
        return { schedule, last: yield* log.last(schedule.id) } satisfies Followed
      })

      const find = Effect.fn("Schedules.find")(function* (id: ScheduleId) {
        const found = yield* read(what, rowOf(id))
        if (Option.isNone(found)) return Option.none<Followed>()
        return Option.some(yield* read(what, followed(found.value)))
      })

      const list = Effect.fn("Schedules.list")(function* (of: ConnectionId, after: ScheduleId | null, limit: number) {
        const found = yield* read(what, rows({ of, after: after ?? "", limit }))
        return yield* read(what, Effect.forEach(found, followed))
      })

      const update = Effect.fn("Schedules.update")(function* (seen: Schedule, schedule: Schedule) {
        const { id: _, ...values } = yield* Effect.orDie(encode(toRow(schedule)))
        const due = seen.nextDueAt === null ? null : iso(seen.nextDueAt)
        const changed = yield* sql`UPDATE schedules SET ${sql.update(values)} WHERE id = ${seen.id}
          AND version = ${seen.version} AND COALESCE(next_due_at, '') = ${due ?? ""} RETURNING id`.pipe(
          Effect.mapError(failed)
        )
        return changed.length > 0
      })

      const remove = Effect.fn("Schedules.remove")(function* (id: ScheduleId, of: number | null) {
        const standing = of === null ? sql.literal("1 = 1") : sql`version = ${of}`
        const removed = yield* sql`DELETE FROM schedules WHERE id = ${id} AND ${standing} RETURNING id`.pipe(
          Effect.mapError(failed)
        )
        return removed.length > 0
      })

      const due = Effect.fn("Schedules.due")(function* (now: DateTime.Utc, limit: number) {
        // One that this program cannot read must not keep the others from being fired; whoever looks at it is told.
        const rowsOfAll = yield* read(what, dueRows({ now: iso(now), limit }))
        const found = rowsOfAll.flatMap((row) => Option.toArray(Option.map(readable(row), fromRow))).filter(isDue)
        return yield* read(
          what,
          Effect.forEach(found, (schedule) =>
            Effect.map(log.atWork(schedule.id), (atWork): Due => ({ schedule, atWork }))
          )
        )
      })

      const advance = (
        { id, version: of }: Pick<Schedule, "id" | "version">,
        from: DateTime.Utc,
        to: DateTime.Utc | null
      ) =>
        sql`UPDATE schedules SET next_due_at = ${to === null ? null : iso(to)}
          WHERE id = ${id} AND enabled = 1 AND version = ${of} AND next_due_at = ${iso(from)} RETURNING id`

      const claim = Effect.fn("Schedules.claim")(
        (seen: Due["schedule"], next: DateTime.Utc | null, firing: Firing, forget: DateTime.Utc) =>
          whole(
            Effect.gen(function* () {
              // The row is locked from here on, so that nobody else decides about the moment.
              if ((yield* advance(seen, seen.nextDueAt, next)).length === 0) return false
              if (yield* log.insert(seen.id, firing)) {
                yield* log.forget(seen.id, forget)
                return true
              }
              // A moment that has a firing stays behind; one that only has to wait stays due.
              if (yield* log.has({ id: seen.id, dueAt: firing.dueAt })) return false
              yield* sql`UPDATE schedules SET next_due_at = ${iso(seen.nextDueAt)} WHERE id = ${seen.id}`
              return false
            })
          )
      )

      const ask = Effect.fn("Schedules.ask")((id: ScheduleId, firing: Firing) =>
        whole(Effect.flatMap(rowOf(id), (row) => (Option.isNone(row) ? Effect.succeed(false) : log.insert(id, firing))))
      )

      const noteCompared = Effect.fn("Schedules.noteCompared")(function* (id: ScheduleId, at: DateTime.Utc) {
        yield* sql`UPDATE schedules SET compared_at = ${iso(at)} WHERE id = ${id}`.pipe(Effect.mapError(failed))
      })

      const { firing, firings, interrupt, noteRun, renew, settle } = log
      return Schedules.of({
        insert,
        find,
        list,
        update,
        remove,
        due,
        claim,
        ask,
        renew,
        noteRun,
        noteCompared,
        settle,
        interrupt,
        firing,
        firings
      })
    })
  )
