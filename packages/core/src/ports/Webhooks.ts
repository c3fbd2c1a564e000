/** The port that keeps webhooks, what is on its way to them, and what became of it. */
import { Context } from "effect"
import type { DateTime, Effect, Option } from "effect"
import type { Next } from "../webhooks/Delivery.ts"
import type { Attempt, Delivery, DeliveryId, DisabledBecause, Webhook, WebhookId } from "../webhooks/Webhook.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { JournalFailure } from "./Journal.ts"

/** A delivery that one worker has for itself until its lease ends, with the webhook as it was then. */
export interface Claimed {
  readonly delivery: Delivery
  readonly webhook: Webhook
  /** The worker's proof that it is its own. */
  readonly claim: string
}

/** Whose claim, from when until when. */
export interface Lease {
  readonly claim: string
  readonly now: DateTime.Utc
  readonly until: DateTime.Utc
}

/** Which webhooks, in the order of their ids. */
export interface Listed {
  /** Those that hear of one of these connections and of no other; null for all there are. */
  readonly of: ReadonlyArray<ConnectionId> | null
  /** Those after this one only. */
  readonly after: WebhookId | null
  readonly limit: number
}

/** Webhooks and their deliveries. Each operation is one transaction: it happens wholly or not at all. */
export class Webhooks extends Context.Service<
  Webhooks,
  {
    readonly insert: (webhook: Webhook) => Effect.Effect<void, JournalFailure>
    readonly find: (id: WebhookId) => Effect.Effect<Option.Option<Webhook>, JournalFailure>
    readonly list: (which: Listed) => Effect.Effect<ReadonlyArray<Webhook>, JournalFailure>
    /**
     * Keeps a webhook in place of what was seen of it, `disabled` included; false when it is gone or somebody else
     * changed it meanwhile.
     */
    readonly update: (seen: Webhook, webhook: Webhook) => Effect.Effect<boolean, JournalFailure>
    /** Disables it and drops what is on its way; the first reason stays. False when there is no such webhook. */
    readonly disable: (
      id: WebhookId,
      because: DisabledBecause,
      at: DateTime.Utc
    ) => Effect.Effect<boolean, JournalFailure>
    /** Forgets it with its deliveries; false when there is no such webhook. */
    readonly remove: (id: WebhookId) => Effect.Effect<boolean, JournalFailure>
    /** Puts deliveries on their way. */
    readonly send: (deliveries: ReadonlyArray<Delivery>) => Effect.Effect<void, JournalFailure>
    /**
     * Takes the delivery that has been due for longest and that nobody has: what others hold is theirs until their lease
     * ends. Of one webhook only a few are held at a time, so that one that does not answer keeps nobody else waiting.
     */
    readonly claim: (lease: Lease) => Effect.Effect<Option.Option<Claimed>, JournalFailure>
    /**
     * Records an attempt and what is next, and disables the webhook if that is next. False, and nothing happens, when the
     * claim is not the delivery's any more.
     */
    readonly settle: (claimed: Claimed, attempt: Attempt, next: Next) => Effect.Effect<boolean, JournalFailure>
    /** Gives a claimed delivery back, as if it had not been taken. */
    readonly release: (claimed: Claimed) => Effect.Effect<void, JournalFailure>
    /**
     * Makes a delivery due, wherever it stood; one that somebody is sending stays as it is. False, and nothing happens,
     * when its webhook is disabled or there is no such delivery.
     */
    readonly redeliver: (
      webhookId: WebhookId,
      id: DeliveryId,
      at: DateTime.Utc
    ) => Effect.Effect<boolean, JournalFailure>
    /** The log of a webhook, the newest first: up to `limit` deliveries, those older than `before` only. */
    readonly deliveries: (
      id: WebhookId,
      before: DeliveryId | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Delivery>, JournalFailure>
    readonly delivery: (id: DeliveryId) => Effect.Effect<Option.Option<Delivery>, JournalFailure>
    /** In the order in which they were made. */
    readonly attempts: (id: DeliveryId) => Effect.Effect<ReadonlyArray<Attempt>, JournalFailure>
    /** Forgets deliveries from before then that are over. */
    readonly forget: (before: DateTime.Utc) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/Webhooks") {}
