/**
 * Every word a person follows during a set-up: titles, explanations, console paths, warnings, statements to attest.
 * Data for all faces; what the field notes mark uncertain is worded as uncertain.
 */
import type { VerificationMethod } from "./Domain.ts"
import type { Event } from "./Event.ts"
import type { Step } from "./Step.ts"

/** The words of one step. */
export interface StepGuide {
  readonly title: string
  /** At most 18 characters, for a sidebar. */
  readonly short: string
  readonly why: string
  /** Where to click in Loom, outermost first. */
  readonly consolePath: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
  /** How to complete the step, for refusals elsewhere. */
  readonly howToGetThere: string
  /** What is at risk when the step's evidence no longer stands. */
  readonly endangers: string
}

/** The guidance of all eight steps. */
export const steps: Readonly<Record<Step, StepGuide>> = {
  prerequisites: {
    title: "Prerequisites",
    short: "Prerequisites",
    why: "SCIM is part of Loom Enterprise, and directory sync cannot be configured before SAML SSO is available. No API tells us either, so a person vouches for both.",
    consolePath: ["Loom", "Workspace settings", "Billing: the plan", "Security: the SSO section"],
    warnings: [],
    howToGetThere: "Confirm the Enterprise plan and that SAML SSO is available to your workspace.",
    endangers: "Without Enterprise and SAML SSO the workspace offers no SCIM endpoint."
  },
  domains: {
    title: "Verify your domains",
    short: "Domains",
    why: "Loom trusts SSO and SCIM only for domains you have proven to be yours, by a mail to an address in the domain or by a TXT record in DNS.",
    consolePath: ["Loom", "Workspace settings", "Security", "Domain verification"],
    warnings: [
      "Members whose e-mail is on a domain that is not verified are blocked from logging in once SSO is on. Find them now."
    ],
    howToGetThere: "Add a domain, prove it by DNS TXT or e-mail, and go through the member list.",
    endangers:
      "Members on a domain that is not verified are locked out. Loom allows the TXT record to be removed after validation: if that is what happened, confirm that Loom still shows the domain as verified."
  },
  sso: {
    title: "Configure SAML SSO",
    short: "Single sign-on",
    why: "SSO must work before directory sync can be set up. Give your identity provider's metadata, choose the role newcomers get, test one log-in, then decide about enforcing.",
    consolePath: ["Loom", "Workspace settings", "Security", "SSO: configure"],
    warnings: [
      "Test before you enforce: with Enforce SSO on, a broken configuration locks everybody out.",
      "After SSO is enabled, existing users must log out and log in again through SSO to be recognised as members.",
      "The NameID must be the e-mail address. Start log-ins from Loom: one guide says it takes none started at the identity provider."
    ],
    howToGetThere: "Give valid identity provider metadata, choose a default role and test one log-in.",
    endangers: "People cannot log in through SSO; with Enforce SSO on they cannot log in at all."
  },
  credentials: {
    title: "Take the SCIM endpoint and token",
    short: "Credentials",
    why: "Loom's admin screen leads into the WorkOS set-up console, which shows the endpoint and a bearer token. The token is shown once.",
    consolePath: ["Loom", "Workspace settings", "Security", "Directory sync", "WorkOS set-up console, step 2"],
    warnings: [
      "Keep the token safe: it is shown once, and whoever has it can create and delete your members. Here it is sealed at once and never shown again.",
      "Reuse one token. Refreshing it breaks every other identity provider that uses it.",
      "Tokens may live for one year only (unconfirmed for Loom); provisioning then stops without notice. State the expiry if the console shows one."
    ],
    howToGetThere: "Paste the endpoint and the bearer token from the WorkOS set-up console, step 2.",
    endangers: "Nobody is provisioned or deprovisioned any more: leavers keep their access."
  },
  bridgeUrl: {
    title: "Set the bridge URL",
    short: "Bridge URL",
    why: "The base address that SCIM requests go to. It is the endpoint itself, or your own host in front of it.",
    consolePath: ["WorkOS set-up console, step 2", "Endpoint"],
    warnings: ["The token is sent to this address with every request: only https, and only an address you trust."],
    howToGetThere: "Set the base URL, for example https://scim.example.com or https://api.workos.com/scim/v2.0/….",
    endangers: "Requests go nowhere, or to the wrong server."
  },
  domainCapture: {
    title: "Choose domain capture",
    short: "Domain capture",
    why: "What happens when somebody with an address in your domain signs up for Loom on their own.",
    consolePath: ["Loom", "Workspace settings", "Security", "Domain capture"],
    warnings: [],
    howToGetThere: "Choose off, or capture new users, and set the same in Loom.",
    endangers: "People may end up outside the workspace."
  },
  deprovisioning: {
    title: "Choose the deprovisioning policy",
    short: "Deprovisioning",
    why: "What happens to a member whom your directory no longer has.",
    consolePath: ["Loom", "Workspace settings", "Security", "Member deprovisioning"],
    warnings: ["Set the same policy in Loom: we can only send what the workspace then carries out."],
    howToGetThere: "Choose deactivate or delete, and set the same in Loom.",
    endangers: "Leavers may be deleted with their recordings, or keep their access."
  },
  connect: {
    title: "Connect",
    short: "Connect",
    why: "The credentials are validated over the network: the endpoint answers as a SCIM server, takes this token, and refuses a wrong one. Then the connection is established.",
    consolePath: ["WorkOS set-up console", "Finish: the directory shows as linked"],
    warnings: [
      "With directory sync on, users are provisioned as soon as the identity provider assigns the application."
    ],
    howToGetThere: "Validate the credentials, then establish the connection.",
    endangers: "The connection is no longer proven; nothing should be provisioned over it until it is validated again."
  }
}

