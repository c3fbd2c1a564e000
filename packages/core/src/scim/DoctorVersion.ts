/** The check of versions: ETags, and changes under the condition that nobody was there before (RFC 7644 §3.14). */
import { Effect, Result } from "effect"
import type { Outcome } from "./DoctorSession.ts"
import { after, bad, ok } from "./DoctorSession.ts"
import type { Patient, Writing } from "./DoctorUser.ts"
import type { Claims } from "./Profile.ts"
import type { ScimError } from "./ScimError.ts"

const tell = "Tell whoever runs the server."
const trust = "Nothing to do, but do not let two people change the same members at once."

const kept = "Doctor Current"
const lost = "Doctor Overwritten"

/** What came of a change under a condition; any error but 412 is one of the check. */
const changed = Effect.fnUntraced(function* (
  { client }: Writing,
  { id }: Patient,
  displayName: string,
  version: string
): Effect.fn.Return<"carriedOut" | "refused", ScimError> {
  const result = yield* Effect.result(
    // As given: the client by itself leaves out conditions that a server does not understand.
    client.patch("Users", id, [{ op: "replace", path: "displayName", value: displayName }], { version, asGiven: true })
  )
  if (Result.isSuccess(result)) return "carriedOut"
  return result.failure._tag === "PreconditionFailed" ? "refused" : yield* result.failure
})

const judge = Effect.fnUntraced(function* (writing: Writing, patient: Patient, isClaimed: boolean) {
  const { client } = writing
  const { version } = yield* client.get("Users", patient.id)
  if (version === null) {
    return isClaimed
      ? bad("warning", "etag is claimed, but a user is read without ETag and meta.version.", tell)
      : bad("info", "etag is not claimed, and a user is read without a version.", trust)
  }
  const claim = isClaimed ? "etag is claimed" : "etag is not claimed, though a user is read with a version"
  if ((yield* changed(writing, patient, kept, version)) === "refused") {
    const next = `${tell} Change members without conditions until then.`
    return bad("error", `${claim}, but the version that was just read is refused as stale (412).`, next)
  }
  const outcome = yield* changed(writing, patient, lost, version)
  const now = yield* client.get("Users", patient.id)
  if (outcome === "carriedOut") {
    const why = now.version === version ? "the version never changes" : "If-Match is ignored"
    return isClaimed
      ? bad("warning", `${claim}, but a change with a stale version was carried out: ${why}.`, tell)
      : bad("info", `${claim}, and a change with a stale one is carried out: ${why}.`, trust)
  }
  return now.resource["displayName"] === lost
    ? bad("error", "A change with a stale version was refused (412), and carried out all the same.", tell)
    : ok("A user has a version; a change with it is taken, and one with a stale version is refused (412).", undefined)
})

/** Whether a change that was made in between is noticed. */
export const versions = (
  writing: Writing,
  created: Outcome<Patient>,
  claims: Claims | null
): Effect.Effect<Outcome<undefined>> =>
  after(writing.report, created, "etags", (patient) => judge(writing, patient, claims?.etag === true), "warning")
