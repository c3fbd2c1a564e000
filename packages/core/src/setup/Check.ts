/** Checks again everything about a connection that can be checked: what was true at set-up need not be true today. */
import { DateTime, Effect, Result, Schema } from "effect"
import type { ConnectionId } from "./ConnectionId.ts"
import type { Actor } from "./Evidence.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import * as ProbeReport from "../scim/ProbeReport.ts"
import * as Progress from "./Progress.ts"
import type { SetupRefused } from "./SetupRefused.ts"
import * as IdpMetadata from "./IdpMetadata.ts"
import { SetupService } from "./SetupService.ts"
import { acceptedIdp, type State } from "./State.ts"
import { Step } from "./Step.ts"

/** One line of a check. */
export const CheckResult = Schema.Struct({
  step: Step,
  subject: Schema.String,
  outcome: Schema.Literals(["ok", "warning", "failed", "skipped"]),
  detail: Schema.String,
  /** What a person does; empty when there is nothing to do. */
  next: Schema.String
})
export type CheckResult = typeof CheckResult.Type

/** A check fails when any of its lines does. */
export const failed = (results: ReadonlyArray<CheckResult>): boolean =>
  results.some(({ outcome }) => outcome === "failed")

const days = (from: DateTime.Utc, to: DateTime.Utc): number =>
  Math.floor((DateTime.toEpochMillis(to) - DateTime.toEpochMillis(from)) / 86_400_000)

/** The findings worth showing beside accepted metadata, judged anew. */
const metadataFindings = (state: State, at: DateTime.Utc): ReadonlyArray<IdpMetadata.Finding> => {
  const idp = acceptedIdp(state)
  return idp === undefined ? [] : IdpMetadata.judge(idp, at)
}

/**
 * Runs every check whose inputs are there, recording what each saw. A check that cannot be run is `skipped` with the
 * reason; storage failures end it.
 */
export const run = Effect.fn("Check.run")(function* (
  id: ConnectionId,
  actor: Actor
): Effect.fn.Return<ReadonlyArray<CheckResult>, SetupRefused | JournalFailure, SetupService> {
  const setup = yield* SetupService
  const at = yield* DateTime.now
  const { state } = yield* setup.get(id)
  const results: Array<CheckResult> = []
  const add = (step: Step, subject: string, outcome: CheckResult["outcome"], detail: string, next = "") => {
    results.push({ step, subject, outcome, detail, next })
  }

  for (const { domain, expectedTxt, method } of state.domains) {
    if (method !== "dnsTxt" || expectedTxt === null) {
      add("domains", domain, "skipped", "not verified by DNS, so only Loom can tell")
      continue
    }
    const checked = yield* Effect.result(setup.checkDomain(id, domain, actor))
    if (Result.isFailure(checked)) {
      add("domains", domain, "skipped", checked.failure.message)
      continue
    }
    const entry = checked.success.state.domains.find((candidate) => candidate.domain === domain)
    if (entry?.evidence !== null && entry?.failure === null && entry.evidence._tag === "Checked") {
      add("domains", domain, "ok", entry.evidence.saw)
    } else {
      const outcome = entry?.evidence === null ? "failed" : "warning"
      add("domains", domain, outcome, entry?.failure?.saw ?? "gone", entry?.failure?.next)
    }
  }

  const expired = yield* Effect.result(setup.checkExpiry(id, actor))
  if (Result.isFailure(expired)) add("credentials", "expiry", "skipped", expired.failure.message)
  if (state.metadata !== null) {
    const next = "Export fresh metadata from the identity provider and give it again."
    const findings = metadataFindings(state, at)
    for (const { message, severity } of findings) {
      add("sso", state.metadata.entityID, severity === "error" ? "failed" : "warning", message, next)
    }
    if (findings.length === 0) add("sso", state.metadata.entityID, "ok", state.metadata.evidence.saw)
  }
  if (state.token !== null && state.token.expiresAt !== null) {
    const left = days(at, state.token.expiresAt)
    const assumed = state.token.expiryAssumed ? " (assumed, nobody stated it)" : ""
    const outcome = left < 0 ? "failed" : left < 30 ? "warning" : "ok"
    const detail = left < 0 ? `ended ${-left} days ago${assumed}` : `${left} days left${assumed}`
    add("credentials", "token", outcome, detail, outcome === "ok" ? "" : "Generate a new token and paste it in step 4.")
  }

  const blocker = Progress.blockedBy((yield* setup.get(id)).state, "connect")
  if (blocker !== undefined) {
    add("connect", "endpoint", "skipped", `the step ${blocker} is not done`, "Complete it with: loom-scim setup")
    return results
  }
  const probed = yield* Effect.result(setup.probe(id, actor))
  if (Result.isFailure(probed)) {
    add("connect", "endpoint", "failed", probed.failure.message)
    return results
  }
  const { report } = probed.success.state.probe ?? { report: { findings: [], totalUsers: null, claims: null } }
  for (const finding of report.findings) {
    const outcome = finding.severity === "fatal" ? "failed" : finding.severity
    add("connect", finding.probe, outcome, finding.message, finding.next)
  }
  const { connected } = probed.success.state
  if (ProbeReport.succeeded(report) && connected === null) {
    add("connect", "connection", "failed", "valid, but not established", "Establish it with: loom-scim setup")
  }
  return results
})
