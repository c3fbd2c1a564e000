/** What has happened in a journey. Events are facts: they are never changed, only added to. */
import { Schema } from "effect"
import { Fingerprint } from "../ports/Vault.ts"
import { ProbeReport } from "../scim/ProbeReport.ts"
import { BridgeUrl } from "./BridgeUrl.ts"
import { ConnectionId } from "./ConnectionId.ts"
import { DomainName, VerificationMethod } from "./Domain.ts"
import { Actor, Attested, Checked, Invalidation } from "./Evidence.ts"
import { IdpMetadata } from "./IdpMetadata.ts"
import { MemberReview } from "./MemberReview.ts"
import { CapturePolicy, DeprovisioningPolicy, EnforceSso, MemberRole, Prerequisite } from "./Choice.ts"

/** Every event, by its tag. */
export const Event = Schema.TaggedUnion({
  Begun: { name: Schema.NonEmptyString },
  Removed: {},
  PrerequisiteAttested: { prerequisite: Prerequisite, evidence: Attested },
  DomainAdded: { domain: DomainName },
  DomainMethodChosen: { domain: DomainName, method: VerificationMethod },
  ExpectedTxtRecorded: { domain: DomainName, expectedTxt: Schema.NonEmptyString },
  DomainRemoved: { domain: DomainName },
  DomainVerified: { domain: DomainName, evidence: Schema.Union([Checked, Attested]) },
  DomainCheckFailed: {
    domain: DomainName,
    at: Schema.DateTimeUtcFromString,
    saw: Schema.String,
    next: Schema.String,
    /** Only a conclusive failure takes the evidence of an earlier check away. */
    conclusive: Schema.Boolean
  },
  MembersReviewed: { review: MemberReview, evidence: Schema.Union([Checked, Attested]) },
  LockoutAcknowledged: { evidence: Attested },
  MetadataAccepted: { metadata: IdpMetadata, entityID: Schema.NonEmptyString, evidence: Checked },
  MetadataLapsed: { because: Schema.String },
  DefaultRoleChosen: { role: MemberRole },
  SsoTestAttested: { evidence: Attested },
  EnforcementChosen: { enforce: EnforceSso },
  ReloginAcknowledged: { evidence: Attested },
  EndpointRecorded: { endpoint: BridgeUrl },
  TokenSealed: {
    fingerprint: Fingerprint,
    obtainedAt: Schema.DateTimeUtcFromString,
    expiresAt: Schema.NullOr(Schema.DateTimeUtcFromString),
    /** True when nobody stated the expiry and the field notes' one year was taken. */
    expiryAssumed: Schema.Boolean
  },
  TokenExpiryStated: { expiresAt: Schema.DateTimeUtcFromString },
  TokenLapsed: { because: Schema.String },
  BridgeUrlSet: { url: BridgeUrl, allowPrivateNetwork: Schema.Boolean, evidence: Checked },
  CaptureChosen: { policy: CapturePolicy },
  DeprovisioningChosen: { policy: DeprovisioningPolicy },
  LossAcknowledged: { evidence: Attested },
  ProbeSucceeded: { report: ProbeReport, evidence: Checked },
  ProbeFailed: { report: ProbeReport, at: Schema.DateTimeUtcFromString },
  Connected: { fingerprint: Fingerprint, url: BridgeUrl },
  StepInvalidated: { invalidation: Invalidation }
})
export type Event = typeof Event.Type

/** An event with its place in the log, the moment, and who caused it through which face. */
export const Recorded = Schema.Struct({
  connectionId: ConnectionId,
  /** 1 for the first event of a connection, without gaps. */
  sequence: Schema.Int.check(Schema.isGreaterThan(0)),
  at: Schema.DateTimeUtcFromString,
  actor: Actor,
  event: Event
})
export type Recorded = typeof Recorded.Type
