/** The Runs port over SQL, the same code on SQLite and PostgreSQL. */
import { Runs, RunUnfinished } from "@loom-scim/core/ports/Runs"
import type { Action } from "@loom-scim/core/provisioning/Action"
import { Decision } from "@loom-scim/core/provisioning/Decision"
import { isOfMany, isOver, Run, RunId, RunStatus } from "@loom-scim/core/runs/Run"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Actor } from "@loom-scim/core/setup/Evidence"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import * as SqlManaged from "./SqlManaged.ts"
import * as SqlRunHolds from "./SqlRunHolds.ts"
import * as SqlRunItems from "./SqlRunItems.ts"
import { fromSql } from "./StoreFailure.ts"
import { reading } from "./StoredRows.ts"
import { transaction } from "./transaction.ts"

const { fields } = Run
const Status = Schema.fromJsonString(RunStatus)
const By = Schema.fromJsonString(Actor)
const Made = Schema.fromJsonString(Decision)

/** A row of `runs`: a `Run` with its structured parts as JSON text. */
const Row = Schema.Struct({
  id: fields.id,
  connection_id: fields.connectionId,
  kind: fields.kind,
  parent: fields.parent,
  started_at: fields.startedAt,
  started_by: By,
  ended_at: fields.endedAt,
  source: fields.source,
  census: Schema.fromJsonString(fields.census),
  withheld: Schema.fromJsonString(fields.withheld),
  plan: fields.plan,
  judgement: Schema.fromJsonString(fields.judgement),
  status: Status,
  stops: fields.stops,
  cancelled_by: Schema.NullOr(By)
})

const toRow = ({ cancelledBy, connectionId, endedAt, startedAt, startedBy, ...rest }: Run): typeof Row.Type => ({
  ...rest,
  connection_id: connectionId,
  started_at: startedAt,
  started_by: startedBy,
  ended_at: endedAt,
  cancelled_by: cancelledBy
})

const fromRow = ({ cancelled_by, connection_id, ended_at, started_at, started_by, ...rest }: typeof Row.Type): Run => ({
  ...rest,
  connectionId: connection_id,
  startedAt: started_at,
  startedBy: started_by,
  endedAt: ended_at,
  cancelledBy: cancelled_by
})

const Wanted = Schema.Struct({
  connectionId: Schema.optionalKey(ConnectionId),
  unfinished: Schema.optionalKey(Schema.Boolean),
  before: Schema.optionalKey(RunId),
  limit: Schema.optionalKey(Schema.Int)
})

/**
 * Keeps runs in the `SqlClient` of the context, whose tables `Migrations.run` has made; `place` is what failures call
 * the database.
 *
 * Of two writers that begin a run of many of one connection at the same time, one is let through; the other gets
 * `RunUnfinished`.
 */
