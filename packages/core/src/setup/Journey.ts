/** The state machine of a set-up: pure `decide`; `evolve` and `fold` are in `State.ts`. */
import { DateTime, Option, Result } from "effect"
import type { Array as Arr } from "effect"
import * as ProbeReport from "../scim/ProbeReport.ts"
import type { Command } from "./Command.ts"
import { stepOf } from "./Command.ts"
import type { DomainName } from "./Domain.ts"
import type { Actor, Attested, Checked, Verifier } from "./Evidence.ts"
import type { Event } from "./Event.ts"
import * as Guide from "./Guide.ts"
import * as IdpMetadata from "./IdpMetadata.ts"
import * as Progress from "./Progress.ts"
import { refused, type SetupRefused } from "./SetupRefused.ts"
import type { DomainState, State } from "./State.ts"
import { acceptedIdp, evolve } from "./State.ts"
import * as Step from "./Step.ts"

/** Who decides, and when. Passed in, so that deciding stays a pure function. */
export interface Context {
  readonly actor: Actor
  readonly at: DateTime.Utc
}

/** What a decision yields: events to append, or a refusal that changes nothing. */
export type Decision = Result.Result<Arr.NonEmptyReadonlyArray<Event>, SetupRefused>

type Reason = SetupRefused["reason"]

const refuse = (
  command: Pick<Command, "_tag">,
  reason: Reason,
  detail: string,
  next: string,
  missing: Step.Step | null = null
) => Result.fail(refused(command._tag, reason, detail, next, missing))

const one = (event: Event): Decision => Result.succeed([event])

/** How long a token lives when nobody states it (field notes, uncertain: shown as an assumption). */
const assumedTokenLife = { days: 365 } as const

/** Whether the step of a command is open at all; asked before a check is run whose report would be refused anyway. */
export const admit = (state: State, command: Pick<Command, "_tag">): Result.Result<void, SetupRefused> => {
  if (state.name === null) {
    return command._tag === "Begin"
      ? Result.void
      : refuse(command, "notBegun", "There is no such connection.", "Begin it with: loom-scim setup")
  }
  if (state.removed) {
    return refuse(command, "removed", "This connection was removed.", "Begin a new one with: loom-scim setup")
  }
  if (command._tag === "Begin") {
    return refuse(command, "alreadyBegun", "This connection has begun already.", "Go on with: loom-scim setup")
  }
  const step = stepOf[command._tag]
  const missing = step === null ? undefined : Progress.blockedBy(state, step)
  return step === null || missing === undefined
    ? Result.void
    : refuse(
        command,
        "stepBlocked",
        `${Guide.steps[step].title} needs step ${Step.position(missing)}, ${Guide.steps[missing].title}, first.`,
        Guide.steps[missing].howToGetThere,
        missing
      )
}

