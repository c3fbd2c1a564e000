/** What the environment says of Nango: the key that signs its webhooks and, if it may be asked back, where and as whom. */
import type { NangoAccess } from "@loom-scim/nango/api/NangoApi"
import * as NangoHost from "@loom-scim/nango/api/NangoHost"
import { usual } from "@loom-scim/nango/connect/Integration"
import { Config, Effect, Option, Redacted } from "effect"

/** How Nango is listened to. */
export interface NangoSettings {
  /** The webhook signing key of the environment in Nango. */
  readonly signingKey: Redacted.Redacted
  /** The key under which that environment has Loom. */
  readonly integration: string
  /** Its public API, when it may be asked for credentials that changed there. */
  readonly api: NangoAccess | null
}

const given = (name: string) =>
  Config.Redacted(name).pipe(
    Config.option,
    Config.map(Option.filter((value) => Redacted.value(value).trim() !== "")),
    Config.map(Option.map((value) => Redacted.make(Redacted.value(value).trim())))
  )

const text = (name: string, otherwise: string) =>
  Config.map(given(name), Option.match({ onNone: () => otherwise, onSome: Redacted.value }))

/** Null without a signing key: then webhooks of Nango have nowhere to go. */
export const read = Effect.fnUntraced(function* (allowPrivateNetwork: boolean) {
  const signingKey = yield* given("LOOM_SCIM_NANGO_SIGNING_KEY")
  if (Option.isNone(signingKey)) return null
  const secretKey = yield* given("LOOM_SCIM_NANGO_SECRET_KEY")
  const integration = yield* text("LOOM_SCIM_NANGO_INTEGRATION", usual)
  const address = yield* text("LOOM_SCIM_NANGO_HOST", NangoHost.cloud)
  const host = yield* Effect.fromResult(NangoHost.parse(address, { allowPrivateNetwork }))
  const settings: NangoSettings = {
    signingKey: signingKey.value,
    integration,
    api: Option.isNone(secretKey) ? null : { host, secretKey: secretKey.value }
  }
  return settings
})
