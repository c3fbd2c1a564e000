/** What is trusted of an identity provider that signs bearer tokens, and how it is written on the command line. */
import { Grant } from "@loom-scim/core/ports/ApiKeys"
import { Option, Result, Schema } from "effect"

/** Signatures that can be checked with a public key. `none` and the shared-secret family (HS…) are not among them. */
export const algorithms = ["RS256", "ES256", "EdDSA"] as const

/** A signature that may be allowed. */
export type Algorithm = (typeof algorithms)[number]

/** The configuration of one issuer. */
export interface Oidc {
  /** As in `iss`, word for word. */
  readonly issuer: string
  /** As in `aud`: this API's name at the issuer. */
  readonly audience: string
  readonly jwksUrl: string
  readonly algorithms: ReadonlyArray<Algorithm>
  /** How far the issuer's clock may be from ours. */
  readonly skewSeconds: number
  /** The claim whose values decide, a text with spaces or a list of texts. */
  readonly claim: string
  /** What each of its values gives. A value that is not here gives nothing. */
  readonly grants: ReadonlyMap<string, ReadonlyArray<Grant>>
}

/** As they come from the flags. */
export interface OidcFlags {
  readonly issuer: string | undefined
  readonly audience: string | undefined
  readonly jwksUrl: string | undefined
  readonly algorithms: string
  readonly skewSeconds: number
  readonly claim: string
  readonly grants: string | undefined
}

const isAlgorithm = Schema.is(Schema.Literals(algorithms))
const grantOf = Schema.decodeUnknownOption(Grant)

const parts = (text: string): ReadonlyArray<string> =>
  text.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]))

/** `scim-admins=admin:*,acme=operate:acme`: a value of the claim, a verb, a connection. */
const grantsOf = (text: string): Result.Result<Oidc["grants"], string> => {
  const grants = new Map<string, ReadonlyArray<Grant>>()
  for (const part of parts(text)) {
    const [, value = "", verb, connection] = /^(.+)=([a-z]+):([^:]+)$/.exec(part) ?? []
    const grant = grantOf({ verb, connection })
    if (Option.isNone(grant)) return Result.fail(`--oidc-grants: ${part} is not in the form value=verb:connection.`)
    grants.set(value, [...(grants.get(value) ?? []), grant.value])
  }
  return grants.size === 0
    ? Result.fail("--oidc-grants is needed: without it no token may do anything.")
    : Result.succeed(grants)
}

const isHttps = (text: string): boolean => URL.canParse(text) && new URL(text).protocol === "https:"

/** Null without an issuer; otherwise everything has to be there. http is for labs. */
export const parse = (flags: OidcFlags, allowHttp: boolean): Result.Result<Oidc | null, string> => {
  const { audience, claim, issuer, jwksUrl, skewSeconds } = flags
  if (issuer === undefined) {
    return audience === undefined && jwksUrl === undefined && flags.grants === undefined
      ? Result.succeed(null)
      : Result.fail("--oidc-audience, --oidc-jwks-url and --oidc-grants go with --oidc-issuer.")
  }
  if (audience === undefined || jwksUrl === undefined) {
    return Result.fail("--oidc-issuer needs --oidc-audience and --oidc-jwks-url.")
  }
  if (!isHttps(jwksUrl) && !(allowHttp && URL.canParse(jwksUrl))) {
    return Result.fail("--oidc-jwks-url is not an https URL.")
  }
  const named = parts(flags.algorithms)
  const known = named.filter(isAlgorithm)
  if (known.length === 0 || known.length < named.length) {
    return Result.fail(`--oidc-algorithms takes ${algorithms.join(", ")}; nothing else is safe here.`)
  }
  return Result.map(grantsOf(flags.grants ?? ""), (grants) => ({
    issuer,
    audience,
    jwksUrl,
    algorithms: known,
    skewSeconds,
    claim,
    grants
  }))
}

/** What the claim of a token gives together. */
export const grantsFor = ({ grants }: Oidc, claim: unknown): ReadonlyArray<Grant> => {
  const values: ReadonlyArray<unknown> =
    typeof claim === "string" ? claim.split(" ") : Array.isArray(claim) ? claim : []
  return values.flatMap((value) => (typeof value === "string" ? (grants.get(value) ?? []) : []))
}
