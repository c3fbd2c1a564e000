/** The Plans port over SQL: a row per plan, and a row per action, so that no plan has to be one text. */
import { KeptPlan, type PlanDigests, PlanId, Plans } from "@loom-scim/core/ports/Plans"
import { Action } from "@loom-scim/core/provisioning/Action"
import { Digests } from "@loom-scim/core/provisioning/PersonDigest"
import { PlanFile } from "@loom-scim/core/provisioning/PlanFile"
import { Recognised } from "@loom-scim/core/provisioning/Recognised"
import { RunId } from "@loom-scim/core/runs/Run"
import { Array as Arr, DateTime, Effect, Layer, Option, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { fromSql } from "./StoreFailure.ts"
import { batch, reading } from "./StoredRows.ts"
import { transaction } from "./transaction.ts"

const pageSize = 500
/** People whose digests share a row. */
const together = 500

const Head = Schema.fromJsonString(
  Schema.Struct({
    ...PlanFile.fields,
    /** Only where there are digests. */
    digests: Schema.optionalKey(Schema.Struct({ after: Schema.NullOr(RunId) }))
  })
)
const Row = Schema.Struct({ kept: Schema.fromJsonString(KeptPlan) })
const HeadRow = Schema.Struct({ head: Head })
const Part = Schema.Literals(["action", "recognised", "digests"])
const Asked = Schema.Struct({ id: PlanId, part: Part, after: Schema.Int })
const ActionRow = Schema.Struct({ position: Schema.Int, value: Schema.fromJsonString(Action) })
const Digested = Schema.Array(Schema.Tuple([Schema.String, Schema.NullOr(Schema.String), Schema.Array(Schema.String)]))
const DigestsRow = Schema.Struct({ position: Schema.Int, value: Schema.fromJsonString(Digested) })
const RecognisedRow = Schema.Struct({ position: Schema.Int, value: Schema.fromJsonString(Recognised) })

/** As many as share a row, one row after the other: there may be very many people. */
const chunked = function* <A>(all: Iterable<A>): Generator<ReadonlyArray<A>, void> {
  let some: Array<A> = []
  for (const one of all) {
    some.push(one)
    if (some.length < together) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}

/** Keeps plans in the `SqlClient` of the context; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<Plans, never, SqlClient> =>
  Layer.effect(
    Plans,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const failed = fromSql(place)
      const read = reading(place)
      const partsOf = ({ after, id, part }: typeof Asked.Encoded) =>
        sql`SELECT position, value FROM plan_parts WHERE plan_id = ${id} AND part = ${part} AND position > ${after}
          ORDER BY position LIMIT ${pageSize}`
      const actionRows = SqlSchema.findAll({ Request: Asked, Result: ActionRow, execute: partsOf })
      const recognisedRows = SqlSchema.findAll({ Request: Asked, Result: RecognisedRow, execute: partsOf })
      const digestsRows = SqlSchema.findAll({ Request: Asked, Result: DigestsRow, execute: partsOf })
      const rowOf = SqlSchema.findOneOption({
        Request: PlanId,
        Result: Row,
        execute: (id) => sql`SELECT kept FROM plans WHERE id = ${id}`
      })
      const headOf = SqlSchema.findOneOption({
        Request: PlanId,
        Result: HeadRow,
        execute: (id) => sql`SELECT head FROM plans WHERE id = ${id}`
      })
      const encodeKept = Schema.encodeEffect(Schema.fromJsonString(KeptPlan))
      const encodeHead = Schema.encodeEffect(Head)
      const encodeActions = Schema.encodeEffect(Schema.NonEmptyArray(Schema.fromJsonString(Action)))
      const encodeRecognised = Schema.encodeEffect(Schema.NonEmptyArray(Schema.fromJsonString(Recognised)))

      const insertParts = Effect.fnUntraced(function* (
        id: PlanId,
        part: typeof Part.Type,
        from: number,
        texts: ReadonlyArray<string>
      ) {
        const rows = texts.map((value, index) => ({ plan_id: id, part, position: from + index, value }))
        if (Arr.isArrayNonEmpty(rows)) yield* sql`INSERT INTO plan_parts ${sql.insert(rows)}`
      })

      const keep = Effect.fn("Plans.keep")(function* (kept: KeptPlan, file: PlanFile, sent: PlanDigests | null) {
        const { id } = kept
        const head = yield* Effect.orDie(
          encodeHead({
            ...file,
            recognised: [],
            plan: { ...file.plan, actions: [] },
            ...(sent === null ? {} : { digests: { after: sent.after } })
          })
        )
        const row = {
          id,
          connection_id: kept.connectionId,
          expires_at: DateTime.formatIso(kept.expiresAt),
          kept: yield* Effect.orDie(encodeKept(kept)),
          head
        }
        const write = Effect.gen(function* () {
          yield* sql`INSERT INTO plans ${sql.insert(row)}`
          let position = 0
          for (const some of Arr.chunksOf(file.plan.actions, batch)) {
            yield* insertParts(id, "action", position, yield* Effect.orDie(encodeActions(some)))
            position += some.length
          }
          position = 0
          for (const some of Arr.chunksOf(file.recognised, batch)) {
            yield* insertParts(id, "recognised", position, yield* Effect.orDie(encodeRecognised(some)))
            position += some.length
          }
          position = 0
          for (const some of chunked(sent?.digests.entries() ?? [])) {
            const people = some.map(([key, { digest, groups }]) => [key, digest, groups])
            yield* insertParts(id, "digests", position++, [JSON.stringify(people)])
          }
        })
        yield* Effect.mapError(transaction(sql, write), failed)
      })

      const find = Effect.fn("Plans.find")(function* (id: PlanId) {
        return Option.map(yield* read(`plan ${id}`, rowOf(id)), ({ kept }) => kept)
      })

      const paged = <A, E>(
        rowsAfter: (after: number) => Effect.Effect<ReadonlyArray<{ position: number; value: A }>, E>
      ) =>
        Stream.paginate(-1, (after: number) =>
          Effect.map(rowsAfter(after), (rows) => {
            const last = rows.at(-1)
            const next =
              rows.length < pageSize || last === undefined ? Option.none<number>() : Option.some(last.position)
            return [rows.map(({ value }) => value), next] as const
          })
        )
      const actions = (id: PlanId) =>
        paged((after) => read(`an action of plan ${id}`, actionRows({ id, part: "action", after })))
      const recognised = (id: PlanId) =>
        paged((after) => read(`a part of plan ${id}`, recognisedRows({ id, part: "recognised", after })))

      const digests = Effect.fn("Plans.digests")(function* (id: PlanId) {
        const found = yield* read(`plan ${id}`, headOf(id))
        const kept = Option.isSome(found) ? found.value.head.digests : undefined
        if (kept === undefined) return Option.none<PlanDigests>()
        const digests = new Digests()
        yield* Stream.runForEach(
          paged((after) => read(`a part of plan ${id}`, digestsRows({ id, part: "digests", after }))),
          (people) =>
            Effect.sync(() => people.forEach(([key, digest, groups]) => digests.restore(key, { digest, groups })))
        )
        return Option.some<PlanDigests>({ digests, after: kept.after })
      })

      const load = Effect.fn("Plans.load")(function* (id: PlanId) {
        const found = yield* read(`plan ${id}`, headOf(id))
        if (Option.isNone(found)) return Option.none<PlanFile>()
        const { digests: _, ...head } = found.value.head
        return Option.some<PlanFile>({
          ...head,
          recognised: yield* Stream.runCollect(recognised(id)),
          plan: { ...head.plan, actions: yield* Stream.runCollect(actions(id)) }
        })
      })

      const prune = Effect.fn("Plans.prune")(function* (now: DateTime.Utc) {
        const until = DateTime.formatIso(now)
        yield* transaction(
          sql,
          Effect.gen(function* () {
            yield* sql`DELETE FROM plan_parts WHERE plan_id IN (SELECT id FROM plans WHERE expires_at < ${until})`
            yield* sql`DELETE FROM plans WHERE expires_at < ${until}`
          })
        ).pipe(Effect.mapError(failed))
      })

      return Plans.of({ keep, find, load, digests, actions, prune })
    })
  )
