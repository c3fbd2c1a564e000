/** The headers that prove to a receiver who tells it something, by the Standard Webhooks specification. */
import type { DeliveryId } from "@loom-scim/core/webhooks/Webhook"
import { type DateTime, DateTime as Time, Redacted } from "effect"
import { Webhook } from "standardwebhooks"

/** Names in lower case. The signature is over id, moment and body; with several secrets there are several in one header. */
export const sign = (
  id: DeliveryId,
  at: DateTime.Utc,
  payload: string,
  secrets: ReadonlyArray<Redacted.Redacted>
): Readonly<Record<string, string>> => {
  const moment = Time.toDateUtc(at)
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(moment.getTime() / 1000)),
    "webhook-signature": secrets
      .map((secret) => new Webhook(Redacted.value(secret)).sign(id, moment, payload))
      .join(" ")
  }
}
