/** Core's doctor, over the proxy: reads only, unless it is asked to prove the rest with a user and a group of its own. */
import * as Doctor from "@loom-scim/core/scim/Doctor"
import type { Finding, Severity } from "@loom-scim/core/scim/DoctorFinding"
import { learnt } from "@loom-scim/core/scim/DoctorProfile"
import * as Profile from "@loom-scim/core/scim/Profile"
import { Effect, Predicate, Random } from "effect"
import * as Metadata from "./Metadata.ts"
import type { DoctorInput } from "./PeopleInputs.ts"
import * as Policy from "./Policy.ts"
import { report } from "./Probe.ts"
import { InvalidInput } from "./Resources.ts"
import type { Session } from "./Session.ts"

/** The report. It holds neither the token nor, of people, more than the doctor's own disposable user. */
export interface Report {
  /** The worst that was found. */
  readonly verdict: "ok" | "warning" | "error"
  readonly counts: Readonly<Record<Severity, number>>
  readonly findings: ReadonlyArray<Finding>
  /** What the server does differently from the RFCs, and how the functions cope. */
  readonly quirks: ReadonlyArray<{
    readonly name: string
    readonly times: number
    readonly server: string
    readonly client: string
  }>
}

// Characters. Some evidence names whatever it found, and Nango takes no answer over 2 MB.
const longest = 2000

const shortened = (finding: Finding): Finding =>
  finding.evidence.length <= longest ? finding : { ...finding, evidence: `${finding.evidence.slice(0, longest - 1)}…` }

const countsOf = (findings: ReadonlyArray<Finding>): Report["counts"] => {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  return {
    ok: count("ok"),
    info: count("info"),
    warning: count("warning"),
    error: count("error"),
    skipped: count("skipped")
  }
}

/** Keeps a profile beside whatever else is kept in our field, for the functions that run later. */
const keep = Effect.fnUntraced(function* (session: Session, profile: Profile.Profile): Effect.fn.Return<void> {
  const { [Metadata.field]: kept } = yield* Policy.metadataOf(session)
  const ours = Metadata.ofProfile(profile)[Metadata.field]
  const metadata = { [Metadata.field]: { ...(Predicate.isObject(kept) ? kept : {}), ...ours } }
  yield* Effect.promise(() => session.nango.updateMetadata(metadata))
})

/** Examines the server, and keeps what was learnt of it. */
export const examine = Effect.fnUntraced(function* (session: Session, input: DoctorInput) {
  const { client } = session
  const { domain = null, policy, removeLeftovers = false, seed, write = false } = input
  if (write && domain === null) {
    return yield* new InvalidInput({
      reason: "The checks that write need the domain of the disposable user's address."
    })
  }
  // Only the checks that write look at it.
  const deprovisioning = write ? yield* Policy.leavingOf(session, policy) : "deactivate"
  // What cannot be read is told by the findings, so a failing probe needs no words of its own.
  yield* Effect.ignore(client.probe)
  const examining = Doctor.run({ client, deprovisioning }, { write, removeLeftovers, domain, probe: report(session) })
  const findings = yield* seed === undefined ? examining : Random.withSeed(examining, seed)
  yield* client.adapt(learnt(findings))
  const profile = yield* client.profile
  yield* keep(session, profile)
  const counts = countsOf(findings)
  return {
    verdict: counts.error > 0 ? "error" : counts.warning > 0 ? "warning" : "ok",
    counts,
    findings: findings.map(shortened),
    quirks: Profile.describe(profile).map(({ client: copes, name, server, times }) => ({
      name,
      times,
      server,
      client: copes
    }))
  } satisfies Report
})
