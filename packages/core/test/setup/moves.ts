/** Commands to walk journeys with: one helpful move per open task, and a pool of arbitrary ones in between. */
import { DateTime } from "effect"
import { Fingerprint } from "../../src/ports/Vault.ts"
import type { ProbeFinding, ProbeReport } from "../../src/scim/ProbeReport.ts"
import { BridgeUrl } from "../../src/setup/BridgeUrl.ts"
import type { Command } from "../../src/setup/Command.ts"
import { DomainName } from "../../src/setup/Domain.ts"
import type { IdpMetadata } from "../../src/setup/IdpMetadata.ts"
import * as Progress from "../../src/setup/Progress.ts"
import type { State } from "../../src/setup/State.ts"
import { verifiedDomains } from "../../src/setup/State.ts"
import * as Task from "../../src/setup/Task.ts"

export const start = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
export const actor = { name: "Ada", face: "cli" } as const
export const acme = DomainName.make("acme.com")
export const beta = DomainName.make("beta.org")
export const endpoint = BridgeUrl.make("https://api.workos.com/scim/v2.0/key")

const finding = (probe: ProbeFinding["probe"], outcome: ProbeFinding["outcome"]): ProbeFinding => ({
  probe,
  outcome,
  severity: outcome === "ok" ? "ok" : "fatal",
  status: 200,
  contentType: null,
  latencyMillis: 5,
  message: `${probe} ${outcome}.`,
  next: "Look at it."
})

export const goodProbe: ProbeReport = {
  findings: [finding("users", "ok"), finding("wrongToken", "ok")],
  totalUsers: 3,
  claims: null
}
export const probeWith = (outcome: ProbeFinding["outcome"]): ProbeReport => ({
  ...goodProbe,
  findings: [finding("users", outcome)]
})

