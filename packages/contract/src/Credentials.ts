/** Credentials: the token goes in and never comes out; what may be known of it is its fingerprint and its age. */
import { Fingerprint } from "@loom-scim/core/ports/Vault"
import { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import { etag, ifMatch } from "./EntityTag.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import { changing, reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

/** What is known of the credentials. */
export const Credentials = Schema.Struct({
  endpoint: Schema.NullOr(BridgeUrl),
  bridgeUrl: Schema.NullOr(BridgeUrl),
  token: Schema.NullOr(
    Schema.Struct({
      fingerprint: Fingerprint,
      obtainedAt: Schema.DateTimeUtcFromString,
      expiresAt: Schema.NullOr(Schema.DateTimeUtcFromString),
      /** True when nobody stated the expiry. */
      expiryAssumed: Schema.Boolean,
      /** Why it no longer counts. */
      lapsed: Schema.NullOr(Schema.String)
    })
  )
}).pipe(
  shown("Credentials", "What is known of the credentials; never the token.", {
    endpoint: "https://api.workos.com/scim/v2.0/abc",
    bridgeUrl: "https://api.workos.com/scim/v2.0/abc",
    token: {
      fingerprint: "0123456789ab",
      obtainedAt: "2026-11-24T19:30:00.000Z",
      expiresAt: "2027-11-24T19:30:00.000Z",
      expiryAssumed: true,
      lapsed: null
    }
  })
)

/** A token on its way in. */
export const NewToken = Schema.Struct({
  // Encoded in clear on purpose: clients of this definition write it into the one request that brings it. No answer has it.
  token: Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(8), Schema.isMaxLength(8192))),
  expiresAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
}).pipe(
  shown("NewToken", "A bearer token, and when it ends if the console says.", {
    token: "the token from the set-up console",
    expiresAt: "2027-11-24T00:00:00.000Z"
  })
)

const shownCredentials = HttpApiSchema.WithHeaders(Credentials, etag)

/** The group. */
export class CredentialsGroup extends HttpApiGroup.make("credentials")
  .add(
    HttpApiEndpoint.get("get", "/connections/:connection/credentials", {
      params: path,
      success: shownCredentials,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "Fingerprint, age and expiry"),
    HttpApiEndpoint.put("save", "/connections/:connection/credentials/token", {
      params: path,
      headers: ifMatch,
      payload: NewToken,
      success: shownCredentials,
      error: changing
    })
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Seal a token; it is validated by the task probe"),
    HttpApiEndpoint.post("rotate", "/connections/:connection/credentials/rotate", {
      params: path,
      headers: { ...ifMatch, ...idempotencyKey },
      payload: NewToken,
      success: shownCredentials,
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Validate a new token against the server, then replace the old one and connect again")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "Write-only: no answer holds a token.") {}
