/** The verifiers whose reports the journey trusts: they look for themselves, and record what they saw. */
import { DateTime, Effect, Redacted, Result } from "effect"
import { DomainResolver } from "../ports/DomainResolver.ts"
import type { MetadataSource, SamlMetadataRejected } from "../ports/SamlMetadata.ts"
import { SamlMetadata } from "../ports/SamlMetadata.ts"
import type { VaultFailure } from "../ports/Vault.ts"
import { Vault } from "../ports/Vault.ts"
import { ScimProbe } from "../scim/Probe.ts"
import * as BridgeUrl from "./BridgeUrl.ts"
import type { ConnectionId } from "./ConnectionId.ts"
import type { DomainName } from "./Domain.ts"
import * as Domain from "./Domain.ts"
import type { Actor } from "./Evidence.ts"
import * as Journey from "./Journey.ts"
import type { Connection, JourneyLog, SetupError } from "./JourneyLog.ts"
import * as MemberReview from "./MemberReview.ts"
import { bare, prove, type TokenNotTaken } from "./Rotation.ts"
import { refused } from "./SetupRefused.ts"
import { verifiedDomains } from "./State.ts"

/** What can be verified of a connection. Each yields the connection after its report. */
export interface Verifiers {
  /** Looks the domain up in DNS and records what was seen, whatever it was. */
  readonly checkDomain: (id: ConnectionId, domain: DomainName, actor: Actor) => Effect.Effect<Connection, SetupError>
  /** Compares members with the verified domains. */
  readonly reviewMembers: (
    id: ConnectionId,
    emails: ReadonlyArray<string>,
    actor: Actor
  ) => Effect.Effect<Connection, SetupError>
  /** Reads metadata. With several identity providers in it, `entityID` says which. */
  readonly readMetadata: (
    id: ConnectionId,
    source: MetadataSource,
    entityID: string | undefined,
    actor: Actor
  ) => Effect.Effect<Connection, SetupError | SamlMetadataRejected>
  /** Seals a token and records its fingerprint. */
  readonly saveToken: (
    id: ConnectionId,
    token: Redacted.Redacted,
    expiresAt: DateTime.Utc | null,
    actor: Actor
  ) => Effect.Effect<Connection, SetupError | VaultFailure>
  /** The same once the server was seen to take the token; until then the old one stays. It is to be validated anew. */
  readonly rotateToken: (
    id: ConnectionId,
    token: Redacted.Redacted,
    expiresAt: DateTime.Utc | null,
    actor: Actor
  ) => Effect.Effect<Connection, SetupError | VaultFailure | TokenNotTaken>
  /** Normalises and checks the address, and records it. */
  readonly setBridgeUrl: (
    id: ConnectionId,
    input: string,
    allowPrivateNetwork: boolean,
    actor: Actor
  ) => Effect.Effect<Connection, SetupError>
  /** Validates the credentials over the network and records the report, good or bad. */
  readonly probe: (id: ConnectionId, actor: Actor) => Effect.Effect<Connection, SetupError | VaultFailure>
  /** Records that certificate or token have reached their end, if they have. */
  readonly checkExpiry: (id: ConnectionId, actor: Actor) => Effect.Effect<Connection, SetupError>
}

