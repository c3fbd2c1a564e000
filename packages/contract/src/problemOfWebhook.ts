/** From the errors of webhooks to problems. */
import type { WebhookError } from "@loom-scim/core/webhooks/WebhookService"
import * as Problem from "./Problem.ts"
import { ofSetup } from "./problemOf.ts"

/** A webhook or a delivery that is not there, or that is another's: the words do not say which. */
export const unknownWebhook = new Problem.NotFoundProblem({
  detail: "There is no such webhook or delivery.",
  next: "List the webhooks: GET /v1/webhooks"
})

/** Decides status and type. */
export const ofWebhook = (error: WebhookError): Problem.Changing => {
  if (error._tag !== "WebhookRefused") return ofSetup(error)
  const { detail, next, reason } = error
  switch (reason) {
    case "unknown":
      return unknownWebhook
    case "invalidUrl":
      return new Problem.InvalidInputProblem({ detail, next, reason, missing: null })
    case "disabled":
    case "tooManySecrets":
      return new Problem.RefusedProblem({ detail, next, reason, missing: null })
    case "changed":
      return new Problem.ChangedMeanwhileProblem({ detail, next })
  }
}
