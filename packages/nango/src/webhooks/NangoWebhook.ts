/**
 * What Nango tells by webhook (0.71: `packages/types/lib/webhooks/api.ts`). None of them has an id or a moment, so a
 * replay cannot be told from a second event; see `Hint.ts`. Descriptions of errors are not read: they may hold whatever
 * a server answered.
 */
import { Result, Schema } from "effect"

const of = { connectionId: Schema.NonEmptyString, providerConfigKey: Schema.NonEmptyString }

/** A connection was made, made anew, or its credentials no longer pass. There is none for a deletion. */
export const AuthWebhook = Schema.Struct({
  type: Schema.Literal("auth"),
  ...of,
  /** `creation`, `override` and `refresh` are known; another one is a hint like any. */
  operation: Schema.String,
  success: Schema.Boolean,
  tags: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))
})
export type AuthWebhook = typeof AuthWebhook.Type

/** A sync ended. */
export const SyncWebhook = Schema.Struct({
  type: Schema.Literal("sync"),
  ...of,
  syncName: Schema.String,
  success: Schema.Boolean
})
export type SyncWebhook = typeof SyncWebhook.Type

/** What a provider sent to Nango, passed on. */
export const ForwardWebhook = Schema.Struct({
  type: Schema.Literal("forward"),
  providerConfigKey: Schema.NonEmptyString,
  connectionId: Schema.optionalKey(Schema.NullOr(Schema.String))
})
export type ForwardWebhook = typeof ForwardWebhook.Type

/** An action that was started without waiting has ended. */
export const AsyncActionWebhook = Schema.Struct({ type: Schema.Literal("async_action"), ...of })
export type AsyncActionWebhook = typeof AsyncActionWebhook.Type

/** One of a kind that this version does not know. */
export const OtherWebhook = Schema.Struct({ type: Schema.String })
export type OtherWebhook = typeof OtherWebhook.Type

/** Any of the known kinds. */
export const KnownWebhook = Schema.Union([AuthWebhook, SyncWebhook, ForwardWebhook, AsyncActionWebhook])
export type KnownWebhook = typeof KnownWebhook.Type

/** A webhook that was read. */
export type NangoWebhook =
  | { readonly _tag: "Known"; readonly webhook: KnownWebhook }
  | { readonly _tag: "Other"; readonly type: string }

const Envelope = Schema.fromJsonString(Schema.Struct({ from: Schema.Literal("nango"), type: Schema.String }))
const envelope = Schema.decodeUnknownResult(Envelope)
const known = Schema.decodeUnknownResult(Schema.fromJsonString(KnownWebhook))
const kinds = new Set<string>(["auth", "sync", "forward", "async_action"])

/** Reads a body; null when it is no webhook of Nango's at all, or one of a known kind without what that kind has. */
export const parse = (text: string): NangoWebhook | null => {
  const outer = envelope(text)
  if (Result.isFailure(outer)) return null
  const { type } = outer.success
  if (!kinds.has(type)) return { _tag: "Other", type }
  const webhook = known(text)
  return Result.isFailure(webhook) ? null : { _tag: "Known", webhook: webhook.success }
}
