/** From the errors of schedules to problems. */
import type { ScheduleError, ScheduleLookError } from "@loom-scim/core/schedules/ScheduleService"
import type { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import * as Problem from "./Problem.ts"
import { ofMapping, ofSetup, ofStore } from "./problemOf.ts"

/** Decides status and type; `precondition` tells whether the caller named a version by If-Match. */
export const ofSchedule = (error: ScheduleError | SetupRefused, precondition = false): Problem.Changing => {
  if (error._tag === "MappingRefused") return ofMapping(error)
  if (error._tag !== "ScheduleRefused") return ofSetup(error)
  const { detail, next, reason } = error
  switch (reason) {
    case "unknown":
      return new Problem.NotFoundProblem({ detail, next: "See which there are: GET …/schedules" })
    case "otherVersion":
      return precondition
        ? new Problem.PreconditionProblem({ detail, next })
        : new Problem.ChangedMeanwhileProblem({ detail, next })
    case "changedMeanwhile":
      return new Problem.ChangedMeanwhileProblem({ detail, next })
    case "atWork":
      return new Problem.RefusedProblem({ detail, next, reason, missing: null })
    case "invalidSource":
    case "neverDue":
      return new Problem.InvalidInputProblem({ detail, next, reason, missing: null })
  }
}

/** What a look at schedules can fail with; there is nothing in it that could be refused. */
export const ofScheduleLook = (error: ScheduleLookError): Problem.Reading =>
  error._tag === "JournalFailure"
    ? ofStore(error)
    : new Problem.NotFoundProblem({ detail: error.detail, next: "See which there are: GET …/schedules" })
