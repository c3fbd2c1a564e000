/** Examines a connection: read-only checks, and with `write` a disposable user and group that prove the rest. */
import { Effect, Option } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import { bulk } from "./DoctorBulk.ts"
import { departure } from "./DoctorDeparture.ts"
import * as Directory from "./DoctorDirectory.ts"
import * as Discovery from "./DoctorDiscovery.ts"
import * as Disposable from "./DoctorDisposable.ts"
import type { Finding } from "./DoctorFinding.ts"
import { writeChecks } from "./DoctorFinding.ts"
import { group } from "./DoctorGroup.ts"
import * as Ledger from "./DoctorLedger.ts"
import { leftovers } from "./DoctorLeftovers.ts"
import * as Lookup from "./DoctorLookup.ts"
import type { DoctorOptions } from "./DoctorOptions.ts"
import type { Outcome, Report } from "./DoctorSession.ts"
import { skipped } from "./DoctorSession.ts"
import { user } from "./DoctorUser.ts"
import { versions } from "./DoctorVersion.ts"
import type { Claims } from "./Profile.ts"

/** What is examined: the server, and whether it does what the workspace chose for people who leave. */
export type Examined = Pick<Connected, "client" | "deprovisioning">

const defaultDelay = "1 second"

const skipWriting = (report: Report, why: string, next: string) =>
  Effect.forEach(writeChecks, (name) => report(skipped(name, why, next)), { discard: true })

const write = (
  report: Report,
  { client, deprovisioning }: Examined,
  listed: Outcome<unknown>,
  claims: Claims | null,
  options: DoctorOptions
): Effect.Effect<void> => {
  const { domain } = options
  if (domain === null) {
    return skipWriting(report, "No domain is verified for a disposable user.", "Verify one with: loom-scim setup")
  }
  if (Option.isNone(listed.value)) {
    return skipWriting(report, `${listed.check} did not succeed.`, `Solve ${listed.check}, then run again.`)
  }
  return Effect.acquireUseRelease(
    Effect.sync(() => Ledger.make(client)),
    (ledger) =>
      Effect.gen(function* () {
        const name = yield* Disposable.newName
        const delay = options.readBackDelay ?? defaultDelay
        const writing = { report, client, ledger, name, domain, delay }
        const patient = yield* user(writing)
        yield* versions(writing, patient, claims)
        const ward = yield* group(writing, patient)
        yield* bulk(writing, patient, claims)
        yield* departure(writing, patient, ward, deprovisioning)
      }),
    (ledger) => ledger.cleanup(report)
  )
}

/**
 * Runs every check and hands each finding to `onFinding` as it comes; yields them all. Never fails: what goes wrong is a
 * finding, and what depends on it is skipped with the reason.
 *
 * What it creates is removed again in any case, also when it is interrupted: the finding `cleanup` then still comes.
 */
export const run = Effect.fn("Doctor.run")(function* (
  connected: Examined,
  options: DoctorOptions,
  onFinding: Report = () => Effect.void
): Effect.fn.Return<ReadonlyArray<Finding>> {
  const findings: Array<Finding> = []
  const report: Report = (finding) =>
    Effect.suspend(() => {
      findings.push(finding)
      return onFinding(finding)
    })
  const { client } = connected
  const absent = yield* Disposable.newName
  yield* Discovery.probed(report, options.probe)
  const claims = yield* Discovery.discovery(report, client, absent)
  const listed = yield* Directory.users(report, client)
  const known = yield* Lookup.filters(report, client, listed, absent)
  yield* Directory.projections(report, client, known)
  yield* Directory.groups(report, client)
  yield* Lookup.refusals(report, client, listed, absent)
  yield* leftovers(report, client, listed, options.removeLeftovers)
  if (options.write) yield* write(report, connected, listed, claims, options)
  return findings
})
