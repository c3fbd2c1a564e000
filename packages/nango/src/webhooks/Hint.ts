/**
 * What a webhook is worth: a hint to look for ourselves, or nothing. Pure.
 *
 * Nango's webhooks carry neither an id nor a moment and are sent again after time-outs, so their order and their number
 * mean nothing. Nor does what they say of credentials: Nango takes a 404, 429 or 5xx of the server for wrong ones. So no
 * webhook moves a journey. Every one that could have something to tell makes us ask Nango and the endpoint what is so
 * now, and the journey moves by what they answer: in whatever order webhooks arrive, it comes to the same end.
 */
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Option, Schema } from "effect"
import type { ConnectionKey } from "../api/NangoApi.ts"
import * as Marks from "../connect/Marks.ts"
import type { NangoWebhook } from "./NangoWebhook.ts"

/** What to do about a webhook. */
export type Hint =
  | { readonly _tag: "Examine"; readonly setup: ConnectionId; readonly key: ConnectionKey; readonly because: string }
  | { readonly _tag: "Nothing"; readonly because: string }

const nothing = (because: string): Hint => ({ _tag: "Nothing", because })

const decodeId = Schema.decodeUnknownOption(ConnectionId)

/** Decides. `integration` is the key under which Nango has Loom; others of the environment are not our business. */
export const of = (read: NangoWebhook, integration: string): Hint => {
  if (read._tag === "Other") return nothing("a kind of webhook that this version does not know")
  const { webhook } = read
  if (webhook.providerConfigKey !== integration) return nothing("it is about another integration")
  switch (webhook.type) {
    case "forward":
      return nothing("Loom sends nothing through Nango")
    case "async_action":
      return nothing("whoever started the action asks for its result")
    case "sync":
      if (webhook.success) return nothing("a sync went well")
      break
    case "auth":
      break
  }
  const { connectionId } = webhook
  const tagged = webhook.type === "auth" ? Marks.setupOf(webhook.tags) : Option.none()
  const setup = Option.orElse(tagged, () => decodeId(connectionId))
  if (Option.isNone(setup)) return nothing("the connection does not say which set-up it belongs to")
  const what = webhook.type === "auth" ? webhook.operation : `sync ${webhook.syncName}`
  return {
    _tag: "Examine",
    setup: setup.value,
    key: { integration, connectionId },
    because: `${what} ${webhook.success ? "went well" : "failed"}`
  }
}
