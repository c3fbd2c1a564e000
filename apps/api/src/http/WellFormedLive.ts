/** Says what is wrong with the form of a request: where, and what was expected; never the value, it may be a secret. */
import { InternalProblem, InvalidRequestProblem } from "@loom-scim/contract/Problem"
import { WellFormed } from "@loom-scim/contract/WellFormed"
import { Effect, SchemaIssue } from "effect"
import type { HttpApiSchemaError } from "effect/http-api/HttpApiError"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    switch (issue._tag) {
      case "MissingKey":
        return "is missing"
      case "UnexpectedKey":
        return "is not known here"
      default:
        return "does not have the expected form"
    }
  },
  checkHook: (issue) => {
    const { expected, message } = issue.filter.annotations ?? {}
    if (typeof message === "string") return message
    return typeof expected === "string" ? `must be ${expected}` : "does not have the expected form"
  }
})

const place = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? key : String(key)
}

const errorsOf = ({ cause, kind }: HttpApiSchemaError) =>
  format(cause.issue).issues.map(({ message, path }) => ({
    path: [kind.toLowerCase(), ...(path ?? []).map(place)],
    message
  }))

const partOf: Readonly<Record<HttpApiSchemaError["kind"], string>> = {
  Params: "The path of the request does",
  Query: "The query of the request does",
  Headers: "The headers of the request do",
  Payload: "The body of the request does",
  Body: "The body of the answer does",
  ResponseHeaders: "The headers of the answer do"
}

/** In one sentence, with the first of the errors: many show `detail` alone. */
const detailOf = (kind: HttpApiSchemaError["kind"], errors: ReturnType<typeof errorsOf>): string => {
  const [first] = errors
  const where = first?.path.slice(1).join(".") ?? ""
  return `${partOf[kind]} not fit${first === undefined || where === "" ? "" : `: ${where}: ${first.message}`}.`
}

/** Requests that do not fit are the caller's, answers that do not fit are ours. */
export const isOurs = ({ kind }: HttpApiSchemaError): boolean => kind === "Body" || kind === "ResponseHeaders"

/** The problem for either. */
export const layer = HttpApiMiddleware.layerSchemaErrorTransform(WellFormed, (error) =>
  isOurs(error)
    ? Effect.logError("an answer does not fit its schema", error.cause).pipe(
        Effect.andThen(
          Effect.fail(
            new InternalProblem({
              detail: "The answer could not be written.",
              next: "Look for the request's id in the server's log, and report it."
            })
          )
        )
      )
    : Effect.suspend(() => {
        const errors = errorsOf(error)
        return Effect.fail(
          new InvalidRequestProblem({ detail: detailOf(error.kind, errors), next: "Compare it with /docs.", errors })
        )
      })
)
