/** From what the API says of a SCIM request to the error that the same request has without it, word for word. */
import * as ScimError from "@loom-scim/core/scim/ScimError"
import type { Failure } from "./failures.ts"
import { unreachable } from "./failures.ts"

/** `POST /Users: a unique value …` begins with what was asked. */
const operationOf = (detail: string): readonly [operation: string, rest: string] => {
  const at = detail.indexOf(": ")
  return at < 0 ? ["The server", detail] : [detail.slice(0, at), detail.slice(at + 2)]
}

interface Words {
  readonly detail?: string | undefined
  readonly next: string
  readonly scim?:
    | { readonly status: number; readonly scimType: string | null; readonly detail: string | null }
    | undefined
}

/** By its whole sentence, for what the API does not tell in parts. */
const told = ({ detail = "", next }: Words): ScimError.Transport => {
  const [operation, explanation] = operationOf(detail)
  return new ScimError.Transport({ operation, outcome: "unreachable", explanation, next, sent: "maybe" })
}

const answered = (reason: string, words: Words): ScimError.ScimError => {
  const { scim } = words
  if (scim === undefined) {
    const [operation] = operationOf(words.detail ?? "")
    const unsent = { operation, status: 0, scimType: null, detail: null }
    return reason === "InvalidRequest" ? new ScimError.InvalidRequest(unsent) : told(words)
  }
  const common = { operation: operationOf(words.detail ?? "")[0], ...scim }
  switch (reason) {
    case "Unauthorized":
      return new ScimError.Unauthorized(common)
    case "Forbidden":
      return new ScimError.Forbidden(common)
    case "NotFound":
      return new ScimError.NotFound(common)
    case "Conflict": {
      const alone = new ScimError.Conflict({ ...common, resource: null })
      // Which resource holds the value is not told; that it was found is, by what is to be done.
      return alone.next === words.next ? alone : new ScimError.Conflict({ ...common, resource: {} })
    }
    case "InvalidFilter":
      return new ScimError.InvalidFilter(common)
    case "InvalidRequest":
      return new ScimError.InvalidRequest(common)
    case "TooMany":
      return new ScimError.TooMany(common)
    case "PreconditionFailed":
      return new ScimError.PreconditionFailed(common)
    case "PayloadTooLarge":
      return new ScimError.PayloadTooLarge(common)
    case "ServerFault":
      return new ScimError.ServerFault(common)
    default:
      return told(words)
  }
}

/** What a request to the SCIM server behind `url` failed with. */
export const scimErrorOf =
  (url: string) =>
  (failure: Failure): ScimError.ScimError => {
    switch (failure._tag) {
      case "NotFoundProblem":
        return answered("NotFound", failure)
      case "PreconditionProblem":
        return answered("PreconditionFailed", failure)
      case "RefusedProblem":
      case "InvalidInputProblem":
      case "ServerProblem":
        return answered(failure.reason, failure)
      default: {
        const { detail, next } = unreachable(url)(failure)
        return new ScimError.Transport({
          operation: "loom-scim-api",
          outcome: "unreachable",
          explanation: `${detail}.`,
          next,
          sent: "maybe"
        })
      }
    }
  }
