/** What is known about a journey: the fold of its events. */
import type { DateTime } from "effect"
import type { Fingerprint } from "../ports/Vault.ts"
import * as ProbeReport from "../scim/ProbeReport.ts"
import type { BridgeUrl } from "./BridgeUrl.ts"
import type { CapturePolicy, DeprovisioningPolicy, EnforceSso, MemberRole, Prerequisite } from "./Choice.ts"
import type { DomainName, VerificationMethod } from "./Domain.ts"
import type { Attested, Checked, Evidence, Invalidation } from "./Evidence.ts"
import type { Event, Recorded } from "./Event.ts"
import type { IdentityProvider, IdpMetadata } from "./IdpMetadata.ts"
import type { MemberReview } from "./MemberReview.ts"

/** A domain on its way from typed to verified. */
export interface DomainState {
  readonly domain: DomainName
  readonly method: VerificationMethod | null
  readonly expectedTxt: string | null
  /** Null while pending. */
  readonly evidence: Evidence | null
  /** The newest failed check since the last success. */
  readonly failure: { readonly at: DateTime.Utc; readonly saw: string; readonly next: string } | null
  /** True once the program itself saw the record. Loom lets it be removed afterwards. */
  readonly seenOnce: boolean
}

/** The bearer token as people may know it: never its value. */
export interface TokenState {
  readonly fingerprint: Fingerprint
  readonly obtainedAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc | null
  readonly expiryAssumed: boolean
  /** Why it no longer counts: rejected by the server, or expired. */
  readonly lapsed: string | null
}

/** The state of one journey. */
export interface State {
  /** Null before the journey has begun. */
  readonly name: string | null
  readonly removed: boolean
  /** The sequence of the newest event, 0 before the first. */
  readonly sequence: number
  readonly prerequisites: { readonly [P in Prerequisite]: Attested | null }
  readonly domains: ReadonlyArray<DomainState>
  readonly members: { readonly review: MemberReview; readonly evidence: Evidence } | null
  readonly lockout: Attested | null
  readonly metadata: {
    readonly metadata: IdpMetadata
    readonly entityID: string
    readonly evidence: Checked
    readonly lapsed: string | null
  } | null
  readonly defaultRole: MemberRole | null
  readonly ssoTest: Attested | null
  readonly enforce: EnforceSso | null
  readonly relogin: Attested | null
  readonly endpoint: BridgeUrl | null
  readonly token: TokenState | null
  readonly bridgeUrl: {
    readonly url: BridgeUrl
    readonly allowPrivateNetwork: boolean
    readonly evidence: Checked
  } | null
  readonly capture: CapturePolicy | null
  readonly deprovisioning: DeprovisioningPolicy | null
  readonly loss: Attested | null
  /** The newest probe; `evidence` is null when it failed. */
  readonly probe: {
    readonly report: ProbeReport.ProbeReport
    readonly evidence: Checked | null
    readonly at: DateTime.Utc
  } | null
  readonly connected: { readonly at: DateTime.Utc; readonly evidence: Checked } | null
  /** The newest invalidation of each step that ever had one; it counts while the step is not done again. */
  readonly invalidations: ReadonlyArray<Invalidation>
}

/** Before the first event. */
export const initial: State = {
  name: null,
  removed: false,
  sequence: 0,
  prerequisites: { enterprisePlan: null, samlSso: null },
  domains: [],
  members: null,
  lockout: null,
  metadata: null,
  defaultRole: null,
  ssoTest: null,
  enforce: null,
  relogin: null,
  endpoint: null,
  token: null,
  bridgeUrl: null,
  capture: null,
  deprovisioning: null,
  loss: null,
  probe: null,
  connected: null,
  invalidations: []
}

/** The domains that stand verified, in the order they were added. */
export const verifiedDomains = (state: State): ReadonlyArray<DomainName> =>
  state.domains.filter((entry) => entry.evidence !== null).map((entry) => entry.domain)

/** The identity provider whose metadata was accepted; undefined before that. */
export const acceptedIdp = ({ metadata }: State): IdentityProvider | undefined =>
  metadata?.metadata.identityProviders.find(({ entityID }) => entityID === metadata.entityID)

/** Probe failures that say something about the connection itself, not about a bad minute of the network or server. */
const conclusive = new Set<ProbeReport.ProbeOutcome>([
  "unauthorized",
  "forbidden",
  "notFound",
  "webPage",
  "notScim",
  "redirected",
  "tls",
  "forbiddenAddress",
  "tokenNotChecked"
])

const onDomain = (state: State, domain: DomainName, change: (entry: DomainState) => DomainState): State => ({
  ...state,
  domains: state.domains.map((entry) => (entry.domain === domain ? change(entry) : entry))
})

/** Whatever was learnt about the connection no longer applies. */
const disconnected = { probe: null, connected: null } as const

