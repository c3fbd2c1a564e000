/** The part of the Runs port that keeps which resources of a connection are ours. */
import type { ManagedChange, ManagedEndpoint, ManagedResource } from "@loom-scim/core/ports/Runs"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Array as Arr, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlSchema from "effect/sql/SqlSchema"
import { fromSql } from "./StoreFailure.ts"
import { given, reading } from "./StoredRows.ts"
import { transaction } from "./transaction.ts"

const Endpoint = Schema.Literals(["Users", "Groups"] satisfies ReadonlyArray<ManagedEndpoint>)

/** A row of `managed`. */
const Row = Schema.Struct({
  endpoint: Endpoint,
  resource_id: Schema.String,
  key: Schema.String,
  digest: Schema.NullOr(Schema.String),
  groups: Schema.fromJsonString(Schema.Array(Schema.String))
})

const fromRow = ({ resource_id, ...rest }: typeof Row.Type): ManagedResource => ({ id: resource_id, ...rest })

/**
 * What the changes come to: of several about one resource the last one. In an order of their own, so that two writers
 * wait for each other instead of blocking each other.
 */
const lasting = (changes: ReadonlyArray<ManagedChange>): ReadonlyArray<ManagedChange> => {
  const byResource = new Map<string, ManagedChange>()
  for (const change of changes) {
    const { endpoint, id } = change._tag === "Keep" ? change.resource : change
    byResource.set(`${endpoint}/${id}`, change)
  }
  return Array.from(byResource)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, change]) => change)
}

/** Applies changes within the caller's transaction. */
export type Change = (id: ConnectionId, changes: ReadonlyArray<ManagedChange>) => Effect.Effect<void, SqlError>

/** On the `managed` table of the context's `SqlClient`. */
export const make = (place: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const rowsOf = SqlSchema.findAll({
      Request: Schema.String,
      Result: Row,
      execute: (id) =>
        sql`SELECT endpoint, resource_id, "key", digest, "groups" FROM managed WHERE connection_id = ${id}
          ORDER BY endpoint, resource_id`
    })
    const read = reading(place)

    const keep = (id: ConnectionId, resources: ReadonlyArray<ManagedResource>): Effect.Effect<void, SqlError> => {
      if (resources.length === 0) return Effect.void
      const rows = given(
        sql,
        { connection: "TEXT", endpoint: "TEXT", resource: "TEXT", name: "TEXT", digest: "TEXT", memberships: "TEXT" },
        resources.map((resource) => ({
          connection: id,
          endpoint: resource.endpoint,
          resource: resource.id,
          name: resource.key,
          digest: resource.digest,
          memberships: JSON.stringify(resource.groups)
        }))
      )
      // Without a condition SQLite would take ON CONFLICT for that of a join.
      return Effect.asVoid(
        sql`INSERT INTO managed (connection_id, endpoint, resource_id, "key", digest, "groups")
          SELECT connection, endpoint, resource, name, digest, memberships FROM ${rows} WHERE TRUE
          ON CONFLICT (connection_id, endpoint, resource_id)
          DO UPDATE SET "key" = excluded."key", digest = excluded.digest, "groups" = excluded."groups"`
      )
    }

    /** By the whole key, so that each is looked up in it, rather than looked for among all of the connection. */
    const forget = (
      id: ConnectionId,
      resources: ReadonlyArray<{ readonly endpoint: ManagedEndpoint; readonly id: string }>
    ): Effect.Effect<void, SqlError> => {
      if (resources.length === 0) return Effect.void
      const rows = given(
        sql,
        { connection: "TEXT", endpoint: "TEXT", resource: "TEXT" },
        resources.map((one) => ({ connection: id, endpoint: one.endpoint, resource: one.id }))
      )
      return Effect.asVoid(
        sql`DELETE FROM managed WHERE (connection_id, endpoint, resource_id) IN
          (SELECT connection, endpoint, resource FROM ${rows})`
      )
    }

    const change: Change = Effect.fnUntraced(function* (id, changes) {
      const last = lasting(changes)
      yield* keep(
        id,
        last.flatMap((one) => (one._tag === "Keep" ? [one.resource] : []))
      )
      yield* forget(
        id,
        last.flatMap((one) => (one._tag === "Forget" ? [one] : []))
      )
    })

    const manage = Effect.fn("Runs.manage")(function* (id: ConnectionId, changes: ReadonlyArray<ManagedChange>) {
      yield* Effect.mapError(transaction(sql, change(id, changes)), fromSql(place))
    })

    const managed = Effect.fn("Runs.managed")(function* (id: ConnectionId) {
      return Arr.map(yield* read(`a managed resource of ${id}`, rowsOf(id)), fromRow)
    })

    return { change, manage, managed }
  })