/** Over the ports to what they look at. */
export const make = Effect.fnUntraced(function* ({ admitted, decide, load }: JourneyLog) {
  const vault = yield* Vault
  const resolver = yield* DomainResolver
  const saml = yield* SamlMetadata
  const prober = yield* ScimProbe

  const checkDomain = Effect.fn("SetupService.checkDomain")(function* (
    id: ConnectionId,
    domain: DomainName,
    actor: Actor
  ) {
    const { state } = yield* admitted(id, "ReportDomain")
    const entry = state.domains.find((candidate) => candidate.domain === domain)
    if (entry === undefined || entry.expectedTxt === null) {
      const detail = `The TXT value expected for ${domain} is not known yet.`
      return yield* refused("ReportDomain", "missingInput", detail, "Copy it from Loom's domain verification.")
    }
    const lookups = yield* Effect.forEach(
      Domain.lookupNames(domain),
      (name) => Effect.map(Effect.result(resolver.txt(name)), (answer) => ({ name, answer })),
      { concurrency: "unbounded" }
    )
    const verdict = Domain.judge(entry.expectedTxt, lookups)
    return yield* decide(yield* load(id), { _tag: "ReportDomain", domain, ...verdict }, actor)
  })

  const reviewMembers = Effect.fn("SetupService.reviewMembers")(function* (
    id: ConnectionId,
    emails: ReadonlyArray<string>,
    actor: Actor
  ) {
    const connection = yield* admitted(id, "ReportMembers")
    if (emails.length === 0) {
      const detail = "No e-mail address was found."
      return yield* refused("ReportMembers", "invalidInput", detail, "Paste one per line, or type none.")
    }
    const review = MemberReview.review(emails, verifiedDomains(connection.state))
    return yield* decide(connection, { _tag: "ReportMembers", review }, actor)
  })

  const readMetadata = Effect.fn("SetupService.readMetadata")(function* (
    id: ConnectionId,
    source: MetadataSource,
    entityID: string | undefined,
    actor: Actor
  ) {
    yield* admitted(id, "ReportMetadata")
    const metadata = yield* saml.read(source)
    const [first, ...others] = metadata.identityProviders
    if (entityID === undefined && others.length > 0) {
      const names = metadata.identityProviders.map((idp) => idp.entityID).join(", ")
      const detail = `The metadata holds several identity providers: ${names}.`
      return yield* refused(
        "ReportMetadata",
        "invalidInput",
        detail,
        "Put the entityID of yours behind the source: SOURCE#ENTITYID."
      )
    }
    const chosen = entityID ?? first.entityID
    return yield* decide(yield* load(id), { _tag: "ReportMetadata", metadata, entityID: chosen }, actor)
  })

  const saveToken = Effect.fn("SetupService.saveToken")(function* (
    id: ConnectionId,
    token: Redacted.Redacted,
    expiresAt: DateTime.Utc | null,
    actor: Actor
  ) {
    yield* admitted(id, "ReportToken")
    const clean = bare(token)
    if (!/^[\x21-\x7e]{8,4096}$/.test(Redacted.value(clean))) {
      const detail = "That is not a bearer token: it has 8 to 4096 printable characters without spaces."
      return yield* refused("ReportToken", "invalidInput", detail, "Copy it again from the set-up console.")
    }
    const fingerprint = yield* vault.fingerprintOf(clean)
    return yield* decide(yield* load(id), { _tag: "ReportToken", fingerprint, expiresAt }, actor, (append) =>
      vault.change(id, { seal: clean, keep: [] }, append)
    )
  })

  const rotateToken = Effect.fn("SetupService.rotateToken")(function* (
    id: ConnectionId,
    token: Redacted.Redacted,
    expiresAt: DateTime.Utc | null,
    actor: Actor
  ) {
    const { state } = yield* admitted(id, "ReportToken")
    yield* prove(prober, state, token)
    return yield* saveToken(id, token, expiresAt, actor)
  })

  const setBridgeUrl = Effect.fn("SetupService.setBridgeUrl")(function* (
    id: ConnectionId,
    input: string,
    allowPrivateNetwork: boolean,
    actor: Actor
  ) {
    yield* admitted(id, "ReportBridgeUrl")
    const parsed = BridgeUrl.parse(input, { allowPrivateNetwork })
    if (Result.isFailure(parsed)) return yield* refused("ReportBridgeUrl", "invalidInput", parsed.failure.message)
    const url = parsed.success
    const host = BridgeUrl.hostOf(url)
    const addresses = yield* Effect.result(resolver.addresses(host))
    if (Result.isFailure(addresses)) {
      const detail = `${host} cannot be found in DNS (${addresses.failure.kind}).`
      return yield* refused("ReportBridgeUrl", "invalidInput", detail, "Check the spelling, then the DNS of that host.")
    }
    const forbidden = addresses.success
      .map((address) => BridgeUrl.refuseResolved(host, address, allowPrivateNetwork))
      .find((reason) => reason !== undefined)
    if (forbidden !== undefined) return yield* refused("ReportBridgeUrl", "invalidInput", forbidden)
    const saw = `${host} is at ${addresses.success.slice(0, 3).join(", ")}`
    return yield* decide(yield* load(id), { _tag: "ReportBridgeUrl", url, allowPrivateNetwork, saw }, actor)
  })

  const probe = Effect.fn("SetupService.probe")(function* (id: ConnectionId, actor: Actor) {
    const { state } = yield* admitted(id, "ReportProbe")
    const { bridgeUrl, token } = state
    if (bridgeUrl === null || token === null) {
      return yield* refused("ReportProbe", "missingInput", "Endpoint or token are missing.", "Complete steps 4 and 5.")
    }
    const opened = yield* vault.open(id, token.fingerprint)
    const { allowPrivateNetwork, url } = bridgeUrl
    const report = yield* prober.run({ url, token: opened, allowPrivateNetwork })
    const now = yield* load(id)
    // Credentials may have been replaced while the probe ran; its report would speak of the old ones.
    if (now.state.token?.fingerprint !== token.fingerprint || now.state.bridgeUrl?.url !== url) {
      return yield* refused(
        "ReportProbe",
        "noFreshProbe",
        "The credentials changed during the validation.",
        "Validate again."
      )
    }
    return yield* decide(now, { _tag: "ReportProbe", report }, actor)
  })

  const checkExpiry = Effect.fn("SetupService.checkExpiry")(function* (id: ConnectionId, actor: Actor) {
    const at = yield* DateTime.now
    let connection = yield* admitted(id, "Remove")
    const { metadata, token } = connection.state
    for (const expiry of Journey.expiries(connection.state)) {
      if (DateTime.isGreaterThan(expiry.at, at)) continue
      const because = `the ${expiry.what} ended ${DateTime.formatIsoDateUtc(expiry.at)}`
      if (expiry.what === "certificate" && metadata?.lapsed === null) {
        connection = yield* decide(connection, { _tag: "ReportMetadataLapsed", because }, actor)
      }
      if (expiry.what === "token" && token?.lapsed === null) {
        connection = yield* decide(connection, { _tag: "ReportTokenLapsed", because }, actor)
      }
    }
    return connection
  })

  return {
    checkDomain,
    reviewMembers,
    readMetadata,
    saveToken,
    rotateToken,
    setBridgeUrl,
    probe,
    checkExpiry
  } satisfies Verifiers
})