/** The sentences a person vouches for, word for word as they are recorded. */
export const statements = {
  enterprisePlan: "Our Loom workspace is on the Enterprise plan.",
  samlSso: "SAML SSO is available in our workspace's security settings.",
  noMembers: "The workspace has no members yet besides its administrators on the verified domains.",
  lockout: "I know that the members listed will be locked out, and have warned them or verified their domains' owners.",
  ssoTest: "I logged in to Loom through SSO in a private browser window, and it worked.",
  relogin: "I know that existing users must log out and log in again through SSO, and have told them.",
  loss: "I know that deleting a member removes their account and may remove their recordings for good."
} as const

/** What a person vouches for about a domain. */
export const domainStatement = (domain: string, method: VerificationMethod): string =>
  method === "email"
    ? `Loom shows ${domain} as verified by e-mail.`
    : `Loom shows ${domain} as verified; its TXT record was removed afterwards.`

/** A choice with what it means. */
export interface OptionGuide {
  readonly value: string
  readonly label: string
  readonly means: string
}

/** The options of every choice, the recommended one first. */
export const options = {
  domainMethod: [
    { value: "dnsTxt", label: "DNS TXT record", means: "checked by this program" },
    { value: "email", label: "E-mail", means: "you confirm what Loom shows" }
  ],
  defaultRole: [
    { value: "viewer", label: "Viewer", means: "watches; the least a newcomer can get" },
    { value: "creator", label: "Creator", means: "records; may take a paid seat" },
    { value: "admin", label: "Admin", means: "manages the workspace; rarely right as a default" }
  ],
  enforce: [
    { value: "off", label: "Off", means: "password log-in goes on beside SSO" },
    { value: "on", label: "On", means: "SSO only; a broken identity provider locks everybody out" }
  ],
  capture: [
    {
      value: "captureNewUsers",
      label: "Capture new users",
      means: "whoever signs up with your domain joins this workspace (recommended by Loom)"
    },
    { value: "off", label: "Off", means: "people come in by invitation or SCIM only" }
  ],
  deprovisioning: [
    {
      value: "deactivate",
      label: "Deactivate",
      means: "no access, account and recordings stay, can be undone (recommended)"
    },
    { value: "delete", label: "Delete", means: "the account is removed, perhaps with its recordings; cannot be undone" }
  ]
} as const satisfies Record<string, ReadonlyArray<OptionGuide>>

const reasons: { readonly [T in Event["_tag"]]?: string } = {
  DomainAdded: "a domain was added that is not verified yet",
  DomainRemoved: "a domain was removed",
  DomainMethodChosen: "a domain's verification was started again",
  ExpectedTxtRecorded: "a domain's expected TXT record was changed",
  DomainVerified: "the verified domains changed, so the member list has to be checked again",
  MembersReviewed: "the member list changed",
  MetadataAccepted: "the identity provider was changed",
  EnforcementChosen: "Enforce SSO was changed",
  EndpointRecorded: "the endpoint was changed",
  TokenSealed: "the bearer token was replaced",
  BridgeUrlSet: "the bridge URL was changed",
  DeprovisioningChosen: "the deprovisioning policy was changed"
}

/** Says in plain words why something done before is no longer done. */
export const because = (events: ReadonlyArray<Event>): string => {
  const [event] = events
  if (event === undefined) return "something changed"
  switch (event._tag) {
    case "DomainCheckFailed":
      return event.saw
    case "MetadataLapsed":
    case "TokenLapsed":
      return event.because
    case "ProbeFailed":
      return event.report.findings.find(({ severity }) => severity === "fatal")?.message ?? "the validation failed"
    default:
      return reasons[event._tag] ?? "something it stands on changed"
  }
}
