/** Every error as the payload of Nango's `ActionError`: pure, and the one place where it is done. */
import { Predicate } from "effect"
import type { JsonObject } from "@loom-scim/core/scim/Json"

/**
 * What the caller of a function gets. `type` is for programs, `message` and `next` are for people; `next` says what a
 * person does about it. Everything else depends on the type. None of it holds the token.
 */
export interface FailurePayload {
  readonly type: string
  readonly message: string
  readonly next: string
  readonly [detail: string]: unknown
}

/** An error of core, or of ours: tagged, and with words for a person. */
export interface Told {
  readonly _tag: string
  readonly message: string
  readonly next: string
}

/** Whether an error has the words that a payload needs; anything else is a defect. */
export const isTold = (error: unknown): error is Told =>
  Predicate.hasProperty(error, "_tag") &&
  Predicate.isString(error._tag) &&
  Predicate.hasProperty(error, "message") &&
  Predicate.isString(error.message) &&
  Predicate.hasProperty(error, "next") &&
  Predicate.isString(error.next)

/** `RateLimited` → `rate_limited`. */
const typeOf = (tag: string): string => tag.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase()

// Fields of tagged errors that a caller may use, by the names they have everywhere.
const shown = [
  "operation",
  "status",
  "scimType",
  "detail",
  "reason",
  "origin",
  "outcome",
  "sent",
  "excerpt",
  "id",
  "ids",
  "doubt",
  "reasons"
] as const

const idOf = (resource: unknown): JsonObject => {
  const id = Predicate.hasProperty(resource, "id") ? resource.id : undefined
  return Predicate.isString(id) ? { existingId: id } : {}
}

const waitOf = (millis: unknown): JsonObject =>
  Predicate.isNumber(millis) ? { retryAfterSeconds: Math.ceil(millis / 1000) } : {}

/** The payload of a tagged error; fields without a value are left out. */
export const payloadOf = (error: Told): FailurePayload => {
  const details = shown.flatMap((name) => {
    const value: unknown = Predicate.hasProperty(error, name) ? error[name] : undefined
    return value === undefined || value === null ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(details),
    ...(Predicate.hasProperty(error, "resource") ? idOf(error.resource) : {}),
    ...(Predicate.hasProperty(error, "retryAfterMillis") ? waitOf(error.retryAfterMillis) : {}),
    type: typeOf(error._tag),
    message: error.message,
    next: error.next
  }
}

/** Where an input is not as its model says. Values are left out: they may be personal, or a secret in the wrong field. */
export interface Issue {
  /** Such as `emails.0.value`; empty for the input itself. */
  readonly path: string
  readonly message: string
}

/** The payload for an input that does not fit its model. */
export const invalidInput = (issues: ReadonlyArray<Issue>): FailurePayload => ({
  type: "invalid_input",
  message: `The input is not as this function wants it: ${issues.map(({ message, path }) => `${path === "" ? "input" : path}: ${message}`).join("; ")}`,
  next: "Correct the input, then call the function again; nothing was sent.",
  issues
})

/** The payload for a server's answer that does not fit the model of the function. */
export const invalidAnswer = (issues: ReadonlyArray<Issue>): FailurePayload => ({
  type: "unexpected_answer",
  message: `The server's answer lacks what this function promises: ${issues.map(({ message, path }) => `${path}: ${message}`).join("; ")}`,
  next: "Read the resource on the server before trying again: a change may have been carried out.",
  issues
})
