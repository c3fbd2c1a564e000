/** The sealed tokens as rows, and the locks that keep sealing and rotation apart. */
import { Fingerprint } from "@loom-scim/core/ports/Vault"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import { KeyId } from "./SealingKey.ts"
import { transaction } from "../store/transaction.ts"

/** A sealed token. `sealed` ends with the 16-byte tag of AES-GCM; `sealed_at` is when the token was first sealed. */
export const Row = Schema.Struct({
  connection_id: ConnectionId,
  fingerprint: Fingerprint,
  key_id: KeyId,
  nonce: Schema.Uint8Array,
  sealed: Schema.Uint8Array,
  sealed_at: Schema.DateTimeUtcFromString
})
export type Row = typeof Row.Type

const Address = Schema.Struct({ id: ConnectionId, which: Fingerprint })

/** The table's queries. Rows are decoded, never trusted: `SchemaError` means that somebody else wrote there. */
export const make = Effect.map(SqlClient, (sql) => {
  const encode = Schema.encodeEffect(Row)

  /** A transaction that a rotation waits for. On SQLite every transaction has the database for itself anyway. */
  const sealing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    transaction(
      sql,
      sql
        .onDialectOrElse({
          pg: () => Effect.asVoid(sql`LOCK TABLE secrets IN ROW EXCLUSIVE MODE`),
          orElse: () => Effect.void
        })
        .pipe(Effect.andThen(effect))
    )

  /** A transaction during which nobody seals or rotates, in this process or another one. */
  const rotating = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    transaction(
      sql,
      sql
        .onDialectOrElse({
          pg: () => Effect.asVoid(sql`LOCK TABLE secrets IN SHARE ROW EXCLUSIVE MODE`),
          orElse: () => Effect.void
        })
        .pipe(Effect.andThen(effect))
    )

  /** Inserts, or seals anew: the moment of the first sealing stays. */
  const put = (row: Row) =>
    Effect.flatMap(
      Effect.orDie(encode(row)),
      (values) =>
        sql`INSERT INTO secrets ${sql.insert(values)}
          ON CONFLICT (connection_id, fingerprint)
          DO UPDATE SET key_id = excluded.key_id, nonce = excluded.nonce, sealed = excluded.sealed`
    )

  const find = SqlSchema.findOneOption({
    Request: Address,
    Result: Row,
    execute: ({ id, which }) => sql`SELECT * FROM secrets WHERE connection_id = ${id} AND fingerprint = ${which}`
  })

  const notUnder = SqlSchema.findAll({
    Request: KeyId,
    Result: Row,
    execute: (key) => sql`SELECT * FROM secrets WHERE key_id <> ${key} ORDER BY connection_id, fingerprint`
  })

  const keyIds = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Schema.Struct({ key_id: Schema.String }),
    execute: () => sql`SELECT DISTINCT key_id FROM secrets ORDER BY key_id`
  })

  const prune = (id: ConnectionId, keep: ReadonlyArray<Fingerprint>) =>
    keep.length === 0
      ? sql`DELETE FROM secrets WHERE connection_id = ${id}`
      : sql`DELETE FROM secrets WHERE connection_id = ${id} AND NOT ${sql.in("fingerprint", keep)}`

  return { sealing, rotating, put, find, notUnder, keyIds, prune }
})
