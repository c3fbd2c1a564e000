/**
 * What Nango's public API takes and gives, as far as it is used here. Read in Nango 0.71's `packages/types` and seen in
 * its answers; fields that are not named are let through and dropped, so that a newer Nango still fits.
 */
import { Schema } from "effect"
import type { Redacted } from "effect"

/** Texts by name. Nango folds names to lower case, allows ten of them, values of 1 to 255 characters. */
export const Tags = Schema.Record(Schema.String, Schema.String)
export type Tags = typeof Tags.Type

/** What a connection carries for functions: any JSON by name. */
export const Metadata = Schema.Record(Schema.String, Schema.Unknown)
export type Metadata = typeof Metadata.Type

/** What a provider's entry interpolates: `domain`, `baseUrl` and so on. */
export const ConnectionConfig = Schema.Record(Schema.String, Schema.Unknown)
export type ConnectionConfig = typeof ConnectionConfig.Type

const common = {
  connection_id: Schema.String,
  provider_config_key: Schema.String,
  provider: Schema.String,
  metadata: Schema.NullOr(Metadata),
  tags: Schema.optionalKey(Schema.NullOr(Tags)),
  /** What Nango finds wrong with it now, by kind: `auth`, `sync`. */
  errors: Schema.optionalKey(Schema.Array(Schema.Struct({ type: Schema.String })))
}

/** A connection in a list. */
export const ListedConnection = Schema.Struct({ ...common, created: Schema.String })
export type ListedConnection = typeof ListedConnection.Type

const whole = {
  ...common,
  connection_config: ConnectionConfig,
  /** Where its webhooks go instead of to the environment's address. */
  webhook_url_override: Schema.optionalKey(Schema.NullOr(Schema.String)),
  created_at: Schema.String,
  updated_at: Schema.String
}

/** A connection without what opens it. */
export const BareConnection = Schema.Struct(whole)
export type BareConnection = typeof BareConnection.Type

/** A connection with its key, which is sealed as it is parsed, and absent when the caller's key may not see it. */
export const FullConnection = Schema.Struct({
  ...whole,
  credentials: Schema.Struct({
    type: Schema.optionalKey(Schema.String),
    apiKey: Schema.optionalKey(Schema.RedactedFromValue(Schema.String, { disallowEncode: true }))
  })
})
export type FullConnection = typeof FullConnection.Type

/** An integration of the environment: a provider with a key of its own. */
export const Integration = Schema.Struct({
  unique_key: Schema.String,
  provider: Schema.String,
  display_name: Schema.optionalKey(Schema.NullOr(Schema.String))
})
export type Integration = typeof Integration.Type

/**
 * A link that lets one end user connect; the token in it lets anyone do so until it expires. The page behind it asks the
 * server from the person's browser, so the server's address has to be one that the browser reaches.
 */
export const ConnectSession = Schema.Struct({
  token: Schema.RedactedFromValue(Schema.String, { disallowEncode: true }),
  connect_link: Schema.RedactedFromValue(Schema.String, { disallowEncode: true }),
  expires_at: Schema.DateTimeUtcFromString
})
export type ConnectSession = typeof ConnectSession.Type

/** A connection to be imported. Nango replaces one of the same id wholly, metadata and tags included. */
export interface NewConnection {
  readonly providerConfigKey: string
  readonly connectionId: string
  readonly apiKey: Redacted.Redacted
  readonly connectionConfig: ConnectionConfig
  readonly metadata: Metadata
  readonly tags: Tags
  /** Nango forgets the one that was there when it is left out. */
  readonly webhookUrlOverride: string | null
}

/** Who is to connect, and with what. */
export interface NewSession {
  readonly integration: string
  /** The connection that gets new credentials; without it, a new connection is made. */
  readonly connectionId?: string
  readonly endUser: { readonly id: string; readonly email?: string; readonly displayName?: string }
  readonly tags: Tags
  /** Filled in for the end user, so that only the key is left to be pasted. */
  readonly connectionConfig: ConnectionConfig
}
