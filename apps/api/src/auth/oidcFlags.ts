/** The flags about an identity provider. */
import { Config, Option } from "effect"
import { Flag } from "effect/cli"
import type { OidcFlags } from "./Oidc.ts"
import { algorithms } from "./Oidc.ts"

const text = (name: string, variable: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.withFallbackConfig(Config.String(variable)))

/** To be added to the program's. */
export const oidcFlags = {
  oidcIssuer: text("oidc-issuer", "LOOM_SCIM_OIDC_ISSUER", "Take bearer tokens of this issuer (iss)").pipe(
    Flag.optional
  ),
  oidcAudience: text("oidc-audience", "LOOM_SCIM_OIDC_AUDIENCE", "What their audience (aud) must be").pipe(
    Flag.optional
  ),
  oidcJwksUrl: text("oidc-jwks-url", "LOOM_SCIM_OIDC_JWKS_URL", "Where the issuer's public keys are").pipe(
    Flag.optional
  ),
  oidcAlgorithms: text("oidc-algorithms", "LOOM_SCIM_OIDC_ALGORITHMS", `Of ${algorithms.join(", ")}`).pipe(
    Flag.withDefault<string>(algorithms.join(","))
  ),
  oidcSkew: Flag.Int("oidc-clock-skew").pipe(
    Flag.withDescription("Seconds that the issuer's clock may be off, 0 to 300"),
    Flag.filter(
      (seconds) => seconds >= 0 && seconds <= 300,
      (seconds) => `${seconds} is not between 0 and 300`
    ),
    Flag.withDefault(30)
  ),
  oidcClaim: text("oidc-claim", "LOOM_SCIM_OIDC_CLAIM", "The claim that decides what a subject may do").pipe(
    Flag.withDefault("groups")
  ),
  oidcGrants: text("oidc-grants", "LOOM_SCIM_OIDC_GRANTS", "value=verb:connection, separated by commas").pipe(
    Flag.optional
  )
} as const

/** An empty variable, as compose files leave them, is none. */
const filled = (value: Option.Option<string>): string | undefined =>
  Option.getOrUndefined(Option.filter(value, (text) => text !== ""))

/** Takes them out of what was given. */
export const oidcGiven = (given: {
  readonly oidcIssuer: Option.Option<string>
  readonly oidcAudience: Option.Option<string>
  readonly oidcJwksUrl: Option.Option<string>
  readonly oidcAlgorithms: string
  readonly oidcSkew: number
  readonly oidcClaim: string
  readonly oidcGrants: Option.Option<string>
}): OidcFlags => ({
  issuer: filled(given.oidcIssuer),
  audience: filled(given.oidcAudience),
  jwksUrl: filled(given.oidcJwksUrl),
  algorithms: given.oidcAlgorithms,
  skewSeconds: given.oidcSkew,
  claim: given.oidcClaim,
  grants: filled(given.oidcGrants)
})
