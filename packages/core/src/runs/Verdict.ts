/** How an action ended: whether an error concerns the object alone or the whole connection, and outcomes. Pure. */
import type { ManagedChange, ManagedEndpoint } from "../ports/Runs.ts"
import type { ListIncomplete } from "../scim/ScimClientList.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { ItemOutcome } from "./RunItem.ts"

/** What came of an action. */
export interface Performed {
  readonly outcome: ItemOutcome
  readonly managed: ReadonlyArray<ManagedChange>
}

/**
 * Whether an error says something of the server or of the connection to it, so that other objects would meet it too.
 * The others are about the object that was sent.
 */
export const isOfConnection = (error: ScimError): boolean => {
  switch (error._tag) {
    case "Unauthorized":
    case "Forbidden":
    case "Redirected":
    case "RateLimited":
    case "Transport":
      return true
    case "ServerFault":
      // The server does not have the function, or not in this version of HTTP: asking again is in vain.
      return error.status !== 501 && error.status !== 505
    case "Malformed":
      // An unreadable success may have been one.
      return error.status < 300
    case "NotFound":
    case "Conflict":
    case "InvalidFilter":
    case "TooMany":
    case "PreconditionFailed":
    case "PayloadTooLarge":
    case "InvalidRequest":
      return false
  }
}

/** The outcome of an action that failed with an error. */
export const failureOf = (error: ScimError | ListIncomplete): ItemOutcome => ({
  _tag: "Failed",
  error: error._tag,
  message: error.message,
  detail: "detail" in error ? error.detail : null,
  next: error.next
})

/** From now on the resource is ours, by that key; without a key nothing changes. */
export const kept = (endpoint: ManagedEndpoint, id: string, key: string | null): ReadonlyArray<ManagedChange> =>
  key === null ? [] : [{ _tag: "Keep", resource: { endpoint, id, key, digest: null, groups: [] } }]

/** The resource is gone. */
export const forgotten = (endpoint: ManagedEndpoint, id: string): ReadonlyArray<ManagedChange> => [
  { _tag: "Forget", endpoint, id }
]

/** It was done, unless there is a doubt. */
export const done = (
  id: string,
  by: "answer" | "found",
  doubt: string | null,
  managed: ReadonlyArray<ManagedChange>
): Performed => ({
  outcome: doubt === null ? { _tag: "Done", id, by } : { _tag: "Doubtful", id, doubt },
  managed
})