const applyEvent = (state: State, event: Event, at: DateTime.Utc): State => {
  switch (event._tag) {
    case "Begun":
      return { ...initial, name: event.name }
    case "Removed":
      return { ...state, removed: true, connected: null }
    case "PrerequisiteAttested":
      return { ...state, prerequisites: { ...state.prerequisites, [event.prerequisite]: event.evidence } }
    case "DomainAdded": {
      const entry = { method: null, expectedTxt: null, evidence: null, failure: null, seenOnce: false } as const
      return { ...state, domains: [...state.domains, { domain: event.domain, ...entry }] }
    }
    case "DomainMethodChosen":
      return onDomain(state, event.domain, ({ domain }) => ({
        domain,
        method: event.method,
        expectedTxt: null,
        evidence: null,
        failure: null,
        seenOnce: false
      }))
    case "ExpectedTxtRecorded":
      return onDomain(state, event.domain, (entry) => ({
        ...entry,
        expectedTxt: event.expectedTxt,
        evidence: null,
        failure: null,
        seenOnce: false
      }))
    case "DomainRemoved":
      return { ...state, domains: state.domains.filter((entry) => entry.domain !== event.domain) }
    case "DomainVerified":
      return onDomain(state, event.domain, (entry) => ({
        ...entry,
        evidence: event.evidence,
        failure: null,
        seenOnce: entry.seenOnce || event.evidence._tag === "Checked"
      }))
    case "DomainCheckFailed":
      return onDomain(state, event.domain, (entry) => ({
        ...entry,
        evidence: event.conclusive ? null : entry.evidence,
        failure: { at: event.at, saw: event.saw, next: event.next }
      }))
    case "MembersReviewed":
      return { ...state, members: { review: event.review, evidence: event.evidence }, lockout: null }
    case "LockoutAcknowledged":
      return { ...state, lockout: event.evidence }
    case "MetadataAccepted": {
      const { entityID, evidence, metadata } = event
      const same = state.metadata?.entityID === entityID
      return {
        ...state,
        metadata: { metadata, entityID, evidence, lapsed: null },
        ssoTest: same ? state.ssoTest : null
      }
    }
    case "MetadataLapsed":
      return { ...state, metadata: state.metadata && { ...state.metadata, lapsed: event.because } }
    case "DefaultRoleChosen":
      return { ...state, defaultRole: event.role }
    case "SsoTestAttested":
      return { ...state, ssoTest: event.evidence }
    case "EnforcementChosen":
      return { ...state, enforce: event.enforce, relogin: event.enforce === state.enforce ? state.relogin : null }
    case "ReloginAcknowledged":
      return { ...state, relogin: event.evidence }
    case "EndpointRecorded": {
      const moved = state.endpoint !== event.endpoint
      return { ...state, endpoint: event.endpoint, ...(moved ? { ...disconnected, bridgeUrl: null } : {}) }
    }
    case "TokenSealed": {
      const { expiresAt, expiryAssumed, fingerprint, obtainedAt } = event
      return { ...state, ...disconnected, token: { fingerprint, obtainedAt, expiresAt, expiryAssumed, lapsed: null } }
    }
    case "TokenExpiryStated":
      return {
        ...state,
        token: state.token && { ...state.token, expiresAt: event.expiresAt, expiryAssumed: false }
      }
    case "TokenLapsed":
      return { ...state, token: state.token && { ...state.token, lapsed: event.because } }
    case "BridgeUrlSet": {
      const { allowPrivateNetwork, evidence, url } = event
      return {
        ...state,
        ...(state.bridgeUrl?.url === url ? {} : disconnected),
        bridgeUrl: { url, allowPrivateNetwork, evidence }
      }
    }
    case "CaptureChosen":
      return { ...state, capture: event.policy }
    case "DeprovisioningChosen": {
      const changed = state.deprovisioning !== event.policy
      return { ...state, deprovisioning: event.policy, ...(changed ? { loss: null, connected: null } : {}) }
    }
    case "LossAcknowledged":
      return { ...state, loss: event.evidence }
    case "ProbeSucceeded":
      return { ...state, probe: { report: event.report, evidence: event.evidence, at: event.evidence.at } }
    case "ProbeFailed": {
      const fatal = ProbeReport.firstFatal(event.report)
      const ends = fatal !== undefined && conclusive.has(fatal.outcome)
      const rejected = fatal?.outcome === "unauthorized" ? fatal.message : null
      return {
        ...state,
        probe: { report: event.report, evidence: null, at: event.at },
        connected: ends ? null : state.connected,
        token: rejected === null ? state.token : state.token && { ...state.token, lapsed: rejected }
      }
    }
    case "Connected": {
      const evidence = state.probe?.evidence ?? null
      return { ...state, connected: evidence && { at, evidence } }
    }
    case "StepInvalidated": {
      const others = state.invalidations.filter(({ step }) => step !== event.invalidation.step)
      return {
        ...state,
        invalidations: [...others, event.invalidation],
        ...(event.invalidation.step === "connect" ? { connected: null } : {})
      }
    }
  }
}

/** One event further. Deterministic: the time comes with the event. */
export const evolve = (state: State, event: Event, at: DateTime.Utc): State => {
  const next = applyEvent(state, event, at)
  return { ...next, sequence: state.sequence + 1 }
}

/** The state after a whole log, or after the rest of it from a state on. */
export const fold = (entries: Iterable<Recorded>, from: State = initial): State => {
  let state = from
  for (const { at, event } of entries) state = evolve(state, event, at)
  return state
}
