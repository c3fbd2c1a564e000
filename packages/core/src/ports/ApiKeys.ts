/** The port that keeps the API's own keys: what each may do, and the hash of its secret, never the secret. */
import { Context, Schema } from "effect"
import type { DateTime, Effect, Option } from "effect"
import { ConnectionId } from "../setup/ConnectionId.ts"
import type { JournalFailure } from "./Journal.ts"

/** The public part of a key, by which it is found, listed and revoked. */
export const ApiKeyId = Schema.String.check(
  Schema.isPattern(/^[a-z0-9]{12}$/, { message: "a key id has 12 lower-case letters or digits" })
).pipe(Schema.brand("ApiKeyId"))
export type ApiKeyId = typeof ApiKeyId.Type

/** What a key may do. Each verb includes the ones before it: `read` looks, `operate` changes, `admin` governs. */
export const Verb = Schema.Literals(["read", "operate", "admin"])
export type Verb = typeof Verb.Type

/** A verb over one connection, or over all of them (`*`) and over what belongs to none. */
export const Grant = Schema.Struct({
  verb: Verb,
  connection: Schema.Union([ConnectionId, Schema.Literal("*")])
})
export type Grant = typeof Grant.Type

/** A key as people may know it. */
export interface ApiKey {
  readonly id: ApiKeyId
  readonly name: string
  readonly grants: ReadonlyArray<Grant>
  readonly createdAt: DateTime.Utc
  /** Who made it: the name of another key, or `loom-scim-api` for the first one. */
  readonly createdBy: string
  /** Null when it does not expire. */
  readonly expiresAt: DateTime.Utc | null
  readonly revokedAt: DateTime.Utc | null
  /** Kept to the minute; null before its first use. */
  readonly lastUsedAt: DateTime.Utc | null
}

/** A key with the SHA-256 of its secret, in hex: enough for a secret of 256 random bits, which nobody can guess. */
export interface StoredApiKey {
  readonly key: ApiKey
  readonly hash: string
}

/** The keys of the API. */
export class ApiKeys extends Context.Service<
  ApiKeys,
  {
    readonly find: (id: ApiKeyId) => Effect.Effect<Option.Option<StoredApiKey>, JournalFailure>
    /** Up to `limit` keys in the order of their ids, those after `after` only. Revoked ones stay on the list. */
    readonly list: (after: ApiKeyId | null, limit: number) => Effect.Effect<ReadonlyArray<ApiKey>, JournalFailure>
    readonly insert: (stored: StoredApiKey) => Effect.Effect<void, JournalFailure>
    /** Inserts only when no first key was ever made, and says whether it did; of several at once, one does. */
    readonly insertFirst: (stored: StoredApiKey) => Effect.Effect<boolean, JournalFailure>
    /** Ends a key now. An earlier end stays as it is; false when there is no such key. */
    readonly revoke: (id: ApiKeyId, at: DateTime.Utc) => Effect.Effect<boolean, JournalFailure>
    /** Notes a use. */
    readonly touch: (id: ApiKeyId, at: DateTime.Utc) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/ApiKeys") {}

const rank: Readonly<Record<Verb, number>> = { read: 0, operate: 1, admin: 2 }

/** Whether the grants allow a verb over a connection, or over everything when `connection` is `*`. */
export const allows = (grants: ReadonlyArray<Grant>, verb: Verb, connection: ConnectionId | "*"): boolean =>
  grants.some(
    (grant) => rank[grant.verb] >= rank[verb] && (grant.connection === "*" || grant.connection === connection)
  )

/** The connections the grants reach; null for every one. */
export const reach = (grants: ReadonlyArray<Grant>): ReadonlyArray<ConnectionId> | null => {
  const named: Array<ConnectionId> = []
  for (const { connection } of grants) {
    if (connection === "*") return null
    named.push(connection)
  }
  return [...new Set(named)]
}
