/** The ApiKeys port over SQL. */
import type { ApiKey, StoredApiKey } from "@loom-scim/core/ports/ApiKeys"
import { ApiKeyId, ApiKeys, Grant } from "@loom-scim/core/ports/ApiKeys"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { keepOf, Marks } from "./Marks.ts"
import { fromSql } from "./StoreFailure.ts"
import { reading } from "./StoredRows.ts"

const moment = Schema.NullOr(Schema.DateTimeUtcFromString)

const Row = Schema.Struct({
  id: ApiKeyId,
  name: Schema.String,
  hash: Schema.String,
  grants: Schema.fromJsonString(Schema.Array(Grant)),
  created_at: Schema.DateTimeUtcFromString,
  created_by: Schema.String,
  expires_at: moment,
  revoked_at: moment,
  last_used_at: moment
})

const fromRow = (row: typeof Row.Type): StoredApiKey => ({
  hash: row.hash,
  key: {
    id: row.id,
    name: row.name,
    grants: row.grants,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at
  }
})

const toRow = ({ hash, key }: StoredApiKey): typeof Row.Type => ({
  id: key.id,
  name: key.name,
  hash,
  grants: key.grants,
  created_at: key.createdAt,
  created_by: key.createdBy,
  expires_at: key.expiresAt,
  revoked_at: key.revokedAt,
  last_used_at: key.lastUsedAt
})

const what = "an API key"

/** A row as it was last read, as JSON, beside what it means, and the mark of the database before. */
interface Decoded {
  readonly text: string
  readonly found: Effect.Effect<Option.Option<StoredApiKey>>
  readonly mark: number | null
}

/** So many are kept; there are seldom more keys in use. */
const mostDecoded = 1000

/** Keeps keys in the `api_keys` table of the context's `SqlClient`; `place` is what failures call the database. */
export const layer = (place: string): Layer.Layer<ApiKeys, never, SqlClient> =>
  Layer.effect(
    ApiKeys,
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const marks = yield* Marks
      const read = reading(place)
      const failed = fromSql(place)
      const columns = sql.literal(Object.keys(Row.fields).join(", "))
      const encode = Schema.encodeEffect(Row)

      const decode = Schema.decodeUnknownEffect(Row)
      const decoded = new Map<ApiKeyId, Decoded>()

      const keep = keepOf(decoded, mostDecoded)
      const remember = (id: ApiKeyId, entry: Decoded) => {
        keep(id, entry)
        return entry.found
      }
      const rows = SqlSchema.findAll({
        Request: Schema.Struct({ after: Schema.String, limit: Schema.Int }),
        Result: Row,
        execute: ({ after, limit }) =>
          sql`SELECT ${columns} FROM api_keys WHERE id > ${after} ORDER BY id LIMIT ${limit}`
      })
      const insertedFirst = SqlSchema.findAll({
        Request: Row,
        Result: Schema.Struct({ id: ApiKeyId }),
        execute: (row) =>
          sql`INSERT INTO api_keys ${sql.insert({ ...row, first: 1 })} ON CONFLICT DO NOTHING RETURNING id`
      })
      const ended = SqlSchema.findAll({
        Request: Schema.Struct({ id: ApiKeyId, at: Schema.DateTimeUtcFromString }),
        Result: Schema.Struct({ id: ApiKeyId }),
        execute: ({ at, id }) =>
          sql`UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ${at}) WHERE id = ${id} RETURNING id`
      })

      /** Another process may have changed a row, so it is read anew, but decoded only when it did change. */
      const look = Effect.fnUntraced(function* (id: ApiKeyId, mark: number | null) {
        const [row] = yield* Effect.mapError(sql`SELECT ${columns} FROM api_keys WHERE id = ${id}`, failed)
        if (row === undefined) return Option.none<StoredApiKey>()
        const text = JSON.stringify(row)
        const known = decoded.get(id)
        if (known?.text === text) return yield* remember(id, { ...known, mark })
        const stored = fromRow(yield* read(what, decode(row)))
        return yield* remember(id, { text, found: Effect.succeedSome(stored), mark })
      })

      /** Asked on every request: a database in which nothing was written has the row still. */
      const find = (id: ApiKeyId) =>
        Effect.suspend(() => {
          const mark = marks()
          const known = decoded.get(id)
          return known !== undefined && mark !== null && known.mark === mark ? known.found : look(id, mark)
        })

      const list = Effect.fn("ApiKeys.list")(function* (after: ApiKeyId | null, limit: number) {
        const found = yield* read(what, rows({ after: after ?? "", limit }))
        return found.map((row): ApiKey => fromRow(row).key)
      })

      const insert = Effect.fn("ApiKeys.insert")(function* (stored: StoredApiKey) {
        const row = yield* Effect.orDie(encode(toRow(stored)))
        yield* sql`INSERT INTO api_keys ${sql.insert({ ...row, first: null })}`.pipe(Effect.mapError(failed))
      })

      const insertFirst = Effect.fn("ApiKeys.insertFirst")(function* (stored: StoredApiKey) {
        return (yield* read(what, insertedFirst(toRow(stored)))).length > 0
      })

      const revoke = Effect.fn("ApiKeys.revoke")(function* (id: ApiKeyId, at: DateTime.Utc) {
        return (yield* read(what, ended({ id, at }))).length > 0
      })

      const touch = Effect.fn("ApiKeys.touch")(function* (id: ApiKeyId, at: DateTime.Utc) {
        const text = DateTime.formatIso(at)
        yield* sql`UPDATE api_keys SET last_used_at = ${text} WHERE id = ${id}`.pipe(Effect.mapError(failed))
      })

      return ApiKeys.of({ find, list, insert, insertFirst, revoke, touch })
    })
  )
