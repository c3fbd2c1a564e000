/** What a probe of a SCIM endpoint found. */
import { Schema } from "effect"

/** What a single probing request is about. */
export const ProbeName = Schema.Literals(["address", "discovery", "users", "wrongToken"])
export type ProbeName = typeof ProbeName.Type

/** How one request of a probe went. */
export const ProbeOutcome = Schema.Literals([
  "ok",
  "unauthorized",
  "forbidden",
  "notFound",
  "rateLimited",
  "serverError",
  "unexpectedStatus",
  "webPage",
  "notScim",
  "redirected",
  "tls",
  "timeout",
  "dns",
  "forbiddenAddress",
  "unreachable",
  "tooLarge",
  "tokenNotChecked"
])
export type ProbeOutcome = typeof ProbeOutcome.Type

/** One finding: what was asked, what came back, what it means and what to do. */
export const ProbeFinding = Schema.Struct({
  probe: ProbeName,
  outcome: ProbeOutcome,
  /** `fatal` stops the connection; `warning` is shown and counted. */
  severity: Schema.Literals(["ok", "warning", "fatal"]),
  /** HTTP status, or null when there was no answer. */
  status: Schema.NullOr(Schema.Int),
  contentType: Schema.NullOr(Schema.String),
  /** Milliseconds to the end of the answer. */
  latencyMillis: Schema.NullOr(Schema.Finite),
  message: Schema.String,
  next: Schema.String
})
export type ProbeFinding = typeof ProbeFinding.Type

/** The whole report. It holds no personal data and no token. */
export const ProbeReport = Schema.Struct({
  findings: Schema.Array(ProbeFinding),
  /** `totalResults` of `GET /Users?count=1`, or null when the server does not say. */
  totalUsers: Schema.NullOr(Schema.Int),
  /** What ServiceProviderConfig claims (RFC 7643 §5); null without one. */
  claims: Schema.NullOr(
    Schema.Struct({
      patch: Schema.Boolean,
      bulk: Schema.Boolean,
      filter: Schema.Boolean,
      etag: Schema.Boolean
    })
  )
})
export type ProbeReport = typeof ProbeReport.Type

/** A probe is a success when it reached the user list and nothing fatal was found. */
export const succeeded = (report: ProbeReport): boolean =>
  report.findings.some((finding) => finding.probe === "users" && finding.outcome === "ok") &&
  report.findings.every((finding) => finding.severity !== "fatal")

/** The first fatal finding, which is what a person needs to act on. */
export const firstFatal = (report: ProbeReport): ProbeFinding | undefined =>
  report.findings.find((finding) => finding.severity === "fatal")
