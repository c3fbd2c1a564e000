/** The middleware of every endpoint that tells a caller what is wrong with the form of a request. */
import { HttpApiMiddleware } from "effect/http-api"
import { InternalProblem, InvalidRequestProblem, MediaTypeProblem, TooLargeProblem } from "./Problem.ts"

/** Turns what does not fit the schemas into problems. */
export class WellFormed extends HttpApiMiddleware.Service<WellFormed>()("@loom-scim/contract/WellFormed", {
  error: [InvalidRequestProblem, TooLargeProblem, MediaTypeProblem, InternalProblem]
}) {}