export const layer = (place: string): Layer.Layer<Runs, never, SqlClient> =>
  Layer.effect(
    Runs,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const failed = fromSql(place)
      const read = reading(place)
      const { change, manage, managed } = yield* SqlManaged.make(place)
      const { insert, ...items } = yield* SqlRunItems.make(place, change)
      const holds = yield* SqlRunHolds.make(place)

      const rowOf = SqlSchema.findOneOption({
        Request: RunId,
        Result: Row,
        execute: (id) => sql`SELECT * FROM runs WHERE id = ${id}`
      })
      const rowsOf = SqlSchema.findAll({
        Request: Wanted,
        Result: Row,
        execute: ({ before, connectionId, limit, unfinished }) => {
          const conditions = [
            ...(connectionId === undefined ? [] : [sql`connection_id = ${connectionId}`]),
            ...(unfinished === true ? [sql`ended_at IS NULL`] : []),
            ...(before === undefined
              ? []
              : [sql`(started_at, id) < (SELECT started_at, id FROM runs WHERE id = ${before})`])
          ]
          const where = conditions.length === 0 ? sql.literal("") : sql`WHERE ${sql.and(conditions)}`
          const most = limit === undefined ? sql.literal("") : sql`LIMIT ${Math.max(0, limit)}`
          return sql`SELECT * FROM runs ${where} ORDER BY started_at DESC, id DESC ${most}`
        }
      })
      const unfinishedOf = SqlSchema.findOneOption({
        Request: Schema.Struct({ connectionId: ConnectionId, beside: RunId }),
        Result: Schema.Struct({ id: RunId }),
        execute: ({ beside, connectionId }) =>
          sql`SELECT id FROM runs WHERE connection_id = ${connectionId} AND kind <> 'provision' AND ended_at IS NULL
            AND id <> ${beside} ORDER BY id LIMIT 1`
      })
      const pausedOf = SqlSchema.findOneOption({
        Request: RunId,
        Result: Schema.Struct({ paused_by: Schema.NullOr(By) }),
        execute: (id) => sql`SELECT paused_by FROM runs WHERE id = ${id}`
      })
      const decisionsOf = SqlSchema.findAll({
        Request: RunId,
        Result: Schema.Struct({ decision: Made }),
        execute: (id) => sql`SELECT decision FROM run_decisions WHERE run_id = ${id} ORDER BY position`
      })
      const encodeRow = Schema.encodeEffect(Row)
      const encodeStatus = Schema.encodeEffect(Status)
      const encodeActor = Schema.encodeEffect(By)
      const encodeDecision = Schema.encodeEffect(Made)

      /** Fails when another run stands in the way of this one. */
      const refuse = Effect.fnUntraced(function* (run: Run) {
        if (!isOfMany(run) || isOver(run.status)) return
        const { connectionId, id } = run
        const found = yield* read(`the id of a run of ${connectionId}`, unfinishedOf({ connectionId, beside: id }))
        if (Option.isSome(found)) yield* new RunUnfinished({ connectionId, runId: found.value.id })
      })

      /** Has others that begin a run of the connection wait for the end of the transaction. */
      const lock = ({ connectionId }: Run) =>
        sql.onDialectOrElse({
          pg: () => Effect.asVoid(sql`SELECT pg_advisory_xact_lock(hashtext(${connectionId}))`),
          // Whoever writes has the file alone.
          orElse: () => Effect.void
        })

      const begin = Effect.fn("Runs.begin")(function* (run: Run, actions: ReadonlyArray<Action>) {
        const row = yield* Effect.orDie(encodeRow(toRow(run)))
        const write = Effect.gen(function* () {
          yield* lock(run)
          yield* sql`INSERT INTO runs ${sql.insert(row)}`
          yield* refuse(run)
          yield* insert(run, actions)
        })
        yield* transaction(sql, write).pipe(
          Effect.catchTag("SqlError", (error) =>
            // An index has refused it already.
            Effect.andThen(
              error.reason._tag === "UniqueViolation" ? refuse(run) : Effect.void,
              Effect.fail(failed(error))
            )
          )
        )
      })

      const find = Effect.fn("Runs.find")(function* (id: RunId) {
        return Option.map(yield* read(`run ${id}`, rowOf(id)), fromRow)
      })

      const list = Effect.fn("Runs.list")(function* (of: typeof Wanted.Type) {
        return (yield* read("a run", rowsOf(of))).map(fromRow)
      })

      const update = Effect.fnUntraced(function* (
        id: RunId,
        status: RunStatus,
        at: DateTime.Utc,
        more: { readonly stops?: number }
      ) {
        const values = {
          status: yield* Effect.orDie(encodeStatus(status)),
          ended_at: isOver(status) ? DateTime.formatIso(at) : null,
          ...more
        }
        const isNewest = yield* SqlRunHolds.isNewest(sql, id)
        yield* sql`UPDATE runs SET ${sql.update(values)} WHERE id = ${id} AND ended_at IS NULL AND ${isNewest}`.pipe(
          Effect.mapError(failed)
        )
      })

      const setStatus = Effect.fn("Runs.setStatus")((id: RunId, status: RunStatus, at: DateTime.Utc) =>
        update(id, status, at, {})
      )

      const stop = Effect.fn("Runs.stop")((id: RunId, stops: number, status: RunStatus, at: DateTime.Utc) =>
        update(id, status, at, { stops })
      )

      const askToCancel = Effect.fn("Runs.askToCancel")(function* (id: RunId, by: Actor) {
        const text = yield* Effect.orDie(encodeActor(by))
        yield* sql`UPDATE runs SET cancelled_by = ${text} WHERE id = ${id} AND cancelled_by IS NULL`.pipe(
          Effect.mapError(failed)
        )
      })

      const askToPause = Effect.fn("Runs.askToPause")(function* (id: RunId, by: Actor | null) {
        const text = by === null ? null : yield* Effect.orDie(encodeActor(by))
        const isFirst = by === null ? sql.literal("1 = 1") : sql.literal("paused_by IS NULL")
        yield* sql`UPDATE runs SET paused_by = ${text} WHERE id = ${id} AND ${isFirst}`.pipe(Effect.mapError(failed))
      })

      const pauserOf = Effect.fn("Runs.pauserOf")(function* (id: RunId) {
        const found = yield* read(`who paused run ${id}`, pausedOf(id))
        return Option.isNone(found) ? null : found.value.paused_by
      })

      const decide = Effect.fn("Runs.decide")(function* (id: RunId, decision: Decision) {
        const text = yield* Effect.orDie(encodeDecision(decision))
        yield* sql`INSERT INTO run_decisions ${sql.insert({ run_id: id, decision: text })}`.pipe(
          Effect.mapError(failed)
        )
      })

      const decisions = Effect.fn("Runs.decisions")(function* (id: RunId) {
        return (yield* read(`a decision about run ${id}`, decisionsOf(id))).map(({ decision }) => decision)
      })

      return Runs.of({
        begin,
        find,
        list,
        setStatus,
        stop,
        askToCancel,
        askToPause,
        pauserOf,
        decide,
        decisions,
        managed,
        manage,
        ...holds,
        ...items
      })
    })
  )
