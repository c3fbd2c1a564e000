/** The part of the Runs port that keeps the journal of a run: a row per action. */
import type { ItemQuery, JournalEntry, Settlement } from "@loom-scim/core/ports/Runs"
import type { Action } from "@loom-scim/core/provisioning/Action"
import { type Run, RunId } from "@loom-scim/core/runs/Run"
import { ItemOutcome, ItemState, phaseOf, RunItem, stateOf } from "@loom-scim/core/runs/RunItem"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Array as Arr, DateTime, Effect, Option, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import * as SqlRunHolds from "./SqlRunHolds.ts"
import { fromSql } from "./StoreFailure.ts"
import { batch, given, reading } from "./StoredRows.ts"
import type { Change } from "./SqlManaged.ts"
import { transaction } from "./transaction.ts"

const { fields } = RunItem
const Outcome = Schema.fromJsonString(ItemOutcome)

/** A row of `run_items`, without the run's id. */
const Row = Schema.Struct({
  position: fields.position,
  phase: fields.phase,
  state: fields.state,
  intended_at: fields.intendedAt,
  settled_at: fields.settledAt,
  action: Schema.fromJsonString(fields.action),
  outcome: Schema.NullOr(Outcome)
})

const fromRow = ({ intended_at, settled_at, ...rest }: typeof Row.Type): RunItem => ({
  ...rest,
  intendedAt: intended_at,
  settledAt: settled_at
})

/** The outcome of what does nothing: it is over with the beginning. */
const untried = { _tag: "Dropped", reason: "conflict" } satisfies ItemOutcome

/** Items given at once, and items looked at for them: a query holds up the whole process while it runs. */
const pageSize = 500
const span = 5000

const Page = Schema.Struct({
  run: RunId,
  phase: Schema.optionalKey(fields.phase),
  states: Schema.optionalKey(Schema.Array(ItemState)),
  after: Schema.Int,
  through: Schema.Int,
  limit: Schema.Int
})

const Count = Schema.Struct({ phase: fields.phase, state: fields.state, count: Schema.Int })
const decodePositions = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ position: fields.position })))

/** They are their own encoded form, which the types hold to; encoding them by their schemas takes ten times as long. */
const textOfAction = (action: typeof fields.action.Encoded): string => JSON.stringify(action)
const textOfOutcome = (outcome: typeof ItemOutcome.Encoded): string => JSON.stringify(outcome)

