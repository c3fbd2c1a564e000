/** Secrets whose overlap is over are forgotten, in the webhook and in the vault. */
import type { Vault } from "@loom-scim/core/ports/Vault"
import type { Webhooks } from "@loom-scim/core/ports/Webhooks"
import { stillSigning, vaultIdOf, type Webhook } from "@loom-scim/core/webhooks/Webhook"
import { type DateTime, Effect } from "effect"
import { everyWebhook } from "./everyWebhook.ts"

/** Of all webhooks, those that had ended by then. One that somebody changes meanwhile is left to the next time. */
export const endOverlaps = Effect.fn("Webhooks.endOverlaps")(function* (
  webhooks: Webhooks["Service"],
  vault: Vault["Service"],
  at: DateTime.Utc
) {
  const end = (seen: Webhook) => {
    const previous = stillSigning(seen, at)
    if (previous.length === seen.previous.length) return Effect.void
    const recording = Effect.filterOrFail(
      webhooks.update(seen, { ...seen, previous }),
      (isUpdated) => isUpdated,
      () => "changed" as const
    )
    const keep = [seen, ...previous].map(({ secret }) => secret)
    return Effect.catchIf(
      vault.change(vaultIdOf(seen.id), { keep }, recording),
      (error) => error === "changed",
      () => Effect.void
    )
  }
  yield* Effect.forEach(yield* everyWebhook(webhooks), end, { discard: true })
})
