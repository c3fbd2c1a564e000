/** All webhooks, page by page. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { Webhooks } from "@loom-scim/core/ports/Webhooks"
import type { Webhook, WebhookId } from "@loom-scim/core/webhooks/Webhook"
import { Effect } from "effect"

const atOnce = 100

/** In the order of their ids. */
export const everyWebhook = Effect.fnUntraced(function* (
  webhooks: Pick<Webhooks["Service"], "list">
): Effect.fn.Return<ReadonlyArray<Webhook>, JournalFailure> {
  const all: Array<Webhook> = []
  let after: WebhookId | null = null
  do {
    const page: ReadonlyArray<Webhook> = yield* webhooks.list({ of: null, after, limit: atOnce })
    all.push(...page)
    after = page.length < atOnce ? null : (page.at(-1)?.id ?? null)
  } while (after !== null)
  return all
})
