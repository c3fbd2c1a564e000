/** A webhook: an address of somebody else's that wants to hear of events, and what became of each thing told to it. */
import { DateTime, Schema } from "effect"
import { Fingerprint } from "../ports/Vault.ts"
import { ConnectionId } from "../setup/ConnectionId.ts"
import { EventType } from "./WebhookEvent.ts"
import { WebhookUrl } from "./WebhookUrl.ts"

/** The identity of a webhook. */
export const WebhookId = Schema.String.check(
  Schema.isPattern(/^[a-z0-9]{12}$/, { message: "a webhook id has 12 lower-case letters or digits" })
).pipe(Schema.brand("WebhookId"))
export type WebhookId = typeof WebhookId.Type

/** The identity of a delivery, the same on every attempt: receivers know by it what they have heard already. */
export const DeliveryId = Schema.String.check(
  Schema.isPattern(/^msg_[0-9a-f]{32}$/, { message: "a delivery id is msg_ and 32 hex digits" })
).pipe(Schema.brand("DeliveryId"))
export type DeliveryId = typeof DeliveryId.Type

/**
 * Under which id the vault keeps the secrets of a webhook. No connection has it: the ids of connections come from
 * `ConnectionId.fromName`, which never writes two hyphens in a row.
 */
export const vaultIdOf = (id: WebhookId): ConnectionId => ConnectionId.make(`webhook--${id}`)

/** Why nothing is sent any more: the receiver answered 410, every attempt of a delivery failed, or a person said so. */
export const DisabledBecause = Schema.Literals(["gone", "failing", "person"])
export type DisabledBecause = typeof DisabledBecause.Type

/** A webhook as people may know it: never its secret. */
export const Webhook = Schema.Struct({
  id: WebhookId,
  url: WebhookUrl,
  description: Schema.String,
  /** The connection it hears of; null for every one. */
  connectionId: Schema.NullOr(ConnectionId),
  /** What it hears of. */
  events: Schema.NonEmptyArray(EventType),
  /** Whether it may lie in a private network, as in a lab. */
  allowPrivateNetwork: Schema.Boolean,
  /** The secret that signs. */
  secret: Fingerprint,
  /** Those before it, the newest first: each signs too until then, so that a receiver can change over without a gap. */
  previous: Schema.Array(Schema.Struct({ secret: Fingerprint, until: Schema.DateTimeUtcFromString })),
  createdAt: Schema.DateTimeUtcFromString,
  /** Nothing from before then is told: when it was made, or last enabled again. */
  since: Schema.DateTimeUtcFromString,
  /** Who made it, in words. */
  createdBy: Schema.String,
  disabled: Schema.NullOr(Schema.Struct({ because: DisabledBecause, at: Schema.DateTimeUtcFromString }))
})
export type Webhook = typeof Webhook.Type

/** The secrets before the present one that still sign at a moment. */
export const stillSigning = ({ previous }: Pick<Webhook, "previous">, at: DateTime.Utc): Webhook["previous"] =>
  previous.filter(({ until }) => DateTime.isGreaterThan(until, at))

/** Where a delivery stands. `dropped`: its webhook was disabled before it was delivered. */
export const DeliveryState = Schema.Literals(["pending", "delivered", "failed", "dropped"])
export type DeliveryState = typeof DeliveryState.Type

/** One try. It has a status, or a reason why there was no answer. */
export const Attempt = Schema.Struct({
  /** 1 for the first. */
  number: Schema.Int,
  at: Schema.DateTimeUtcFromString,
  millis: Schema.Int,
  status: Schema.NullOr(Schema.Int),
  reason: Schema.NullOr(Schema.String)
})
export type Attempt = typeof Attempt.Type

/** An event on its way to one webhook. */
export const Delivery = Schema.Struct({
  id: DeliveryId,
  webhookId: WebhookId,
  type: EventType,
  /** The body, to the byte: the same on every attempt. */
  payload: Schema.String,
  createdAt: Schema.DateTimeUtcFromString,
  state: DeliveryState,
  /** How many attempts are recorded. */
  attempts: Schema.Int,
  /** When the next attempt is due; null when there will be none. */
  nextAt: Schema.NullOr(Schema.DateTimeUtcFromString)
})
export type Delivery = typeof Delivery.Type
