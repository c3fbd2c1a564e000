/** The last touch to every answer: errors are problems, problems name their request, and no answer is cached. */
import * as Problem from "@loom-scim/contract/Problem"
import { Effect, Predicate } from "effect"
import { toResponse } from "effect/http/HttpServerRespondable"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { HttpServerResponse as Response } from "effect/http/HttpServerResponse"

const problemType = "application/problem+json"

const contentTypeOf = ({ body, headers }: Response): string =>
  headers["content-type"] ?? ("contentType" in body ? (body.contentType ?? "") : "")

/** A problem for a status that came without one: what the router, Node or a body limit refused. */
const bare = (status: number): Effect.Effect<Response> => {
  switch (status) {
    case 404:
      return toResponse(
        new Problem.NotFoundProblem({
          detail: "There is nothing at this path for this method.",
          next: "See what there is: /docs or /openapi.json"
        })
      )
    case 413:
      return toResponse(
        new Problem.TooLargeProblem({
          detail: "The body is larger than this server takes.",
          next: "Send less at once."
        })
      )
    case 415:
      return toResponse(
        new Problem.MediaTypeProblem({
          detail: "The body is of a media type this endpoint does not take.",
          next: "Send application/json, or multipart/form-data where a file is taken (curl -F); /docs says which."
        })
      )
    case 503:
      return toResponse(
        new Problem.NotReadyProblem({ detail: "The server is shutting down.", next: "Send it again in a moment." })
      )
    default:
      return toResponse(
        status < 500
          ? new Problem.InvalidRequestProblem({
              detail: "The request cannot be read.",
              next: "Compare it with /docs.",
              errors: []
            })
          : new Problem.InternalProblem({
              detail: "Something went wrong that is not your fault.",
              next: "Look for the request's id in the server's log, and report it."
            })
      )
  }
}

/** What a problem adds to the headers. */
const headersFor = (problem: object, status: number): Readonly<Record<string, string>> => ({
  ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  ...(Predicate.hasProperty(problem, "retryAfter") ? { "retry-after": String(problem.retryAfter) } : {})
})

const named = (response: Response, requestId: string): Response => {
  const { body, status } = response
  if (body._tag !== "Uint8Array") return response
  const problem: unknown = JSON.parse(new TextDecoder().decode(body.body))
  if (!Predicate.isObject(problem)) return response
  return HttpServerResponse.jsonUnsafe(
    { ...problem, instance: `urn:loom-scim:request:${requestId}` },
    { status, contentType: problemType, headers: headersFor(problem, status) }
  )
}

/** What every answer carries beside its id. */
const usual = { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" } as const
const uncached = { ...usual, "cache-control": "no-store" } as const

/** An answer with what all carry, for those that are kept and given again. */
export const dressed = (response: Response): Response =>
  HttpServerResponse.setHeaders(response, response.headers["cache-control"] === undefined ? uncached : usual)

const headed = (response: Response, requestId: string): Response => {
  const isDressed = response.headers["referrer-policy"] !== undefined
  return HttpServerResponse.setHeader(isDressed ? response : dressed(response), "x-request-id", requestId)
}

/** Finishes an answer. */
export const finish = (response: Response, requestId: string): Effect.Effect<Response> => {
  if (response.status < 400) return Effect.succeed(headed(response, requestId))
  const type = contentTypeOf(response)
  // A page says itself what is wrong, to a person.
  if (type.startsWith("text/html")) return Effect.succeed(headed(response, requestId))
  const whole = type.startsWith(problemType) ? Effect.succeed(response) : bare(response.status)
  return Effect.map(whole, (problem) => headed(named(problem, requestId), requestId))
}
