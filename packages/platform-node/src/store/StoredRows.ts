/** Rows on their way out of and into the database: their failures, and many of them as one parameter. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Effect, type Schema } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import { failure, fromSql } from "./StoreFailure.ts"

/** Rows an INSERT carries at once: with ten columns far below the limits of both databases. */
export const batch = 500

/**
 * Runs a query that decodes its rows. What the database refuses, and rows that cannot be read, become a
 * `JournalFailure`; `place` is what failures call the database, `what` what the rows are.
 */
export const reading =
  (place: string) =>
  <A, R>(
    what: string,
    query: Effect.Effect<A, SqlError | Schema.SchemaError, R>
  ): Effect.Effect<A, JournalFailure, R> =>
    Effect.catchTags(query, {
      SqlError: (error) => Effect.fail(fromSql(place)(error)),
      SchemaError: () =>
        Effect.fail(
          failure(
            "corrupt",
            `${place} holds ${what} that this program cannot read`,
            "If a newer loom-scim wrote it, update this one; else keep a copy and restore a backup. Nothing was changed"
          )
        )
    })

/**
 * Any number of rows as one parameter of JSON, to be named in a FROM: the statement is then the same for every number,
 * and prepared once.
 */
export const given = <Columns extends Record<string, "INTEGER" | "TEXT">>(
  sql: SqlClient,
  columns: Columns,
  rows: ReadonlyArray<Readonly<Record<keyof Columns, string | number | null>>>
): Fragment => {
  const text = JSON.stringify(rows)
  const names = Object.keys(columns)
  return sql.onDialectOrElse({
    pg: () => {
      const typed = sql.literal(names.map((name) => `${name} ${columns[name]}`).join(", "))
      return sql`json_to_recordset(CAST(${text} AS json)) AS given (${typed})`
    },
    orElse: () => {
      const picked = sql.literal(names.map((name) => `value ->> '${name}' AS ${name}`).join(", "))
      return sql`(SELECT ${picked} FROM json_each(${text})) AS given`
    }
  })
}
