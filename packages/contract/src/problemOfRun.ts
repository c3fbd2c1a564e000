/** From the errors of planning and carrying out to problems. */
import type { NotOnePerson } from "@loom-scim/core/provisioning/ProvisionOne"
import type { MappingRefused } from "@loom-scim/core/provisioning/MappingRead"
import type { PlanFileRefused } from "@loom-scim/core/provisioning/PlanFile"
import type { PolicyRefused } from "@loom-scim/core/provisioning/PolicyRead"
import type { NeedsFull } from "@loom-scim/core/provisioning/SubsetNeedsFull"
import type { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import type { RunUnfinished } from "@loom-scim/core/ports/Runs"
import type { PlanDrifted, PlanUnknown } from "@loom-scim/core/runs/KeptPlans"
import type { RunRefused } from "@loom-scim/core/runs/RunService"
import type { PlanFailure, PlanMoved } from "@loom-scim/core/runs/SyncPlan"
import * as Problem from "./Problem.ts"
import { ofMapping, ofScim, ofSetup } from "./problemOf.ts"

/** What planning and runs can fail with, before it is a problem. */
export type RunFailure =
  | PlanFailure
  | SourceFailure
  | NotOnePerson
  | NeedsFull
  | MappingRefused
  | PolicyRefused
  | PlanFileRefused
  | PlanUnknown
  | PlanDrifted
  | PlanMoved
  | RunRefused
  | RunUnfinished

const refused = (reason: string, missing: string | null, { detail, next }: { detail: string; next: string }) =>
  new Problem.RefusedProblem({ detail, next, reason, missing })

/** What a caller does next about a plan that came as a file. */
const adviceOnFile: Record<PlanFileRefused["reason"], string> = {
  malformed: "Send the file as GET …/plans/{id}/file gave it, or make the plan again: POST …/plans",
  otherVersion: "Make the plan again with this version: POST …/plans",
  changed: "Change the source, the mapping or the policy instead, and make the plan again: POST …/plans",
  otherConnection: "Send it to the connection that it was made for, or make one for this connection: POST …/plans",
  otherServer: "The connection has moved since: make the plan again: POST …/plans",
  unfounded: "Make the plan again for this connection as it is: POST …/plans"
}

/** Decides status and type. */
export const ofRun = (error: RunFailure): Problem.Changing | Problem.ServerProblem => {
  switch (error._tag) {
    case "JournalFailure":
    case "SetupRefused":
    case "VaultFailure":
      return ofSetup(error)
    case "SourceFailure":
    case "NotOnePerson":
    case "PolicyRefused":
      return new Problem.InvalidInputProblem({
        detail: error.message,
        next: error.next,
        reason: error._tag,
        missing: null
      })
    case "MappingRefused":
      return ofMapping(error)
    case "PlanUnknown":
      return new Problem.NotFoundProblem({ detail: error.message, next: error.next })
    case "PlanFileRefused":
      return refused(error._tag, null, { detail: error.detail, next: adviceOnFile[error.reason] })
    case "NeedsFull":
    case "PlanDrifted":
      return refused(error._tag, null, { detail: error.message, next: error.next })
    case "PlanMoved":
      return refused("moved", null, { detail: error.message, next: error.next })
    case "RunUnfinished":
      return refused("runUnfinished", error.runId, {
        detail: `Run ${error.runId} is not over; a second one would work against it.`,
        next: `Let it go on (POST …/runs/${error.runId}/resume; when it is held, …/allow or …/reject) or end it (…/cancel) first.`
      })
    case "RunRefused":
      switch (error.reason) {
        case "unknown":
          return new Problem.NotFoundProblem({ detail: error.detail, next: "See which there are: GET …/runs" })
        case "notWaiting":
          return refused(error.reason, null, {
            detail: error.detail,
            next: `To end it: POST …/runs/${error.runId}/cancel`
          })
        default:
          return refused(error.reason, null, error)
      }
    case "ListIncomplete":
      return new Problem.ServerProblem({ detail: error.message, next: error.next, reason: error._tag })
    default:
      return ofScim(error)
  }
}