export const metadata = (entityID: string, notAfter: string): IdpMetadata => ({
  source: { kind: "paste", location: "" },
  identityProviders: [
    {
      entityID,
      singleSignOnServices: [
        { binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", location: "https://idp.acme.com/sso" }
      ],
      nameIDFormats: [],
      signingCertificates: [
        {
          sha256: "ab",
          subject: "CN=idp",
          notBefore: DateTime.makeUnsafe("2020-01-01T00:00:00Z"),
          notAfter: DateTime.makeUnsafe(notAfter)
        }
      ]
    }
  ]
})

const fingerprint = Fingerprint.make("0123456789ab")

/** The command that answers a task well. */
export const answer = (state: State, task: Task.Task): Command => {
  const domain = task.domain ?? acme
  switch (task.kind) {
    case "enterprisePlan":
    case "samlSso":
      return { _tag: "AttestPrerequisite", prerequisite: task.kind }
    case "addDomain":
      return { _tag: "AddDomain", domain: acme }
    case "domainMethod":
      return { _tag: "ChooseDomainMethod", domain, method: domain === acme ? "dnsTxt" : "email" }
    case "expectedTxt":
      return { _tag: "RecordExpectedTxt", domain, expectedTxt: "loom-site-verification=abc" }
    case "verifyDomain":
      return { _tag: "ReportDomain", domain, verified: true, conclusive: true, saw: "TXT", next: "" }
    case "attestDomain":
      return { _tag: "AttestDomain", domain }
    case "members":
      return {
        _tag: "ReportMembers",
        review: { members: 2, outside: ["eve@else.net"], outsideCount: 1, domains: verifiedDomains(state) }
      }
    case "lockout":
      return { _tag: "AcknowledgeLockout" }
    case "metadata":
      return { _tag: "ReportMetadata", metadata: metadata("urn:idp", "2030-01-01T00:00:00Z"), entityID: "urn:idp" }
    case "defaultRole":
      return { _tag: "ChooseDefaultRole", role: "viewer" }
    case "ssoTest":
      return { _tag: "AttestSsoTest" }
    case "enforce":
      return { _tag: "ChooseEnforcement", enforce: "on" }
    case "relogin":
      return { _tag: "AcknowledgeRelogin" }
    case "endpoint":
      return { _tag: "RecordEndpoint", endpoint }
    case "token":
      return { _tag: "ReportToken", fingerprint, expiresAt: null }
    case "tokenExpiry":
      return { _tag: "StateTokenExpiry", expiresAt: DateTime.makeUnsafe("2027-06-01T00:00:00Z") }
    case "bridgeUrl":
      return { _tag: "ReportBridgeUrl", url: endpoint, allowPrivateNetwork: false, saw: "api.workos.com" }
    case "capture":
      return { _tag: "ChooseCapture", policy: "off" }
    case "deprovisioning":
      return { _tag: "ChooseDeprovisioning", policy: "delete" }
    case "loss":
      return { _tag: "AcknowledgeLoss" }
    case "probe":
      return { _tag: "ReportProbe", report: goodProbe }
    case "connect":
      return { _tag: "Connect" }
  }
}

/** What a diligent person does next; checking again when everything is done. */
export const helpful = (state: State): Command => {
  if (state.name === null) return { _tag: "Begin", name: "Acme" }
  const task = Task.next(state, Progress.current(state))
  return task === undefined ? { _tag: "ReportProbe", report: goodProbe } : answer(state, task)
}

/** Everything that can go sideways. */
export const sideways: ReadonlyArray<Command> = [
  { _tag: "Begin", name: "Again" },
  { _tag: "AddDomain", domain: beta },
  { _tag: "AddDomain", domain: acme },
  { _tag: "RemoveDomain", domain: beta },
  { _tag: "RemoveDomain", domain: acme },
  { _tag: "ChooseDomainMethod", domain: beta, method: "email" },
  { _tag: "ChooseDomainMethod", domain: acme, method: "email" },
  { _tag: "ChooseDomainMethod", domain: acme, method: "dnsTxt" },
  { _tag: "AttestDomain", domain: acme },
  { _tag: "AttestDomain", domain: beta },
  { _tag: "ReportDomain", domain: acme, verified: false, conclusive: true, saw: "nothing", next: "add it" },
  { _tag: "ReportDomain", domain: acme, verified: false, conclusive: false, saw: "time-out", next: "again" },
  { _tag: "ReportDomain", domain: acme, verified: true, conclusive: true, saw: "TXT", next: "" },
  { _tag: "AttestNoMembers" },
  { _tag: "ReportMembers", review: { members: 1, outside: [], outsideCount: 0, domains: [acme] } },
  { _tag: "AcknowledgeLockout" },
  { _tag: "ReportMetadata", metadata: metadata("urn:other", "2030-01-01T00:00:00Z"), entityID: "urn:other" },
  { _tag: "ReportMetadata", metadata: metadata("urn:idp", "2021-01-01T00:00:00Z"), entityID: "urn:idp" },
  { _tag: "ReportMetadata", metadata: metadata("urn:idp", "2030-01-01T00:00:00Z"), entityID: "urn:nobody" },
  { _tag: "ReportMetadataLapsed", because: "the certificate ended" },
  { _tag: "ReportTokenLapsed", because: "the token ended" },
  { _tag: "ReportToken", fingerprint: Fingerprint.make("ba9876543210"), expiresAt: start },
  { _tag: "ReportToken", fingerprint: Fingerprint.make("ba9876543210"), expiresAt: null },
  { _tag: "ChooseEnforcement", enforce: "on" },
  { _tag: "ChooseEnforcement", enforce: "off" },
  { _tag: "RecordEndpoint", endpoint: BridgeUrl.make("https://scim.acme.com") },
  {
    _tag: "ReportBridgeUrl",
    url: BridgeUrl.make("https://scim.acme.com"),
    allowPrivateNetwork: false,
    saw: "scim.acme.com"
  },
  { _tag: "ChooseCapture", policy: "captureNewUsers" },
  { _tag: "ChooseDeprovisioning", policy: "deactivate" },
  { _tag: "ChooseDeprovisioning", policy: "delete" },
  { _tag: "AcknowledgeLoss" },
  { _tag: "AcknowledgeRelogin" },
  { _tag: "AttestSsoTest" },
  { _tag: "ReportProbe", report: probeWith("unauthorized") },
  { _tag: "ReportProbe", report: probeWith("timeout") },
  { _tag: "ReportProbe", report: goodProbe },
  { _tag: "Connect" },
  { _tag: "Remove" }
]
