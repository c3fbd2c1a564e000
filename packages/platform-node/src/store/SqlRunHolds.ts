/** The part of the Runs port that keeps who carries a run out. */
import { RunEpoch, type RunHold } from "@loom-scim/core/ports/RunHold"
import { RunId } from "@loom-scim/core/runs/Run"
import { Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { reading } from "./StoredRows.ts"

const Hold = Schema.Struct({ epoch: Schema.Int, beat: Schema.Int })
const Held = Schema.Struct({ id: RunId })
const Of = Schema.Struct({ id: RunId, epoch: Schema.Int })

/** The condition under which a write about a run counts, on its row in `runs`. */
export const isNewest = (sql: SqlClient, id: RunId) =>
  Effect.map(RunEpoch, (written) =>
    written === null || written.id !== id ? sql.literal("1 = 1") : sql`runs.epoch = ${written.epoch}`
  )

/** On the `runs` table of the context's `SqlClient`. */
export const make = (place: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const read = reading(place)
    const holdOf = SqlSchema.findOneOption({
      Request: RunId,
      Result: Hold,
      execute: (id) => sql`SELECT epoch, beat FROM runs WHERE id = ${id}`
    })
    const takeIt = SqlSchema.findOneOption({
      Request: Schema.Struct({ ...Of.fields, beat: Schema.Int }),
      Result: Held,
      execute: ({ beat, epoch, id }) =>
        sql`UPDATE runs SET epoch = epoch + 1, beat = 1 WHERE id = ${id} AND epoch = ${epoch} AND beat = ${beat}
          RETURNING id`
    })
    const renewIt = SqlSchema.findOneOption({
      Request: Of,
      Result: Held,
      execute: ({ epoch, id }) =>
        sql`UPDATE runs SET beat = beat + 1 WHERE id = ${id} AND epoch = ${epoch} RETURNING id`
    })
    const releaseIt = SqlSchema.findOneOption({
      Request: Of,
      Result: Held,
      execute: ({ epoch, id }) => sql`UPDATE runs SET beat = 0 WHERE id = ${id} AND epoch = ${epoch} RETURNING id`
    })

    const hold = Effect.fn("Runs.hold")(function* (id: RunId) {
      return Option.getOrElse(yield* read(`who has run ${id}`, holdOf(id)), (): RunHold => ({ epoch: 0, beat: 0 }))
    })

    const take = Effect.fn("Runs.take")(function* (id: RunId, seen: RunHold) {
      return Option.isSome(yield* read(`who has run ${id}`, takeIt({ id, ...seen })))
    })

    const renew = Effect.fn("Runs.renew")(function* (id: RunId, epoch: number) {
      return Option.isSome(yield* read(`who has run ${id}`, renewIt({ id, epoch })))
    })

    const release = Effect.fn("Runs.release")(function* (id: RunId, epoch: number) {
      return Option.isSome(yield* read(`who has run ${id}`, releaseIt({ id, epoch })))
    })

    return { hold, take, renew, release }
  })
