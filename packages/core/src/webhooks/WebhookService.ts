/** Webhooks as a person governs them: made, changed, given another secret, tried out, looked into, removed. */
import { Context, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import type { Duration } from "effect"
import { SecureRandom, layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Base64 from "effect/encoding/Base64"
import * as Hex from "effect/encoding/Hex"
import { DomainResolver } from "../ports/DomainResolver.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import { Vault, type VaultFailure } from "../ports/Vault.ts"
import { type Listed, Webhooks } from "../ports/Webhooks.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import { type Attempt, type Delivery, DeliveryId, stillSigning, vaultIdOf, type Webhook, WebhookId } from "./Webhook.ts"
import { toPayload, type WebhookEvent } from "./WebhookEvent.ts"
import * as WebhookUrl from "./WebhookUrl.ts"

/** Nothing was changed; `next` is what a person does. */
export class WebhookRefused extends Schema.TaggedError<WebhookRefused>()("WebhookRefused", {
  reason: Schema.Literals(["unknown", "invalidUrl", "disabled", "changed", "tooManySecrets"]),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`
  }
}

/** Whatever a change can fail with. */
export type WebhookError = WebhookRefused | JournalFailure | VaultFailure

/** What a person decides about a webhook. */
export interface WebhookSettings {
  readonly url: string
  readonly description: string
  readonly connectionId: ConnectionId | null
  readonly events: Webhook["events"]
  readonly allowPrivateNetwork: boolean
}

/** A webhook with a new secret, shown this once: `whsec_…`, as the Standard Webhooks specification writes it. */
export interface WithSecret {
  readonly webhook: Webhook
  readonly secret: Redacted.Redacted
}

/** A delivery put on its way. */
export const deliveryOf = Effect.fnUntraced(function* (
  webhook: Pick<Webhook, "id">,
  event: WebhookEvent,
  at: DateTime.Utc
) {
  const random = yield* SecureRandom
  const delivery: Delivery = {
    id: DeliveryId.make(`msg_${Hex.encode(yield* random.randomBytes(16))}`),
    webhookId: webhook.id,
    type: event.type,
    payload: yield* Effect.orDie(toPayload(event)),
    createdAt: at,
    state: "pending",
    attempts: 0,
    nextAt: at
  }
  return delivery
})

/** The specification asks for 24 to 64 random bytes. */
const secretBytes = 32

// Each adds a signature to the header of every delivery.
const mostPrevious = 5

const tooMany = ({ id }: Webhook) =>
  new WebhookRefused({
    reason: "tooManySecrets",
    detail: `Webhook ${id} has ${mostPrevious} earlier secrets that sign too.`,
    next: "Wait until one of them ends, or rotate without an overlap."
  })

const unknown = (what: string, id: string) =>
  new WebhookRefused({ reason: "unknown", detail: `There is no ${what} ${id}.`, next: "Look at the list of webhooks." })

/**
 * The URL, unless it leads to where nothing may be sent. This tells a person at once; what counts is decided again at
 * each delivery, so a name that DNS does not know yet is taken.
 */
const urlOf = Effect.fnUntraced(function* (
  { addresses }: Pick<DomainResolver["Service"], "addresses">,
  { url, ...policy }: Pick<WebhookSettings, "allowPrivateNetwork" | "url">
) {
  const refuse = (detail: string) =>
    new WebhookRefused({ reason: "invalidUrl", detail, next: "Give a URL in the public internet." })
  const parsed = yield* Effect.mapError(Effect.fromResult(WebhookUrl.parse(url, policy)), refuse)
  const host = WebhookUrl.hostOf(parsed)
  const found = yield* Effect.catchTag(addresses(host), "DnsFailure", () => Effect.succeed([]))
  const detail = WebhookUrl.refuseResolved(host, found, policy)
  return detail === undefined ? parsed : yield* refuse(detail)
})

const whileEnabled = ({ disabled, id }: Webhook, next: string) =>
  disabled === null
    ? Effect.void
    : Effect.fail(new WebhookRefused({ reason: "disabled", detail: `Webhook ${id} is disabled.`, next }))

/** The webhooks of this installation. */
export class WebhookService extends Context.Service<
  WebhookService,
  {
    readonly create: (settings: WebhookSettings, by: string) => Effect.Effect<WithSecret, WebhookError>
    readonly get: (id: WebhookId) => Effect.Effect<Webhook, WebhookRefused | JournalFailure>
    readonly list: (which: Listed) => Effect.Effect<ReadonlyArray<Webhook>, JournalFailure>
    readonly update: (
      id: WebhookId,
      change: Partial<WebhookSettings>
    ) => Effect.Effect<Webhook, WebhookRefused | JournalFailure>
    /** Makes another secret. The present one signs too for so long, and then no more. */
    readonly rotate: (id: WebhookId, overlap: Duration.Input) => Effect.Effect<WithSecret, WebhookError>
    /** Ends what is on its way; nothing is told until it is enabled again. */
    readonly disable: (id: WebhookId) => Effect.Effect<Webhook, WebhookRefused | JournalFailure>
    /** Tells it what happens from now on. */
    readonly enable: (id: WebhookId) => Effect.Effect<Webhook, WebhookRefused | JournalFailure>
    readonly remove: (id: WebhookId) => Effect.Effect<void, WebhookError>
    /** Puts a `webhook.test` on its way, so that a person sees in the log whether it arrives. */
    readonly test: (id: WebhookId) => Effect.Effect<Delivery, WebhookRefused | JournalFailure>
    /** Sends one of its deliveries once more, under the same id and with the same body. */
    readonly redeliver: (
      id: WebhookId,
      deliveryId: DeliveryId
    ) => Effect.Effect<Delivery, WebhookRefused | JournalFailure>
    /** The log, the newest first: up to `limit` deliveries, those older than `before` only. */
    readonly deliveries: (
      id: WebhookId,
      before: DeliveryId | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Delivery>, WebhookRefused | JournalFailure>
    /** One of its deliveries with every attempt; one of another webhook is not found. */
    readonly delivery: (
      id: WebhookId,
      deliveryId: DeliveryId
    ) => Effect.Effect<
      { readonly delivery: Delivery; readonly attempts: ReadonlyArray<Attempt> },
      WebhookRefused | JournalFailure
    >
  }
>()("@loom-scim/core/webhooks/WebhookService") {
  /** Over the ports. */
  static readonly layer: Layer.Layer<WebhookService, never, Webhooks | Vault | DomainResolver> = Layer.effect(
    WebhookService,
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const vault = yield* Vault
      const resolver = yield* DomainResolver
      const random = yield* SecureRandom

      const newSecret = Effect.map(random.randomBytes(secretBytes), (bytes) =>
        Redacted.make(`whsec_${Base64.encode(bytes)}`)
      )

      const get = Effect.fn("WebhookService.get")(function* (id: WebhookId) {
        const found = yield* webhooks.find(id)
        return Option.isSome(found) ? found.value : yield* unknown("webhook", id)
      })

      const replace = Effect.fnUntraced(function* (seen: Webhook, webhook: Webhook) {
        if (yield* webhooks.update(seen, webhook)) return webhook
        return yield* new WebhookRefused({
          reason: "changed",
          detail: `Webhook ${seen.id} was changed by someone else meanwhile.`,
          next: "Look at it and try again."
        })
      })

      const create = Effect.fn("WebhookService.create")(function* (settings: WebhookSettings, by: string) {
        const url = yield* urlOf(resolver, settings)
        const id = WebhookId.make(Hex.encode(yield* random.randomBytes(6)))
        const secret = yield* newSecret
        const at = yield* DateTime.now
        const { allowPrivateNetwork, connectionId, description, events } = settings
        // Sealed before it is told of, so that there is never a webhook without its secret.
        const fingerprint = yield* vault.seal(vaultIdOf(id), secret)
        const webhook: Webhook = {
          id,
          url,
          description,
          connectionId,
          events,
          allowPrivateNetwork,
          secret: fingerprint,
          previous: [],
          createdAt: at,
          since: at,
          createdBy: by,
          disabled: null
        }
        yield* webhooks.insert(webhook)
        return { webhook, secret }
      })

      const update = Effect.fn("WebhookService.update")(function* (id: WebhookId, change: Partial<WebhookSettings>) {
        const seen = yield* get(id)
        const wanted = { ...seen, ...change }
        const isMoved = wanted.url !== seen.url || wanted.allowPrivateNetwork !== seen.allowPrivateNetwork
        return yield* replace(seen, { ...wanted, url: isMoved ? yield* urlOf(resolver, wanted) : seen.url })
      })

      const rotate = Effect.fn("WebhookService.rotate")(function* (id: WebhookId, overlap: Duration.Input) {
        const seen = yield* get(id)
        const secret = yield* newSecret
        const at = yield* DateTime.now
        const replaced = { secret: seen.secret, until: DateTime.addDuration(at, overlap) }
        const previous = stillSigning({ previous: [replaced, ...seen.previous] }, at)
        if (previous.length > mostPrevious) return yield* tooMany(seen)
        const webhook = { ...seen, secret: yield* vault.fingerprintOf(secret), previous }
        const keep = previous.map((one) => one.secret)
        yield* vault.change(vaultIdOf(id), { seal: secret, keep }, replace(seen, webhook))
        return { webhook, secret }
      })

      const disable = Effect.fn("WebhookService.disable")(function* (id: WebhookId) {
        yield* webhooks.disable(id, "person", yield* DateTime.now)
        return yield* get(id)
      })

      const enable = Effect.fn("WebhookService.enable")(function* (id: WebhookId) {
        const seen = yield* get(id)
        if (seen.disabled === null) return seen
        return yield* replace(seen, { ...seen, disabled: null, since: yield* DateTime.now })
      })

      const remove = Effect.fn("WebhookService.remove")(function* (id: WebhookId) {
        const isRemoved = yield* vault.change(vaultIdOf(id), { keep: [] }, webhooks.remove(id))
        if (!isRemoved) return yield* unknown("webhook", id)
      })

      const test = Effect.fn("WebhookService.test")(function* (id: WebhookId) {
        const webhook = yield* get(id)
        yield* whileEnabled(webhook, "Enable it first, then test it again.")
        const at = yield* DateTime.now
        const event: WebhookEvent = { type: "webhook.test", timestamp: at, data: { webhookId: id } }
        const delivery = yield* Effect.provideService(deliveryOf(webhook, event, at), SecureRandom, random)
        yield* webhooks.send([delivery])
        return delivery
      })

      const deliveries = Effect.fn("WebhookService.deliveries")(function* (
        id: WebhookId,
        before: DeliveryId | null,
        limit: number
      ) {
        yield* get(id)
        return yield* webhooks.deliveries(id, before, limit)
      })

      const delivery = Effect.fn("WebhookService.delivery")(function* (id: WebhookId, deliveryId: DeliveryId) {
        const found = yield* webhooks.delivery(deliveryId)
        if (Option.isNone(found) || found.value.webhookId !== id) return yield* unknown("delivery", deliveryId)
        return { delivery: found.value, attempts: yield* webhooks.attempts(deliveryId) }
      })

      const redeliver = Effect.fn("WebhookService.redeliver")(function* (id: WebhookId, deliveryId: DeliveryId) {
        yield* delivery(id, deliveryId)
        const isDue = yield* webhooks.redeliver(id, deliveryId, yield* DateTime.now)
        if (!isDue) yield* whileEnabled(yield* get(id), "Enable it first, then send it again.")
        return (yield* delivery(id, deliveryId)).delivery
      })

      return WebhookService.of({
        create,
        get,
        list: webhooks.list,
        update,
        rotate,
        disable,
        enable,
        remove,
        test,
        redeliver,
        deliveries,
        delivery
      })
    })
  ).pipe(Layer.provide(layerWebCrypto))
}
