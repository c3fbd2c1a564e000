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
import { ofScim, ofSetup } from "./problemOf.ts"

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

/** Decides status and type. */
export const ofRun = (error: RunFailure): Problem.Changing | Problem.ServerProblem => {
  switch (error._tag) {
    case "JournalFailure":
    case "SetupRefused":
    case "VaultFailure":
      return ofSetup(error)
    case "SourceFailure":
    case "NotOnePerson":
    case "MappingRefused":
    case "PolicyRefused":
      return new Problem.InvalidInputProblem({
        detail: error.message,
        next: error.next,
        reason: error._tag,
        missing: null
      })
    case "PlanUnknown":
      return new Problem.NotFoundProblem({ detail: error.message, next: error.next })
    case "NeedsFull":
    case "PlanFileRefused":
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
      return error.reason === "unknown"
        ? new Problem.NotFoundProblem({ detail: error.detail, next: "See which there are: GET …/runs" })
        : refused(error.reason, null, error)
    case "ListIncomplete":
      return new Problem.ServerProblem({ detail: error.message, next: error.next, reason: error._tag })
    default:
      return ofScim(error)
  }
}
