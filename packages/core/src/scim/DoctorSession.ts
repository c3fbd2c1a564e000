/** Runs checks so that none aborts the doctor: whatever happens becomes a finding, and what depends on it is skipped. */
import { Effect, Option, Result } from "effect"
import type { CheckName, Finding, Severity } from "./DoctorFinding.ts"
import { meanings } from "./DoctorMeaning.ts"

/**
 * What a check saw. The evidence is in our own words: what the server sent is counted or compared, and not repeated, since
 * it may hold people's data or even the token. Its error messages are an exception, as the client has taken both out.
 *
 * A value is there when the checks that build on this one can go on.
 */
export interface Verdict<A> {
  readonly severity: Exclude<Severity, "skipped">
  readonly evidence: string
  readonly next: string
  readonly value: Option.Option<A>
}

/** It is as it should be. */
export const ok = <A>(evidence: string, value: A): Verdict<A> => ({
  severity: "ok",
  evidence,
  next: "",
  value: Option.some(value)
})

/** It is not; what builds on it cannot go on. */
export const bad = (severity: "info" | "warning" | "error", evidence: string, next: string): Verdict<never> => ({
  severity,
  evidence,
  next,
  value: Option.none()
})

/** It is not as it should be; what builds on it can go on all the same. */
export const still = <A>(
  severity: "info" | "warning" | "error",
  evidence: string,
  next: string,
  value: A
): Verdict<A> => ({ ...bad(severity, evidence, next), value: Option.some(value) })

/** What a check left for those that build on it. */
export interface Outcome<A> {
  readonly check: CheckName
  readonly value: Option.Option<A>
}

/** Any error a check may meet; the client's errors and the incomplete list are such. */
export interface CheckError {
  readonly message: string
  readonly next: string
  readonly detail?: string | null
}

/** Where findings go. */
export type Report = (finding: Finding) => Effect.Effect<void>

// The server's words may name people, and reports are passed around.
const withoutAddresses = (text: string): string => text.replace(/[^\s"'<>()@,;:]+@[^\s"'<>()@,;:]+/g, "(e-mail)")

/** An error in words: ours, then the server's. */
export const describe = ({ detail, message }: CheckError): string =>
  detail === undefined || detail === null ? message : `${message} The server says: ${withoutAddresses(detail)}`

/** A finding for a check that was not run. */
export const skipped = (check: CheckName, why: string, next: string): Finding => ({
  check,
  severity: "skipped",
  evidence: why,
  meaning: "Not known, as it was not checked.",
  next
})

/** Runs one check and reports it. An error is `error` unless `onError` knows better. */
export const check = Effect.fnUntraced(function* <A>(
  report: Report,
  name: CheckName,
  body: Effect.Effect<Verdict<A>, CheckError>,
  onError: "info" | "warning" | "error" = "error"
): Effect.fn.Return<Outcome<A>> {
  const result = yield* Effect.result(body)
  const verdict: Verdict<A> = Result.isSuccess(result)
    ? result.success
    : bad(onError, describe(result.failure), result.failure.next)
  const { evidence, next, severity, value } = verdict
  const meaning = severity === "ok" ? meanings[name].passed : meanings[name].otherwise
  yield* report({ check: name, severity, evidence, meaning, next })
  return { check: name, value }
})

/** The same for a check that builds on another: skipped with the reason when that one left nothing to build on. */
export const after = <A, B>(
  report: Report,
  before: Outcome<A>,
  name: CheckName,
  body: (value: A) => Effect.Effect<Verdict<B>, CheckError>,
  onError: "info" | "warning" | "error" = "error"
): Effect.Effect<Outcome<B>> =>
  Option.match(before.value, {
    onSome: (value) => check(report, name, body(value), onError),
    onNone: () =>
      Effect.as(report(skipped(name, `${before.check} did not succeed.`, `Solve ${before.check}, then run again.`)), {
        check: name,
        value: Option.none()
      })
  })
