/** The Idempotency port over SQL: of several processes that claim the same request, one gets it. */
import type { Claim, IdempotentRequest, KeptAnswer } from "@loom-scim/core/ports/Idempotency"
import { Idempotency } from "@loom-scim/core/ports/Idempotency"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { fromSql } from "./StoreFailure.ts"
import { reading } from "./StoredRows.ts"

const Answer = Schema.fromJsonString(
  Schema.Struct({
    status: Schema.Int,
    headers: Schema.Record(Schema.String, Schema.String),
    body: Schema.String
  })
)

const Row = Schema.Struct({
  fingerprint: Schema.String,
  claimed_at: Schema.DateTimeUtcFromString,
  answer: Schema.NullOr(Answer)
})

const Id = Schema.Struct({ owner: Schema.String, key: Schema.String })
const what = "a remembered answer"

/** Keeps answers in the `idempotency` table of the context's `SqlClient`; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<Idempotency, never, SqlClient> =>
  Layer.effect(
    Idempotency,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const read = reading(place)
      const failed = fromSql(place)

      const rowOf = SqlSchema.findOneOption({
        Request: Id,
        Result: Row,
        execute: ({ key, owner }) =>
          sql`SELECT fingerprint, claimed_at, answer FROM idempotency WHERE owner = ${owner} AND "key" = ${key}`
      })

      const Claiming = Schema.Struct({
        ...Id.fields,
        fingerprint: Schema.String,
        at: Schema.DateTimeUtcFromString,
        abandoned: Schema.DateTimeUtcFromString
      })
      // One statement decides, so that two processes cannot both believe they are the first.
      const claimed = SqlSchema.findAll({
        Request: Claiming,
        Result: Schema.Struct({ owner: Schema.String }),
        execute: ({ abandoned, at, fingerprint, key, owner }) =>
          sql`INSERT INTO idempotency ${sql.insert({ owner, key, fingerprint, claimed_at: at, answer: null })}
            ON CONFLICT (owner, "key") DO UPDATE SET claimed_at = excluded.claimed_at
              WHERE idempotency.answer IS NULL AND idempotency.claimed_at < ${abandoned}
                AND idempotency.fingerprint = excluded.fingerprint
            RETURNING owner`
      })

      const claim = Effect.fn("Idempotency.claim")(function* (
        { fingerprint, key, owner }: IdempotentRequest,
        at: DateTime.Utc,
        abandoned: DateTime.Utc
      ) {
        const mine = yield* read(what, claimed({ owner, key, fingerprint, at, abandoned }))
        if (mine.length > 0) return { _tag: "Claimed" } satisfies Claim
        const row = yield* read(what, rowOf({ owner, key }))
        // Released between the two statements: whoever asks again gets it.
        if (Option.isNone(row)) return { _tag: "Running" } satisfies Claim
        if (row.value.fingerprint !== fingerprint) return { _tag: "OtherRequest" } satisfies Claim
        const { answer } = row.value
        return answer === null ? ({ _tag: "Running" } satisfies Claim) : ({ _tag: "Answered", answer } satisfies Claim)
      })

      const renew = Effect.fn("Idempotency.renew")(function* ({ key, owner }: IdempotentRequest, at: DateTime.Utc) {
        const text = DateTime.formatIso(at)
        yield* sql`UPDATE idempotency SET claimed_at = ${text}
          WHERE owner = ${owner} AND "key" = ${key} AND answer IS NULL`.pipe(Effect.mapError(failed))
      })

      const isRunning = Effect.fn("Idempotency.isRunning")(function* (
        { key, owner }: Pick<IdempotentRequest, "owner" | "key">,
        abandoned: DateTime.Utc
      ) {
        const row = yield* read(what, rowOf({ owner, key }))
        return Option.exists(
          row,
          ({ answer, claimed_at }) => answer === null && DateTime.isGreaterThanOrEqualTo(claimed_at, abandoned)
        )
      })

      const keep = Effect.fn("Idempotency.keep")(function* ({ key, owner }: IdempotentRequest, answer: KeptAnswer) {
        const text = yield* Effect.orDie(Schema.encodeEffect(Answer)(answer))
        yield* sql`UPDATE idempotency SET answer = ${text} WHERE owner = ${owner} AND "key" = ${key}`.pipe(
          Effect.mapError(failed)
        )
      })

      const release = Effect.fn("Idempotency.release")(function* ({ key, owner }: IdempotentRequest) {
        yield* sql`DELETE FROM idempotency WHERE owner = ${owner} AND "key" = ${key} AND answer IS NULL`.pipe(
          Effect.mapError(failed)
        )
      })

      const prune = Effect.fn("Idempotency.prune")(function* (before: DateTime.Utc) {
        const text = DateTime.formatIso(before)
        yield* sql`DELETE FROM idempotency WHERE claimed_at < ${text}`.pipe(Effect.mapError(failed))
      })

      return Idempotency.of({ claim, renew, isRunning, keep, release, prune })
    })
  )
