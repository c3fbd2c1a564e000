/** One attempt to tell a webhook something: signed, to an allowed address, without following redirects, in bounded time. */
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import type { Vault } from "@loom-scim/core/ports/Vault"
import type { Claimed } from "@loom-scim/core/ports/Webhooks"
import type { Send, WireAnswer } from "@loom-scim/core/scim/TransportWire"
import * as Transport from "@loom-scim/core/scim/transportFailure"
import type { Outcome } from "@loom-scim/core/webhooks/Delivery"
import { stillSigning, vaultIdOf, type Webhook } from "@loom-scim/core/webhooks/Webhook"
import { hostOf } from "@loom-scim/core/webhooks/WebhookUrl"
import type { Scope } from "effect"
import { DateTime, Effect, Result } from "effect"
import * as GuardedAgent from "../http/guardedAgent.ts"
import * as Straight from "../http/straight.ts"
import { sign } from "./sign.ts"

/** What an attempt needs. */
export interface Delivering {
  readonly send: Send
  readonly vault: Vault["Service"]
  /** For the whole attempt. */
  readonly timeoutMillis: number
  /** Whether webhooks that may lie in a private network are sent there from here. */
  readonly allowPrivateNetwork: boolean
}

// Nothing of an answer but its status is kept; the rest is read so that the connection can be used again.
const maxBodyBytes = 16_384

/** The way out, over one agent for the internet and one that may reach private networks too. */
export const makeSend = Effect.fnUntraced(function* (
  timeoutMillis: number
): Effect.fn.Return<Send, GuardedAgent.CaRejected, DomainResolver | Scope.Scope> {
  const strict = yield* GuardedAgent.make({ allowPrivateNetwork: false, timeoutMillis })
  const lab = yield* GuardedAgent.make({ allowPrivateNetwork: true, timeoutMillis })
  return Straight.make(strict, lab)
})

const secretsOf = (vault: Vault["Service"], webhook: Webhook, at: DateTime.Utc) =>
  Effect.forEach([webhook.secret, ...stillSigning(webhook, at).map(({ secret }) => secret)], (secret) =>
    vault.open(vaultIdOf(webhook.id), secret)
  )

/**
 * Sends once and says how that ended. The words for what did not work are ours: nothing that a receiver said is in them.
 * Fails with `VaultFailure` when the secret cannot be opened, which is no fault of the receiver's.
 */
export const deliver = Effect.fn("Webhooks.deliver")(function* (
  { allowPrivateNetwork, send, timeoutMillis, vault }: Delivering,
  { delivery, webhook }: Claimed
) {
  const at = yield* DateTime.now
  const { id, payload } = delivery
  const secrets = yield* secretsOf(vault, webhook, at)
  const request = {
    method: "POST",
    url: webhook.url,
    headers: {
      "content-type": "application/json",
      "user-agent": "loom-scim",
      ...sign(id, at, payload, secrets)
    },
    body: payload,
    maxBodyBytes,
    allowPrivateNetwork: allowPrivateNetwork && webhook.allowPrivateNetwork
  } as const
  const answered = Effect.callback<Result.Result<WireAnswer, unknown>>((resume) => {
    const giveUp = send(request, (outcome) => resume(Effect.succeed(outcome)))
    return Effect.sync(giveUp)
  })
  const host = hostOf(webhook.url)
  return yield* answered.pipe(
    Effect.map(
      Result.match({
        onSuccess: ({ status }): Outcome => ({ _tag: "Answered", status }),
        onFailure: (error): Outcome => ({ _tag: "Unanswered", reason: Transport.explain(host, error).message })
      })
    ),
    Effect.timeoutOrElse({
      duration: timeoutMillis,
      orElse: () =>
        Effect.succeed<Outcome>({
          _tag: "Unanswered",
          reason: `${host} did not answer within ${Math.ceil(timeoutMillis / 1000)} seconds.`
        })
    })
  )
})
