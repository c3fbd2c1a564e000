/** From what the API says, or does not say, to the errors that core's own services have. */
import type * as Problem from "@loom-scim/contract/Problem"
import { JournalFailure, SequenceConflict } from "@loom-scim/core/ports/Journal"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { SetupError } from "@loom-scim/core/setup/SetupService"
import { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import { Predicate, Schema } from "effect"

/** Any kind of problem. */
type AnyProblem = InstanceType<(typeof Problem.all)[number]>

/** What a request can fail with: a problem, or something that is none of the API's words. */
export type Failure = AnyProblem | { readonly _tag: "HttpClientError" | "SchemaError" | "TimeoutError" | "SseError" }

const reasonOf = Schema.decodeUnknownOption(SetupRefused.fields.reason)
const stepOf = Schema.decodeUnknownOption(SetupRefused.fields.missing)

/** What is typed next, as on a data directory: a server says what is sent to it. */
const advice: Partial<Record<SetupRefused["reason"], string>> = {
  alreadyBegun: "Go on with: loom-scim setup",
  notVerified: "Complete its setup first: loom-scim setup"
}

const sentence = (text: string): string => text.replace(/\.$/, "")

const refused = (
  command: string,
  otherwise: SetupRefused["reason"],
  {
    detail,
    missing = null,
    next,
    reason = ""
  }: { detail: string; next: string; reason?: string; missing?: string | null }
) => {
  const known = reasonOf(reason)
  const step = stepOf(missing)
  return new SetupRefused({
    command,
    reason: known._tag === "Some" ? known.value : otherwise,
    missing: step._tag === "Some" ? step.value : null,
    detail,
    next: (known._tag === "Some" ? advice[known.value] : undefined) ?? next
  })
}

const unavailable = (detail: string, next: string) =>
  new JournalFailure({ reason: "unavailable", detail: sentence(detail), next })

/** What one connection's requests can fail with. `known` is the sequence this side has seen. */
export const failureOf =
  (url: string, command: string, id: ConnectionId, known: number) =>
  (failure: Failure): SetupError => {
    switch (failure._tag) {
      case "NotFoundProblem":
        return refused(command, "notBegun", failure)
      case "RefusedProblem":
        return refused(command, "notVerified", failure)
      case "InvalidInputProblem":
        return refused(command, "invalidInput", failure)
      case "ChangedMeanwhileProblem":
      case "PreconditionProblem":
        return new SequenceConflict({ connectionId: id, expected: known, actual: known + 1 })
      default:
        return unreachable(url)(failure)
    }
  }

/** What is wrong with the server, the way to it or the key rather than with the request. */
export const unreachable =
  (url: string) =>
  (failure: Failure): JournalFailure => {
    switch (failure._tag) {
      case "HttpClientError":
      case "TimeoutError":
        return unavailable(`${url} does not answer`, "Check the address and that loom-scim-api runs there.")
      case "SchemaError":
      case "SseError":
        return unavailable(`${url} answers in words this version does not know`, "Use the same version on both sides.")
      case "UnauthenticatedProblem":
        return unavailable(`${url} does not take the API key`, "Use one that is neither expired nor revoked.")
      default: {
        const { detail, next } = failure
        return unavailable(`${url} says: ${Predicate.isString(detail) ? detail : ""}`, next)
      }
    }
  }
