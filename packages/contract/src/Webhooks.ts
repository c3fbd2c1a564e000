/** Webhooks: addresses of others that are told what happens, and the log of what became of it. */
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import * as Core from "@loom-scim/core/webhooks/Webhook"
import { eventTypes } from "@loom-scim/core/webhooks/WebhookEvent"
import { isLines } from "@loom-scim/core/setup/PlainText"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { Idempotent, idempotencyKey, Withheld } from "./Idempotency.ts"
import * as Page from "./Page.ts"
import * as Problem from "./Problem.ts"
import { prefer } from "./Runs.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const url = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2048))
const description = Schema.String.check(Schema.isMaxLength(500), isLines)
const events = Schema.NonEmptyArray(Schema.Literals(eventTypes)).check(Schema.isMaxLength(eventTypes.length))

const example = {
  id: "0b1d9f37c2a4",
  url: "https://hooks.example.com/loom-scim",
  description: "Tells the people on call.",
  connectionId: "acme",
  events: ["run.waiting", "run.paused"],
  allowPrivateNetwork: false,
  fingerprint: "4f9a0c1b2d3e",
  previousUntil: null,
  createdAt: "2026-11-24T19:30:00.000Z",
  createdBy: "ci (k3x9mzq0a1b2)",
  since: "2026-11-24T19:30:00.000Z",
  disabled: null
} as const

const { previous: _, secret: __, ...known } = Core.Webhook.fields

const fields = {
  ...known,
  /** Of the secret that signs: the first 12 hex digits of its SHA-256. */
  fingerprint: Core.Webhook.fields.secret,
  /** Until when the last of the secrets before it signs too; null when it signs alone. */
  previousUntil: Schema.NullOr(Schema.DateTimeUtcFromString)
}

/** A webhook, without its secret. */
export const Webhook = Schema.Struct(fields).pipe(
  shown("Webhook", "A webhook, without its secret. What happened before `since` it is not told.", example)
)

/** A webhook with its secret. */
export const MadeWebhook = Schema.Struct({
  ...fields,
  /** What its receiver checks signatures with. Null in the answer to a repeated request. */
  secret: Schema.NullOr(Schema.String)
}).pipe(
  shown("MadeWebhook", "A webhook with its new secret, which is shown this once.", { ...example, secret: "whsec_…" })
)

/** A page of webhooks. */
export const WebhookPage = Page.of(Webhook).pipe(
  shown("WebhookPage", "Webhooks in the order of their ids.", { items: [example], nextCursor: null })
)

/** What a new webhook needs. */
export const NewWebhook = Schema.Struct({
  url,
  description: Schema.optionalKey(description),
  /** Whose events it hears, and whose it is; null for those of every connection. */
  connectionId: Schema.NullOr(ConnectionId),
  events
}).pipe(
  shown("NewWebhook", "Where to, and what of: one connection or, with null, all of them.", {
    url: example.url,
    description: example.description,
    connectionId: example.connectionId,
    events: example.events
  })
)

/** What is to be otherwise. */
export const WebhookChange = Schema.Struct({
  url: Schema.optionalKey(url),
  description: Schema.optionalKey(description),
  events: Schema.optionalKey(events)
}).pipe(
  shown("WebhookChange", "What is to be otherwise; the rest stays. Whose it is does not change.", {
    events: ["run.paused"]
  })
)

/** How to change over to a new secret. */
export const SecretRotation = Schema.Struct({
  /** 0 to 168; 24 without it. */
  overlapHours: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 168 })))
}).pipe(
  shown(
    "SecretRotation",
    "For how many hours the present secret signs beside the new one. Earlier ones keep their ends.",
    { overlapHours: 24 }
  )
)

const deliveryExample = {
  id: "msg_9f1c6d0e5b7a48329c0d1e2f3a4b5c6d",
  webhookId: example.id,
  type: "run.paused",
  payload:
    '{"type":"run.paused","timestamp":"2026-11-24T19:40:00.000Z","data":{"connectionId":"acme","runId":"20261124-193000-a1b2c3","kind":"reconcile","reason":"forbidden","next":"Look at the token."}}',
  createdAt: "2026-11-24T19:40:00.500Z",
  state: "pending",
  attempts: 1,
  nextAt: "2026-11-24T19:40:06.000Z"
} as const

/** An event on its way to a webhook, or arrived. */
export const Delivery = Core.Delivery.pipe(
  shown("WebhookDelivery", "An event on its way to a webhook, with the body to the byte.", deliveryExample)
)

/** A page of deliveries. */
export const DeliveryPage = Page.of(Delivery).pipe(
  shown("WebhookDeliveryPage", "Deliveries of the last 30 days, the newest first.", {
    items: [deliveryExample],
    nextCursor: null
  })
)

