/** Why Nango's public API did not do what was asked, in words that say what a person does next. */
import { Schema } from "effect"

/** What went wrong, by its cause rather than by its status. */
export const NangoReason = Schema.Literals([
  /** The address of the server is none that a secret key may be sent to. */
  "hostRefused",
  /** 401: no environment of this server has the secret key. */
  "unauthorized",
  /** 403: the key lacks a scope. */
  "forbidden",
  "integrationNotFound",
  "connectionNotFound",
  /** 409: another connection has the id. */
  "duplicate",
  /** Nango, or a function that validates connections in it, refused the credentials. */
  "credentialsRefused",
  /** The plan allows no more connections. */
  "capped",
  /** Any other 4xx: what was sent is not what this version of Nango takes. */
  "refused",
  "rateLimited",
  "unavailable",
  /** An answer that is none of Nango's. */
  "notNango"
])
export type NangoReason = typeof NangoReason.Type

/** A request to Nango's public API failed. It holds neither the secret key nor a credential. */
export class NangoFailure extends Schema.TaggedError<NangoFailure>()("NangoFailure", {
  reason: NangoReason,
  /** Method and path without ids. */
  request: Schema.String,
  status: Schema.NullOr(Schema.Int),
  /** Milliseconds to wait before another try, when Nango says so. */
  retryAfterMillis: Schema.NullOr(Schema.Int),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`
  }
}