const decideOpen = (state: State, command: Command, { actor, at }: Context): Decision => {
  const attest = (statement: string): Attested => ({ _tag: "Attested", by: actor, at, statement })
  const check = (by: Verifier, saw: string): Checked => ({ _tag: "Checked", by, at, saw })
  const withDomain = (domain: DomainName, use: (entry: DomainState) => Decision): Decision => {
    const entry = state.domains.find((candidate) => candidate.domain === domain)
    return entry === undefined
      ? refuse(
          command,
          "unknownDomain",
          `${domain} is not one of this connection's domains.`,
          "Add it first.",
          "domains"
        )
      : use(entry)
  }
  switch (command._tag) {
    case "Begin":
      return one({ _tag: "Begun", name: command.name })
    case "Remove":
      return one({ _tag: "Removed" })
    case "AttestPrerequisite":
      return one({
        _tag: "PrerequisiteAttested",
        prerequisite: command.prerequisite,
        evidence: attest(Guide.statements[command.prerequisite])
      })
    case "AddDomain":
      return state.domains.some(({ domain }) => domain === command.domain)
        ? refuse(command, "duplicateDomain", `${command.domain} is in the list already.`, "Add another one, or go on.")
        : one({ _tag: "DomainAdded", domain: command.domain })
    case "RemoveDomain":
      return withDomain(command.domain, ({ domain }) => one({ _tag: "DomainRemoved", domain }))
    case "ChooseDomainMethod":
      return withDomain(command.domain, ({ domain }) =>
        one({ _tag: "DomainMethodChosen", domain, method: command.method })
      )
    case "RecordExpectedTxt":
      return withDomain(command.domain, ({ domain, method }) =>
        method === "dnsTxt"
          ? one({ _tag: "ExpectedTxtRecorded", domain, expectedTxt: command.expectedTxt })
          : refuse(command, "wrongMethod", `${domain} is not verified by DNS.`, "Choose DNS TXT as its method first.")
      )
    case "AttestDomain":
      return withDomain(command.domain, ({ domain, method, seenOnce }) =>
        method === "email" || seenOnce
          ? one({ _tag: "DomainVerified", domain, evidence: attest(Guide.domainStatement(domain, method ?? "email")) })
          : refuse(
              command,
              "wrongMethod",
              `${domain} is verified by DNS, which this program checks itself.`,
              "Add the TXT record and run the check, or choose e-mail as the method."
            )
      )
    case "ReportDomain":
      return withDomain(command.domain, ({ domain, method }) => {
        if (method !== "dnsTxt") {
          return refuse(
            command,
            "wrongMethod",
            `${domain} is not verified by DNS.`,
            "Choose DNS TXT as its method first."
          )
        }
        const { conclusive, next, saw } = command
        return command.verified
          ? one({ _tag: "DomainVerified", domain, evidence: check("dns-txt", saw) })
          : one({ _tag: "DomainCheckFailed", domain, at, saw, next, conclusive })
      })
    case "AttestNoMembers":
      return one({
        _tag: "MembersReviewed",
        review: { members: 0, outside: [], outsideCount: 0, domains: [] },
        evidence: attest(Guide.statements.noMembers)
      })
    case "ReportMembers": {
      const { members, outsideCount } = command.review
      const saw = `${members} members, ${outsideCount} of them outside the verified domains`
      return one({ _tag: "MembersReviewed", review: command.review, evidence: check("member-list", saw) })
    }
    case "AcknowledgeLockout":
      return Progress.membersReviewed(state) && (state.members?.review.outsideCount ?? 0) > 0
        ? one({ _tag: "LockoutAcknowledged", evidence: attest(Guide.statements.lockout) })
        : refuse(command, "nothingToAcknowledge", "No member is known to be outside.", "Check the member list first.")
    case "ReportMetadata": {
      const idp = command.metadata.identityProviders.find(({ entityID }) => entityID === command.entityID)
      if (idp === undefined) {
        return refuse(command, "invalidInput", `The metadata has no ${command.entityID}.`, "Choose one it holds.")
      }
      const error = IdpMetadata.judge(idp, at).find(({ severity }) => severity === "error")
      if (error !== undefined) {
        const next = "Export fresh metadata from the identity provider's application for Loom."
        return refuse(command, "invalidInput", `${idp.entityID}: ${error.message}.`, next)
      }
      const end = IdpMetadata.expiry(idp)
      const until = end === undefined ? "" : `, certificate until ${DateTime.formatIsoDateUtc(end)}`
      const { entityID, metadata } = command
      return one({
        _tag: "MetadataAccepted",
        metadata,
        entityID,
        evidence: check("saml-metadata", `${entityID}${until}`)
      })
    }
    case "ReportMetadataLapsed":
      return state.metadata === null
        ? refuse(command, "missingInput", "There is no metadata yet.", Guide.steps.sso.howToGetThere, "sso")
        : one({ _tag: "MetadataLapsed", because: command.because })
    case "ChooseDefaultRole":
      return one({ _tag: "DefaultRoleChosen", role: command.role })
    case "AttestSsoTest":
      return state.metadata === null || state.metadata.lapsed !== null
        ? refuse(
            command,
            "missingInput",
            "There is no valid metadata yet.",
            "Give the identity provider's metadata first.",
            "sso"
          )
        : one({ _tag: "SsoTestAttested", evidence: attest(Guide.statements.ssoTest) })
    case "ChooseEnforcement":
      return command.enforce === "on" && !Progress.ssoConfigured(state)
        ? refuse(
            command,
            "missingInput",
            "Enforcing SSO before it was tested locks everybody out.",
            "Test one log-in first.",
            "sso"
          )
        : one({ _tag: "EnforcementChosen", enforce: command.enforce })
    case "AcknowledgeRelogin":
      return state.enforce === null
        ? refuse(command, "missingInput", "Enforce SSO is not decided yet.", "Choose off or on first.", "sso")
        : one({ _tag: "ReloginAcknowledged", evidence: attest(Guide.statements.relogin) })
    case "RecordEndpoint":
      return one({ _tag: "EndpointRecorded", endpoint: command.endpoint })
    case "ReportToken": {
      if (command.expiresAt !== null && DateTime.isLessThanOrEqualTo(command.expiresAt, at)) {
        return refuse(command, "expired", "That token has expired.", "Generate a new one in the set-up console.")
      }
      const assumed = DateTime.add(at, assumedTokenLife)
      return one({
        _tag: "TokenSealed",
        fingerprint: command.fingerprint,
        obtainedAt: at,
        expiresAt: command.expiresAt ?? assumed,
        expiryAssumed: command.expiresAt === null
      })
    }
    case "StateTokenExpiry":
      if (state.token === null) {
        return refuse(command, "missingInput", "There is no token yet.", "Paste the bearer token first.", "credentials")
      }
      return DateTime.isLessThanOrEqualTo(command.expiresAt, at)
        ? refuse(command, "expired", "That day is past.", "Generate a new token in the set-up console.", "credentials")
        : one({ _tag: "TokenExpiryStated", expiresAt: command.expiresAt })
    case "ReportTokenLapsed":
      return state.token === null
        ? refuse(command, "missingInput", "There is no token yet.", "Paste the bearer token first.", "credentials")
        : one({ _tag: "TokenLapsed", because: command.because })
    case "ReportBridgeUrl": {
      const { allowPrivateNetwork, saw, url } = command
      return one({ _tag: "BridgeUrlSet", url, allowPrivateNetwork, evidence: check("bridge-url", saw) })
    }
    case "ChooseCapture":
      return one({ _tag: "CaptureChosen", policy: command.policy })
    case "ChooseDeprovisioning":
      return one({ _tag: "DeprovisioningChosen", policy: command.policy })
    case "AcknowledgeLoss":
      return state.deprovisioning === "delete"
        ? one({ _tag: "LossAcknowledged", evidence: attest(Guide.statements.loss) })
        : refuse(command, "nothingToAcknowledge", "Nothing is deleted under this policy.", "Go on.")
    case "ReportProbe": {
      const users = command.report.findings.find(({ probe }) => probe === "users")
      const count = command.report.totalUsers
      const saw = `${count === null ? "user list answered" : `${count} users`}, wrong token refused${
        users?.latencyMillis == null ? "" : `, ${Math.round(users.latencyMillis)} ms`
      }`
      return ProbeReport.succeeded(command.report)
        ? one({ _tag: "ProbeSucceeded", report: command.report, evidence: check("scim-probe", saw) })
        : one({ _tag: "ProbeFailed", report: command.report, at })
    }
    case "Connect": {
      const { bridgeUrl, probe, token } = state
      if (token === null || bridgeUrl === null || probe === null || probe.evidence === null) {
        return refuse(
          command,
          "noFreshProbe",
          "The credentials are not validated yet.",
          "Run the validation first.",
          "connect"
        )
      }
      return token.expiresAt !== null && DateTime.isLessThanOrEqualTo(token.expiresAt, at)
        ? refuse(command, "expired", "The bearer token has expired.", "Generate a new one and paste it.", "credentials")
        : one({ _tag: "Connected", fingerprint: token.fingerprint, url: bridgeUrl.url })
    }
  }
}

