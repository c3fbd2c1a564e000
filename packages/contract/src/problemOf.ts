/** From the errors of core to problems: the only place that decides which status and type each of them gets. */
import type { JournalFailure, SequenceConflict } from "@loom-scim/core/ports/Journal"
import type { MemberListUnreadable } from "@loom-scim/core/ports/MemberList"
import type { SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"
import type { VaultFailure } from "@loom-scim/core/ports/Vault"
import type { MappingRefused } from "@loom-scim/core/provisioning/MappingRead"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import type { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import * as Problem from "./Problem.ts"

/** What a caller does next, by what was refused, where core says what is typed in a terminal. */
const advice: Partial<Record<SetupRefused["reason"], string>> = {
  alreadyBegun: "Go on with it: GET …/setup says what is next.",
  notVerified: "Complete its set-up first: GET …/setup says what is next."
}

/** A refusal is about the connection as a whole, about a value, or about the state. */
const ofRefusal = ({
  detail,
  missing,
  next,
  reason
}: SetupRefused): Problem.NotFoundProblem | Problem.InvalidInputProblem | Problem.RefusedProblem => {
  switch (reason) {
    case "notBegun":
    case "removed":
      return new Problem.NotFoundProblem({ detail, next: "List the connections: GET /v1/connections" })
    case "missingInput":
    case "invalidInput":
      // Core leaves this open where its words stand beside the field that a person types in.
      return new Problem.InvalidInputProblem({
        detail,
        next: next === "" ? "Correct the value and send it again." : next,
        reason,
        missing
      })
    case "alreadyBegun":
    case "stepBlocked":
    case "unknownDomain":
    case "duplicateDomain":
    case "wrongMethod":
    case "notVerified":
    case "expired":
    case "nothingToAcknowledge":
    case "noFreshProbe":
      return new Problem.RefusedProblem({ detail, next: advice[reason] ?? next, reason, missing })
  }
}

/** The store's words. Its details name paths and hosts of the server, which are for its log, not for callers. */
export const ofStore = ({ next, reason }: JournalFailure): Problem.StoreProblem =>
  new Problem.StoreProblem({
    detail: `The store cannot be used (${reason}); nothing was changed.`,
    next: reason === "unavailable" || reason === "held" ? "Try again; if it lasts, look at the server's log." : next,
    reason
  })

/** Where the server keeps its key and its store, and what to do there, is for whoever runs it. */
const ofVault = ({ detail, next, reason }: VaultFailure): Problem.VaultProblem => {
  switch (reason) {
    case "keyUnreadable":
      return new Problem.VaultProblem({
        detail: "The key that seals tokens cannot be used.",
        next: "Have whoever runs the server look at the file of its key, or at LOOM_SCIM_KEY.",
        reason
      })
    case "storage":
      return new Problem.VaultProblem({
        detail: "The store cannot be used; nothing was changed.",
        next: "Try again; if it lasts, look at the server's log.",
        reason
      })
    case "missing":
    case "wrongKey":
    case "tampered":
      return new Problem.VaultProblem({ detail: `${detail}.`, next, reason })
  }
}

/** What is wrong in a mapping that was sent. */
export const ofMapping = ({ _tag, message }: MappingRefused): Problem.InvalidInputProblem =>
  new Problem.InvalidInputProblem({
    detail: message,
    next: "Correct it there, and send it again.",
    reason: _tag,
    missing: null
  })

/** What a set-up can fail with; `precondition` tells whether the caller named a version by If-Match. */
export const ofSetup = (
  error: SetupRefused | SequenceConflict | JournalFailure | VaultFailure | SamlMetadataRejected | MemberListUnreadable,
  precondition = false
): Problem.Changing => {
  switch (error._tag) {
    case "SetupRefused":
      return ofRefusal(error)
    case "SequenceConflict": {
      const detail = `${error.connectionId} stands at version ${error.actual}, not ${error.expected}.`
      const next = "Read the new state and its ETag, then decide again."
      return precondition
        ? new Problem.PreconditionProblem({ detail, next })
        : new Problem.ChangedMeanwhileProblem({ detail, next })
    }
    case "JournalFailure":
      return ofStore(error)
    case "VaultFailure":
      return ofVault(error)
    case "SamlMetadataRejected":
      return new Problem.InvalidInputProblem({
        detail: `${error.detail}.`,
        next: error.next,
        reason: error.reason,
        missing: null
      })
    case "MemberListUnreadable":
      return new Problem.InvalidInputProblem({
        detail: `${error.detail}.`,
        next: error.next,
        reason: "memberList",
        missing: null
      })
  }
}

/** The answer behind an error; the server's own words only where the caller may know the people in them. */
const answerOf = (error: ScimError, quoting: boolean): { readonly scim?: typeof Problem.ScimAnswer.Type } =>
  "status" in error && error.status > 0
    ? { scim: { status: error.status, scimType: error.scimType, detail: quoting ? error.detail : null } }
    : {}

/**
 * What a SCIM request can fail with. The server's own words stay out unless `quoting`: they may name people, whom only
 * a caller that works with the directory may know of.
 */
export const ofScim = (
  error: ScimError,
  quoting = false
):
  | Problem.NotFoundProblem
  | Problem.RefusedProblem
  | Problem.PreconditionProblem
  | Problem.InvalidInputProblem
  | Problem.ServerProblem => {
  const words = { detail: error.message, next: error.next, ...answerOf(error, quoting) }
  switch (error._tag) {
    case "NotFound":
      return new Problem.NotFoundProblem(words)
    case "PreconditionFailed":
      return new Problem.PreconditionProblem(words)
    case "Conflict":
      return new Problem.RefusedProblem({ ...words, reason: error._tag, missing: null })
    case "InvalidFilter":
    case "InvalidRequest":
      return new Problem.InvalidInputProblem({ ...words, reason: error._tag, missing: null })
    case "Unauthorized":
    case "Forbidden":
    case "TooMany":
    case "RateLimited":
    case "PayloadTooLarge":
    case "ServerFault":
    case "Malformed":
    case "Redirected":
    case "Transport":
      return new Problem.ServerProblem({ ...words, reason: error._tag })
  }
}
