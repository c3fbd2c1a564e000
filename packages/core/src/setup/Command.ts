/**
 * What may be asked of a journey. What a person may say and what only a verifier of this program may report are two
 * types, so that no face can submit a check result as if it had been seen.
 */
import { Schema } from "effect"
import { Fingerprint } from "../ports/Vault.ts"
import { ProbeReport } from "../scim/ProbeReport.ts"
import { BridgeUrl } from "./BridgeUrl.ts"
import { CapturePolicy, DeprovisioningPolicy, EnforceSso, MemberRole, Prerequisite } from "./Choice.ts"
import { DomainName, VerificationMethod } from "./Domain.ts"
import { IdpMetadata } from "./IdpMetadata.ts"
import { MemberReview } from "./MemberReview.ts"
import type { Step } from "./Step.ts"

/** What a person may submit through any face. */
export const PersonCommand = Schema.TaggedUnion({
  Begin: { name: Schema.NonEmptyString },
  Remove: {},
  AttestPrerequisite: { prerequisite: Prerequisite },
  AddDomain: { domain: DomainName },
  RemoveDomain: { domain: DomainName },
  ChooseDomainMethod: { domain: DomainName, method: VerificationMethod },
  RecordExpectedTxt: { domain: DomainName, expectedTxt: Schema.NonEmptyString },
  /** For the e-mail method, or when a record that was seen before has been removed after validation. */
  AttestDomain: { domain: DomainName },
  AttestNoMembers: {},
  AcknowledgeLockout: {},
  ChooseDefaultRole: { role: MemberRole },
  AttestSsoTest: {},
  ChooseEnforcement: { enforce: EnforceSso },
  AcknowledgeRelogin: {},
  RecordEndpoint: { endpoint: BridgeUrl },
  StateTokenExpiry: { expiresAt: Schema.DateTimeUtcFromString },
  ChooseCapture: { policy: CapturePolicy },
  ChooseDeprovisioning: { policy: DeprovisioningPolicy },
  AcknowledgeLoss: {},
  /** Establishes the connection on the newest successful probe. */
  Connect: {}
})
export type PersonCommand = typeof PersonCommand.Type

/** What the program's own verifiers report. */
export const Report = Schema.TaggedUnion({
  ReportDomain: {
    domain: DomainName,
    verified: Schema.Boolean,
    conclusive: Schema.Boolean,
    saw: Schema.String,
    next: Schema.String
  },
  ReportMembers: { review: MemberReview },
  ReportMetadata: { metadata: IdpMetadata, entityID: Schema.NonEmptyString },
  ReportMetadataLapsed: { because: Schema.String },
  ReportToken: {
    fingerprint: Fingerprint,
    expiresAt: Schema.NullOr(Schema.DateTimeUtcFromString)
  },
  ReportTokenLapsed: { because: Schema.String },
  ReportBridgeUrl: { url: BridgeUrl, allowPrivateNetwork: Schema.Boolean, saw: Schema.String },
  ReportProbe: { report: ProbeReport }
})
export type Report = typeof Report.Type

/** Either kind. */
export const Command = Schema.Union([PersonCommand, Report])
export type Command = typeof Command.Type

/** The step a command works on; null for those that concern the connection as a whole. */
export const stepOf: Readonly<Record<Command["_tag"], Step | null>> = {
  Begin: null,
  Remove: null,
  AttestPrerequisite: "prerequisites",
  AddDomain: "domains",
  RemoveDomain: "domains",
  ChooseDomainMethod: "domains",
  RecordExpectedTxt: "domains",
  AttestDomain: "domains",
  AttestNoMembers: "domains",
  AcknowledgeLockout: "domains",
  ReportDomain: "domains",
  ReportMembers: "domains",
  ChooseDefaultRole: "sso",
  AttestSsoTest: "sso",
  ChooseEnforcement: "sso",
  AcknowledgeRelogin: "sso",
  ReportMetadata: "sso",
  ReportMetadataLapsed: null,
  RecordEndpoint: "credentials",
  StateTokenExpiry: "credentials",
  ReportToken: "credentials",
  ReportTokenLapsed: null,
  ReportBridgeUrl: "bridgeUrl",
  ChooseCapture: "domainCapture",
  ChooseDeprovisioning: "deprovisioning",
  AcknowledgeLoss: "deprovisioning",
  ReportProbe: "connect",
  Connect: "connect"
}
