/** From what the API says of runs to the errors that core's own services have. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { RunUnfinished } from "@loom-scim/core/ports/Runs"
import { RunId } from "@loom-scim/core/runs/Run"
import { RunRefused } from "@loom-scim/core/runs/RunService"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Option, Schema } from "effect"
import { codes, Ended } from "../Exit.ts"
import type { Failure } from "./failures.ts"
import { unreachable } from "./failures.ts"

const reasonOf = Schema.decodeUnknownOption(RunRefused.fields.reason)
const idOf = Schema.decodeUnknownOption(RunId)

/** That there is no such run, as it is said here. */
export const unknownRun = (runId: RunId): RunRefused =>
  new RunRefused({
    runId,
    reason: "unknown",
    detail: `There is no run ${runId}.`,
    next: "See which there are: loom-scim runs"
  })

/** What a request about one run failed with. */
export const runFailureOf =
  (url: string, runId: RunId) =>
  (failure: Failure): JournalFailure | RunRefused => {
    switch (failure._tag) {
      case "NotFoundProblem":
        return unknownRun(runId)
      case "RefusedProblem": {
        const { detail = "", next, reason } = failure
        const known = reasonOf(reason)
        if (Option.isNone(known)) return unreachable(url)(failure)
        const typed = known.value === "notWaiting" ? "To end it: loom-scim cancel" : next
        return new RunRefused({ runId, reason: known.value, detail, next: typed })
      }
      default:
        return unreachable(url)(failure)
    }
  }

/** What the beginning of a run failed with. */
export const beginFailureOf =
  (url: string, connectionId: ConnectionId) =>
  (failure: Failure): JournalFailure | RunUnfinished => {
    const other = failure._tag === "RefusedProblem" && failure.reason === "runUnfinished" ? idOf(failure.missing) : null
    return other !== null && Option.isSome(other)
      ? new RunUnfinished({ connectionId, runId: other.value })
      : unreachable(url)(failure)
  }

const drifted = (what: string): Ended =>
  new Ended({
    code: codes.checkFailed,
    reason: "PlanDrifted",
    detail: `${what}; nothing was begun. Run it again.`
  })

/** What the beginning of a run of a shown plan failed with: that something moved is a check that failed. */
export const failureToBegin =
  (url: string, connectionId: ConnectionId) =>
  (failure: Failure): JournalFailure | RunUnfinished | Ended => {
    if (failure._tag !== "RefusedProblem") return beginFailureOf(url, connectionId)(failure)
    switch (failure.reason) {
      case "PlanDrifted":
        return drifted("The workspace has moved since the plan was made")
      case "moved":
        return drifted("What would be done is no longer what was shown")
      default:
        return beginFailureOf(url, connectionId)(failure)
    }
  }
