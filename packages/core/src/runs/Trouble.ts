/** What an error that concerns the whole connection means for a run: stop for a person, wait, or count it. Pure. */
import type { ScimError } from "../scim/ScimError.ts"
import type { PauseReason } from "./Run.ts"

/** What to do about an error. */
export type Trouble =
  /** A person has to do something first. */
  | { readonly _tag: "Stop"; readonly reason: PauseReason; readonly detail: string; readonly next: string }
  /** The server said, or is known, to be asked again after so many milliseconds. */
  | {
      readonly _tag: "Wait"
      readonly reason: PauseReason
      readonly millis: number
      readonly detail: string
      readonly next: string
    }
  /** One of them says nothing of the server; many do. */
  | { readonly _tag: "Count"; readonly detail: string; readonly next: string }

/**
 * How long a server is left alone that asked to slow down and does not say for how long, in milliseconds. Nor does it by
 * saying 0, again and again.
 */
const unsaidWait = 60_000

const saving = "Give it to loom-scim setup, or to POST …/credentials/rotate; then let the run go on."

/** Judges an error. */
export const troubleOf = (error: ScimError): Trouble => {
  const words = { detail: error.message, next: error.next }
  switch (error._tag) {
    case "Unauthorized":
      return { _tag: "Stop", reason: "unauthorized", ...words, next: `${words.next} ${saving}` }
    case "Forbidden":
      return { _tag: "Stop", reason: "forbidden", ...words }
    case "Redirected":
      return { _tag: "Stop", reason: "misconfigured", ...words }
    case "Transport":
      return error.outcome === "tls" || error.outcome === "forbiddenAddress"
        ? { _tag: "Stop", reason: "misconfigured", ...words }
        : { _tag: "Count", ...words }
    case "RateLimited":
      return { _tag: "Wait", reason: "rateLimited", millis: error.retryAfterMillis || unsaidWait, ...words }
    case "ServerFault":
    case "Malformed":
    case "NotFound":
    case "Conflict":
    case "InvalidFilter":
    case "TooMany":
    case "PreconditionFailed":
    case "PayloadTooLarge":
    case "InvalidRequest":
      return { _tag: "Count", ...words }
  }
}