/**
 * Which done steps the events undo. A connection stands on every other step, so it falls with any of them; that is
 * what makes "connected" mean something.
 */
const consequences = (before: State, events: ReadonlyArray<Event>, at: DateTime.Utc): ReadonlyArray<Event> => {
  const after = events.reduce((state, event) => evolve(state, event, at), before)
  if (after.removed) return []
  const lost = Step.all.filter(
    (step) => step !== "connect" && Progress.isDone(before, step) && !Progress.isDone(after, step)
  )
  const falls = before.connected !== null && (after.connected === null || lost.length > 0)
  const because = Guide.because(events)
  return [...lost, ...(falls ? (["connect"] as const) : [])].map((step) => ({
    _tag: "StepInvalidated",
    invalidation: { step, because, endangers: Guide.steps[step].endangers, at }
  }))
}

/** Decides a command. The same state, command and context always give the same answer; a refusal changes nothing. */
export const decide = (state: State, command: Command, context: Context): Decision =>
  admit(state, command).pipe(
    Result.flatMap(() => decideOpen(state, command, context)),
    Result.map((events) => [events[0], ...events.slice(1), ...consequences(state, events, context.at)] as const)
  )

/** The moment something the journey stands on ends by itself, with its name: certificate or token. */
export const expiries = (
  state: State
): ReadonlyArray<{ readonly what: "certificate" | "token"; readonly at: DateTime.Utc }> => {
  const certificate = Option.fromNullishOr(acceptedIdp(state)).pipe(
    Option.flatMap((found) => Option.fromNullishOr(IdpMetadata.expiry(found)))
  )
  const token = Option.fromNullishOr(state.token?.expiresAt)
  return [
    ...Option.toArray(Option.map(certificate, (at) => ({ what: "certificate" as const, at }))),
    ...Option.toArray(Option.map(token, (at) => ({ what: "token" as const, at })))
  ]
}
