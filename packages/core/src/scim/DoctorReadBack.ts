/** Reading back what was written: some servers show a change only after a while. */
import { Effect } from "effect"
import type { Duration } from "effect"
import type { Verdict } from "./DoctorSession.ts"
import { bad, ok, still } from "./DoctorSession.ts"
import type { JsonObject } from "./Json.ts"
import type { ScimError } from "./ScimError.ts"

/** What a read has to show. */
export interface Expected {
  readonly holds: (resource: JsonObject) => boolean
  /** What is so when it holds. */
  readonly shown: string
  /** What is so when it does not. */
  readonly missing: (resource: JsonObject) => string
  readonly next: string
}

const attempts = 4

/** Reads until it holds, at most four times. Late is `info`; never is `severity`. */
export const readBack = Effect.fnUntraced(function* (
  read: Effect.Effect<JsonObject, ScimError>,
  delay: Duration.Input,
  expected: Expected,
  severity: "info" | "warning" | "error" = "error"
): Effect.fn.Return<Verdict<undefined>, ScimError> {
  let resource = yield* read
  for (let attempt = 1; attempt < attempts; attempt++) {
    if (expected.holds(resource)) {
      return attempt === 1
        ? ok(expected.shown, undefined)
        : still("info", `${expected.shown} Only read ${attempt} showed it.`, "Nothing to do.", undefined)
    }
    yield* Effect.sleep(delay)
    resource = yield* read
  }
  return expected.holds(resource)
    ? still("info", `${expected.shown} Only read ${attempts} showed it.`, "Nothing to do.", undefined)
    : bad(severity, expected.missing(resource), expected.next)
})