/** A delivery with what became of each attempt. */
export const DeliveryReport = Schema.Struct({
  delivery: Core.Delivery,
  /** In the order in which they were made. */
  attempts: Schema.Array(Core.Attempt)
}).pipe(
  shown("WebhookDeliveryReport", "A delivery, and how each attempt ended: with a status, or the reason for none.", {
    delivery: deliveryExample,
    attempts: [{ number: 1, at: "2026-11-24T19:40:00.900Z", millis: 87, status: 503, reason: null }]
  })
)

/** Places in the lists. */
export const WebhookCursor = Page.cursor(Schema.Struct({ webhooksAfter: Core.WebhookId }))
export const DeliveryCursor = Page.cursor(Schema.Struct({ deliveriesBefore: Core.DeliveryId }))

const params = { webhook: Core.WebhookId }
const deliveryParams = { ...params, delivery: Core.DeliveryId }
const one = "/webhooks/:webhook"
const oneDelivery = `${one}/deliveries/:delivery` as const
const headers = idempotencyKey
const waiting = { ...idempotencyKey, ...prefer }

// Which connection a webhook is of is not in the path, so the handlers hold the grants against it.
const reading = [...Problem.reading, Problem.NotAllowedProblem] as const
const changing = [...Problem.changing, Problem.NotAllowedProblem] as const
const attempted = [DeliveryReport, DeliveryReport.pipe(HttpApiSchema.status(202))] as const

/** The group. */
export class WebhooksGroup extends HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.get("list", "/webhooks", {
      query: Page.query(WebhookCursor),
      success: WebhookPage,
      error: reading
    })
      .annotate(Needs, { verb: "operate", over: "anything" })
      .annotate(OpenApi.Summary, "The webhooks of every connection that this key may operate"),
    HttpApiEndpoint.post("create", "/webhooks", {
      headers,
      payload: NewWebhook,
      success: MadeWebhook.pipe(HttpApiSchema.status(201)),
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Withheld, ["secret"])
      .annotate(Needs, { verb: "admin", over: "anything" })
      .annotate(OpenApi.Summary, "Make a webhook; its secret is shown once"),
    HttpApiEndpoint.get("get", one, { params, success: Webhook, error: reading })
      .annotate(Needs, { verb: "operate", over: "anything" })
      .annotate(OpenApi.Summary, "One webhook"),
    HttpApiEndpoint.patch("update", one, { params, payload: WebhookChange, success: Webhook, error: changing })
      .annotate(Needs, { verb: "admin", over: "anything" })
      .annotate(OpenApi.Summary, "Change where to or what of"),
    HttpApiEndpoint.delete("remove", one, { params, error: changing })
      .annotate(Needs, { verb: "admin", over: "anything" })
      .annotate(OpenApi.Summary, "Forget a webhook with its secret and its log"),
    HttpApiEndpoint.post("enable", `${one}/enable`, { params, headers, success: Webhook, error: changing })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "admin", over: "anything" })
      .annotate(OpenApi.Summary, "Tell it what happens from now on"),
    HttpApiEndpoint.post("disable", `${one}/disable`, { params, headers, success: Webhook, error: changing })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "admin", over: "anything" })
      .annotate(OpenApi.Summary, "Tell it nothing more, and drop what is on its way"),
    HttpApiEndpoint.post("rotate", `${one}/rotate`, {
      params,
      headers,
      payload: SecretRotation,
      success: MadeWebhook,
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Withheld, ["secret"])
      .annotate(Needs, { verb: "admin", over: "anything" })
      .annotate(OpenApi.Summary, "Make another secret, which is shown once; the present one signs too for a while"),
    HttpApiEndpoint.post("test", `${one}/test`, { params, headers: waiting, success: attempted, error: changing })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "anything" })
      .annotate(OpenApi.Summary, "Send it a webhook.test, once, and say what came back; 202 if nothing has yet"),
    HttpApiEndpoint.get("deliveries", `${one}/deliveries`, {
      params,
      query: Page.query(DeliveryCursor),
      success: DeliveryPage,
      error: reading
    })
      .annotate(Needs, { verb: "operate", over: "anything" })
      .annotate(OpenApi.Summary, "What was sent to it or waits, the newest first"),
    HttpApiEndpoint.get("delivery", oneDelivery, { params: deliveryParams, success: DeliveryReport, error: reading })
      .annotate(Needs, { verb: "operate", over: "anything" })
      .annotate(OpenApi.Summary, "One delivery with every attempt"),
    HttpApiEndpoint.post("redeliver", `${oneDelivery}/redeliver`, {
      params: deliveryParams,
      headers: waiting,
      success: attempted,
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "anything" })
      .annotate(OpenApi.Summary, "Send the same once more, now, under the same id, and say what came back")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "What happens, told to addresses of yours by the Standard Webhooks specification.") {}
