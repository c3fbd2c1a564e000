/**
 * The port that keeps who changed what, where that is in no connection's own log: keys, webhooks, schedules, and requests
 * that changed something else than a set-up. Append-only, and without secrets, people and addresses' paths.
 */
import { Context, Schema } from "effect"
import type { DateTime, Effect } from "effect"
import { Cadence } from "../schedules/Cadence.ts"
import { ScheduleId } from "../schedules/Schedule.ts"
import { ConnectionId } from "../setup/ConnectionId.ts"
import { Actor } from "../setup/Evidence.ts"
import { DisabledBecause, WebhookId } from "../webhooks/Webhook.ts"
import { EventType } from "../webhooks/WebhookEvent.ts"
import { ApiKeyId, Grant } from "./ApiKeys.ts"
import type { JournalFailure } from "./Journal.ts"

const key = { key: ApiKeyId, name: Schema.String }
/** Of its address the host alone: with many receivers the path is the secret. */
const webhook = { webhook: WebhookId, host: Schema.String }
const schedule = { schedule: ScheduleId, name: Schema.String }

/** What was done, by its tag. */
export const AuditEvent = Schema.TaggedUnion({
  KeyMade: { ...key, grants: Schema.Array(Grant), expiresAt: Schema.NullOr(Schema.DateTimeUtcFromString) },
  KeyRevoked: key,
  WebhookMade: { ...webhook, events: Schema.Array(EventType) },
  /** `secret` among what changed is a rotation. */
  WebhookChanged: { ...webhook, changed: Schema.Array(Schema.Literals(["url", "description", "events", "secret"])) },
  WebhookEnabled: webhook,
  WebhookDisabled: { ...webhook, because: DisabledBecause },
  WebhookRemoved: webhook,
  ScheduleMade: { ...schedule, task: Schema.String, cadence: Cadence, enabled: Schema.Boolean },
  ScheduleChanged: { ...schedule, changed: Schema.Array(Schema.Literals(["name", "task", "cadence", "enabled"])) },
  ScheduleRemoved: schedule,
  /** Any other request that changes something: a user made, a run begun, a plan rejected. */
  Requested: {
    /** The group and the name of the endpoint, such as `users.create`. */
    operation: Schema.String,
    /** What the path names beside the connection, such as the id of the user. */
    of: Schema.Record(Schema.String, Schema.String),
    /** What came of it, as far as the answer says: the id of what was made, or the path where it stands. */
    result: Schema.NullOr(Schema.String),
    /** The status of the answer; null when the caller left, or the server ended, before there was one. */
    status: Schema.NullOr(Schema.Int)
  }
})
export type AuditEvent = typeof AuditEvent.Type

/** An entry: who did it, when, and to what. */
export const AuditEntry = Schema.Struct({
  /** The connection it is of; null when it is of none alone, and then only whoever reaches everything sees it. */
  connectionId: Schema.NullOr(ConnectionId),
  at: Schema.DateTimeUtcFromString,
  actor: Actor,
  event: AuditEvent
})
export type AuditEntry = typeof AuditEntry.Type

/** A place in the log, which is ordered by moment and then by position. */
export const AuditPlace = Schema.Struct({
  /** As it is stored: ISO 8601 with milliseconds. */
  at: Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)),
  /** Null for the place behind everything of that moment. */
  position: Schema.NullOr(Schema.Int.check(Schema.isGreaterThan(0)))
})
export type AuditPlace = typeof AuditPlace.Type

/** An entry with its position in the log. */
export interface KeptEntry {
  readonly position: number
  readonly entry: AuditEntry
}

/** An entry that is to be: of something that has been asked for, and of which nobody knows yet what comes of it. */
export const IntentId = Schema.String.pipe(Schema.brand("AuditIntentId"))
export type IntentId = typeof IntentId.Type

/** The entries. */
export class AuditLog extends Context.Service<
  AuditLog,
  {
    /**
     * Keeps that something is about to be done elsewhere than in the store, before it is. It is no entry yet, so that what
     * is refused leaves none.
     */
    readonly intend: (entry: AuditEntry) => Effect.Effect<IntentId, JournalFailure>
    /** Says that whoever intended them is still at it. */
    readonly renew: (intents: ReadonlyArray<IntentId>, at: DateTime.Utc) => Effect.Effect<void, JournalFailure>
    /** Gives an intent up for the entry of what came of it, both or neither; null for nothing. */
    readonly settle: (intent: IntentId, entry: AuditEntry | null) => Effect.Effect<void, JournalFailure>
    /** Records what was intended and not renewed since then, as it was intended: it may have been done. */
    readonly recover: (before: DateTime.Utc) => Effect.Effect<void, JournalFailure>
    /**
     * Changes the store and records it, both or neither. Nothing is recorded when there is no entry for what came of the
     * change, which is to do nothing but work in the store.
     */
    readonly along: <A, R>(
      change: Effect.Effect<A, JournalFailure, R>,
      entryOf: (result: A) => AuditEntry | null
    ) => Effect.Effect<A, JournalFailure, R>
    /** Up to `limit` entries before a place, the newest first; `of` narrows to some connections, null reads all. */
    readonly list: (options: {
      readonly of: ReadonlyArray<ConnectionId> | null
      readonly before: AuditPlace | null
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<KeptEntry>, JournalFailure>
  }
>()("@loom-scim/core/ports/AuditLog") {}