/** On the `run_items` table of the context's `SqlClient`; what an outcome makes of the managed resources goes to `change`. */
export const make = (place: string, change: Change) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const read = reading(place)
    const failed = fromSql(place)
    /**
     * Rows name their run too, and it is nowhere compared with a constant: both databases would take that for the rarer
     * condition, and go through all items of the run instead of looking each row up by its key.
     */
    const isGiven = sql.literal("run_items.run_id = given.run AND run_items.position = given.position")

    const rowsOf = SqlSchema.findAll({
      Request: Page,
      Result: Row,
      execute: ({ after, limit, phase, run, states, through }) => {
        const conditions = [sql`run_id = ${run}`, sql`position > ${after}`, sql`position <= ${through}`]
        if (phase !== undefined) conditions.push(sql`phase = ${phase}`)
        const isWanted = sql.and(states === undefined ? conditions : [...conditions, sql.in("state", states)])
        return sql`SELECT position, phase, state, intended_at, settled_at, action, outcome FROM run_items
          WHERE ${isWanted} ORDER BY position LIMIT ${limit}`
      }
    })
    const countsOf = SqlSchema.findAll({
      Request: RunId,
      Result: Count,
      execute: (id) =>
        sql`SELECT phase, state, CAST(COUNT(*) AS INTEGER) AS count FROM run_items WHERE run_id = ${id}
          GROUP BY phase, state ORDER BY MIN(position)`
    })
    /** Gives the positions of those that had no outcome yet. */
    const setOutcomes = (run: RunId, first: number, settlements: ReadonlyArray<Settlement>) => {
      const rows = settlements.map(({ at, outcome, position }, index) => ({
        run,
        position,
        state: stateOf(outcome),
        number: first + index,
        at: DateTime.formatIso(at),
        outcome: textOfOutcome(outcome)
      }))
      const settled = given(
        sql,
        { run: "TEXT", position: "INTEGER", state: "TEXT", number: "INTEGER", at: "TEXT", outcome: "TEXT" },
        rows
      )
      return Effect.flatMap(
        sql`UPDATE run_items SET state = given.state, settled_at = given.at, outcome = given.outcome,
            number = given.number
          FROM ${settled}
          WHERE ${isGiven} AND run_items.state IN ('planned', 'intended')
          RETURNING run_items.position`,
        decodePositions
      )
    }
    /** Sets numbers aside for as many outcomes; gives the last. In a transaction: the run's row is held until its end. */
    const numbers = SqlSchema.findOneOption({
      Request: Schema.Struct({ run: RunId, count: Schema.Int }),
      Result: Schema.Struct({ outcomes: Schema.Int, connection_id: ConnectionId }),
      execute: ({ count, run }) =>
        sql`UPDATE runs SET outcomes = outcomes + ${count} WHERE id = ${run} RETURNING outcomes, connection_id`
    })
    const lastOf = SqlSchema.findOneOption({
      Request: RunId,
      Result: Schema.Struct({ position: fields.position }),
      execute: (run) => sql`SELECT position FROM run_items WHERE run_id = ${run} ORDER BY position DESC LIMIT 1`
    })
    const numbered = SqlSchema.findAll({
      Request: Schema.Struct({ run: RunId, after: Schema.Int, limit: Schema.Int }),
      Result: Schema.Struct({ ...Row.fields, number: Schema.Int }),
      execute: ({ after, limit, run }) =>
        sql`SELECT position, phase, state, intended_at, settled_at, action, outcome, number FROM run_items
          WHERE run_id = ${run} AND number > ${after} ORDER BY number LIMIT ${limit}`
    })
    const nextOf = SqlSchema.findOneOption({
      Request: Schema.Struct({ run: RunId, after: Schema.Int }),
      Result: Schema.Struct({ position: fields.position }),
      execute: ({ after, run }) =>
        sql`SELECT position FROM run_items WHERE run_id = ${run} AND position > ${after} ORDER BY position LIMIT 1`
    })

    /** A row per action, within the caller's transaction. Batch by batch, so that a large run is not held twice. */
    const insert = Effect.fnUntraced(function* (
      run: Run,
      actions: ReadonlyArray<Action>
    ): Effect.fn.Return<void, SqlError> {
      const planned = { state: "planned", settled_at: null, outcome: null }
      const dropped = {
        state: stateOf(untried),
        settled_at: DateTime.formatIso(run.startedAt),
        outcome: textOfOutcome(untried)
      }
      let position = 0
      for (const some of Arr.chunksOf(actions, batch)) {
        const rows = Arr.map(some, (one) => {
          const phase = phaseOf(one)
          const how = phase === null ? dropped : planned
          return { run_id: run.id, position: position++, phase, ...how, action: textOfAction(one) }
        })
        yield* sql`INSERT INTO run_items ${sql.insert(rows)}`
      }
    })

    const streamItems = (id: RunId, { after = -1, limit = Infinity, ...which }: ItemQuery = {}) =>
      Stream.paginate(
        { after, left: limit },
        Effect.fnUntraced(function* ({ after, left }) {
          const take = Math.max(0, Math.min(pageSize, left))
          const what = `an item of run ${id}`
          const through = after + span
          const rows = yield* read(what, rowsOf({ run: id, ...which, after, through, limit: take }))
          const last = rows.length < take ? through : (rows.at(-1)?.position ?? through)
          const isMore = rows.length < left && Option.isSome(yield* read(what, nextOf({ run: id, after: last })))
          return [
            rows.map(fromRow),
            isMore ? Option.some({ after: last, left: left - rows.length }) : Option.none()
          ] as const
        })
      )

    const items = Effect.fn("Runs.items")((id: RunId, query?: ItemQuery) => Stream.runCollect(streamItems(id, query)))

    const counts = Effect.fn("Runs.counts")((id: RunId) => read(`an item of run ${id}`, countsOf(id)))

    const chosen = (id: RunId, positions: ReadonlyArray<number>) =>
      given(
        sql,
        { run: "TEXT", position: "INTEGER" },
        positions.map((position) => ({ run: id, position }))
      )

    /** Within the caller's transaction, as are the other two. */
    const settle = Effect.fnUntraced(function* (id: RunId, settlements: ReadonlyArray<Settlement>) {
      // Of several about one item the first counts, as if they had come one after the other.
      const byPosition = new Map(settlements.toReversed().map((settlement) => [settlement.position, settlement]))
      // In one order, so that two writers wait for each other instead of blocking each other.
      const ordered = Array.from(byPosition.values()).toSorted((left, right) => left.position - right.position)
      const what = `an item of run ${id}`
      // Before the items, so that outcomes are kept in the order of their numbers, whoever else writes.
      const counted = yield* read(what, numbers({ run: id, count: ordered.length }))
      if (Option.isNone(counted)) return
      const { connection_id, outcomes: last } = counted.value
      const settled = yield* read(what, setOutcomes(id, last - ordered.length + 1, ordered))
      const positions = new Set(settled.map(({ position }) => position))
      // In the order in which they were given.
      const isNew = (one: Settlement) => positions.has(one.position) && byPosition.get(one.position) === one
      yield* change(
        connection_id,
        settlements.filter(isNew).flatMap(({ managed }) => managed)
      )
    })

    const withdraw = Effect.fnUntraced(function* (id: RunId, positions: ReadonlyArray<number>) {
      const isNewest = yield* SqlRunHolds.isNewest(sql, id)
      yield* sql`UPDATE run_items SET state = 'planned', intended_at = NULL
        FROM ${chosen(id, positions)} WHERE ${isGiven} AND run_items.state = 'intended'
          AND EXISTS (SELECT 1 FROM runs WHERE runs.id = run_items.run_id AND ${isNewest})`
    })

    const intend = Effect.fnUntraced(function* (id: RunId, positions: ReadonlyArray<number>, at: DateTime.Utc) {
      const isNewest = yield* SqlRunHolds.isNewest(sql, id)
      yield* sql`UPDATE run_items SET state = 'intended', intended_at = ${DateTime.formatIso(at)}
        FROM ${chosen(id, positions)} WHERE ${isGiven} AND run_items.state = 'planned'
          AND EXISTS (SELECT 1 FROM runs WHERE runs.id = run_items.run_id AND ${isNewest})`
    })

    const record = Effect.fn("Runs.record")(function* (id: RunId, { at, intended, settled, withdrawn }: JournalEntry) {
      const writing = Effect.gen(function* () {
        if (settled.length > 0) yield* settle(id, settled)
        if (withdrawn.length > 0) yield* withdraw(id, withdrawn)
        if (intended.length > 0) yield* intend(id, intended, at)
      })
      yield* transaction(sql, writing).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(failed(error))))
    })

    const drop = Effect.fn("Runs.drop")(function* (id: RunId, reason: "cancelled" | "rejected", at: DateTime.Utc) {
      const outcome = textOfOutcome({ _tag: "Dropped", reason })
      const what = `an item of run ${id}`
      const isNewest = yield* SqlRunHolds.isNewest(sql, id)
      const dropping = Effect.gen(function* () {
        const last = yield* read(what, lastOf(id))
        if (Option.isNone(last)) return
        const count = last.value.position + 1
        const counted = yield* read(what, numbers({ run: id, count }))
        if (Option.isNone(counted)) return
        const before = counted.value.outcomes - count
        yield* sql`UPDATE run_items SET state = 'dropped', settled_at = ${DateTime.formatIso(at)}, outcome = ${outcome},
            number = CAST(${before} AS INTEGER) + position + 1
          WHERE run_id = ${id} AND state = 'planned'
            AND EXISTS (SELECT 1 FROM runs WHERE runs.id = run_items.run_id AND ${isNewest})`
      })
      yield* transaction(sql, dropping).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(failed(error))))
    })

    const outcomes = Effect.fn("Runs.outcomes")(function* (id: RunId, after: number, limit: number) {
      const rows = yield* read(`an item of run ${id}`, numbered({ run: id, after, limit }))
      return rows.map(({ number, ...row }) => ({ number, item: fromRow(row) }))
    })

    return { insert, items, streamItems, counts, record, drop, outcomes }
  })
