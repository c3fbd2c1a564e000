/** From what a Nango server answers, or does not, to the failure a person can act on. Pure. */
import { Option, Schema } from "effect"
import { oneLine } from "@loom-scim/core/scim/ScimErrorScrub"
import type { NangoReason } from "./NangoFailure.ts"
import { NangoFailure } from "./NangoFailure.ts"

/** What a request was about, for words about it. */
export interface Subject {
  /** Method and path without ids. */
  readonly label: string
  readonly integration?: string
  readonly connection?: string
  /** Where Nango was asked; it is named when nothing answers there. */
  readonly host?: string
}

const ErrorBody = Schema.fromJsonString(
  Schema.Struct({
    error: Schema.Struct({
      code: Schema.optionalKey(Schema.String),
      message: Schema.optionalKey(Schema.String),
      errors: Schema.optionalKey(
        Schema.Array(
          Schema.Struct({
            message: Schema.optionalKey(Schema.String),
            path: Schema.optionalKey(Schema.Array(Schema.Union([Schema.String, Schema.Number])))
          })
        )
      )
    })
  })
)

const errorBody = Schema.decodeUnknownOption(ErrorBody)

/** Codes that tell more than their status. Nango answers an unknown integration with 404 here and with 400 there. */
const byCode: Readonly<Record<string, NangoReason>> = {
  unknown_provider_config: "integrationNotFound",
  unknown_connection: "connectionNotFound",
  connection_test_failed: "credentialsRefused",
  connection_validation_failed: "credentialsRefused",
  invalid_credentials: "credentialsRefused",
  resource_capped: "capped"
}

const reasonOf = (status: number, code: string | undefined, subject: Subject): NangoReason => {
  const known = code === undefined ? undefined : byCode[code]
  if (known !== undefined) return known
  if (status === 401) return "unauthorized"
  if (status === 403) return "forbidden"
  if (status === 404) return subject.connection === undefined ? "integrationNotFound" : "connectionNotFound"
  if (status === 409) return "duplicate"
  if (status === 429) return "rateLimited"
  if (status >= 500) return "unavailable"
  return status >= 400 ? "refused" : "notNango"
}

const named = (name: string | undefined): string => (name === undefined ? "" : ` "${name}"`)

const wordsOf = (
  reason: NangoReason,
  subject: Subject,
  status: number | null,
  said: string,
  wait: number | null
): readonly [detail: string, next: string] => {
  const says = said === "" ? "" : ` It says: ${said}`
  switch (reason) {
    case "hostRefused":
      return ["This is no address of a Nango server.", "Give another one."]
    case "unauthorized":
      return [
        "Nango does not know this secret key.",
        "Copy the key of the right environment (Environment settings, API keys) of the right server; each environment has keys of its own."
      ]
    case "forbidden":
      return [
        `The secret key may not do this.${says}`,
        "Use a key whose scopes include connections (read, read credentials, create, update, delete), integrations and connect sessions."
      ]
    case "integrationNotFound":
      return [
        `This environment of Nango has no integration${named(subject.integration)}.`,
        "Create it from the provider Loom, or name another one with --integration; see docs/nango.md."
      ]
    case "connectionNotFound":
      return [
        `Nango has no connection${named(subject.connection)} of the integration${named(subject.integration)}.`,
        "It may have been deleted in Nango. Push the set-up again, or check id and integration in Nango's dashboard."
      ]
    case "duplicate":
      return [
        `Nango has another connection with this id already.${says}`,
        "Choose another one with --nango-connection, or delete that connection in Nango."
      ]
    case "credentialsRefused":
      return [
        `Nango tried the credentials and refused them.${says}`,
        "Look at them with: loom-scim check. If they pass there, Nango may not reach the endpoint: it takes every failure, also 404, 429 and 5xx, for wrong credentials."
      ]
    case "capped":
      return [
        "The plan of this Nango account allows no more connections.",
        "Delete unused connections in Nango, or upgrade the plan."
      ]
    case "refused":
      return [
        `Nango does not take the request (${status}).${says}`,
        "Compare the version of Nango with the one in docs/nango.md."
      ]
    case "rateLimited":
      return [
        "Nango asks for fewer requests.",
        wait === null ? "Try again in a minute." : `Try again in ${Math.ceil(wait / 1000)} seconds.`
      ]
    case "unavailable":
      return [
        status === null
          ? `Nango${subject.host === undefined ? "" : ` at ${subject.host}`} does not answer.`
          : `Nango failed (${status}).${says}`,
        "Try again later; nothing is lost, and a push that was half done is completed by the next one."
      ]
    case "notNango":
      return [
        `What answers there${status === null ? "" : ` (${status})`} is not Nango's public API.`,
        "Check the address: the API's, not the dashboard's."
      ]
  }
}

/** A failure with its words. */
export const failure = (
  reason: NangoReason,
  subject: Subject,
  answer: { readonly status: number | null; readonly said?: string; readonly waitMillis?: number | null } = {
    status: null
  }
): NangoFailure => {
  const { said = "", status, waitMillis = null } = answer
  const [detail, next] = wordsOf(reason, subject, status, said, waitMillis)
  return new NangoFailure({ reason, request: subject.label, status, retryAfterMillis: waitMillis, detail, next })
}

/** Reads an answer that is no success. `scrub` takes secrets out of what the server said. */
export const ofAnswer = (
  subject: Subject,
  answer: { readonly status: number; readonly text: string; readonly waitMillis: number | null },
  scrub: (text: string) => string
): NangoFailure => {
  const body = Option.getOrUndefined(errorBody(answer.text))?.error
  const issues = (body?.errors ?? []).map(({ message, path }) =>
    [path?.join("."), message].filter((part) => part !== undefined && part !== "").join(": ")
  )
  const said = oneLine(scrub([body?.message ?? "", ...issues].filter((part) => part !== "").join("; ")), 300)
  return failure(reasonOf(answer.status, body?.code, subject), subject, { ...answer, said })
}
