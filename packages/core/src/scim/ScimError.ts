/**
 * What can go wrong with a SCIM request (RFC 7644 §3.12), as typed errors.
 *
 * `message` is in our own words and without personal data, so that it may reach a trace or a log; `detail` is what the
 * server said and may name people; `next` is what a person does about it. No error holds the token.
 */
import { Schema } from "effect"

/** Fields of every error that an answer caused. */
const answered = {
  /** Method and path without ids, such as `PATCH /Users/{id}`. */
  operation: Schema.String,
  /** The HTTP status. */
  status: Schema.Int,
  /** The server's scimType, or null. */
  scimType: Schema.NullOr(Schema.String),
  /** The server's words: one line, bounded, without the token; null when it said nothing. */
  detail: Schema.NullOr(Schema.String)
}

/** 401: the token is wrong, expired or revoked. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", answered) {
  override get message(): string {
    return `${this.operation}: the server does not accept the token (${this.status}).`
  }
  get next(): string {
    return "Copy the bearer token again from the set-up console; a token that was renewed there replaces the old one."
  }
}

/** 403: the token is known, but may not do this. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", answered) {
  override get message(): string {
    return `${this.operation}: the server does not allow this (${this.status}).`
  }
  get next(): string {
    return "Check that directory sync is on, that the token belongs to this endpoint, and what it is allowed to do."
  }
}

/** 404: there is no such resource, or no such endpoint. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", answered) {
  override get message(): string {
    return `${this.operation}: there is no such resource (${this.status}).`
  }
  get next(): string {
    return "It may have been deleted on the server: read the directory again. If nothing is found, check the bridge URL."
  }
}

/** 409, or 400 with scimType `uniqueness`: a unique attribute is taken. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", {
  ...answered,
  /** The resource that holds the value, verified to do so; null when it could not be found. */
  resource: Schema.NullOr(Schema.JsonObject)
}) {
  override get message(): string {
    return `${this.operation}: a unique value is taken by another resource (${this.status}).`
  }
  get next(): string {
    return this.resource === null
      ? "Search the server for who has this user name, e-mail address or external id, then adopt or rename."
      : "Adopt the resource that has it if it is the same person; otherwise change the value on one side."
  }
}

/** 400 with scimType `invalidFilter`: the server does not understand the filter. */
export class InvalidFilter extends Schema.TaggedError<InvalidFilter>()("InvalidFilter", answered) {
  override get message(): string {
    return `${this.operation}: the server refuses the filter (${this.status}).`
  }
  get next(): string {
    return "Use a simpler filter, such as userName eq, or list without one."
  }
}

/** 400 with scimType `tooMany`: the answer would be larger than the server allows. */
export class TooMany extends Schema.TaggedError<TooMany>()("TooMany", answered) {
  override get message(): string {
    return `${this.operation}: there are more results than the server gives (${this.status}).`
  }
  get next(): string {
    return "Narrow the filter, or ask for smaller pages."
  }
}

/** 412: the resource was changed since it was read. */
export class PreconditionFailed extends Schema.TaggedError<PreconditionFailed>()("PreconditionFailed", answered) {
  override get message(): string {
    return `${this.operation}: the resource was changed since it was read (${this.status}).`
  }
  get next(): string {
    return "Read it again, and decide anew what to change."
  }
}

/** 429, longer or more often than the client waits by itself. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  ...answered,
  /** Milliseconds until the server wants to be asked again; null when it does not say. */
  retryAfterMillis: Schema.NullOr(Schema.Finite)
}) {
  override get message(): string {
    return `${this.operation}: the server asks to slow down (${this.status}).`
  }
  get next(): string {
    const seconds = Math.ceil((this.retryAfterMillis ?? 0) / 1000)
    const wait = seconds === 0 ? "a few minutes" : `${seconds} seconds`
    return `Wait ${wait}, then go on; if it stays, lower the rate of this connection.`
  }
}

/** 413: the body is too large, or a bulk request has too many operations (RFC 7644 §3.7.4). */
export class PayloadTooLarge extends Schema.TaggedError<PayloadTooLarge>()("PayloadTooLarge", answered) {
  override get message(): string {
    return `${this.operation}: the request is too large for the server (${this.status}).`
  }
  get next(): string {
    return "Send less at once: fewer members in a PATCH, fewer operations in a bulk request."
  }
}

/** Any other 4xx, or a request that was refused before it was sent: then `status` is 0. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", answered) {
  override get message(): string {
    if (this.status === 0) return `${this.operation}: not sent, as it cannot be meant.`
    return `${this.operation}: the server refuses the request (${this.status}${this.scimType === null ? "" : `, ${this.scimType}`}).`
  }
  get next(): string {
    return this.scimType === "mutability"
      ? "Leave out the attribute that the server does not let be changed."
      : "Correct the value that the server names; if it names none, compare with what its documentation requires."
  }
}

/** 5xx, and 408: the server gave up waiting for the request (RFC 9110 §15.5.9). */
export class ServerFault extends Schema.TaggedError<ServerFault>()("ServerFault", answered) {
  override get message(): string {
    if (this.status === 408) return `${this.operation}: the server gave up waiting for the request (408).`
    return `${this.operation}: the server has a problem of its own (${this.status}).`
  }
  get next(): string {
    return this.status === 501
      ? "The server does not have this function: do without it."
      : "Try again in a few minutes; if it stays, tell whoever runs the server the time and this status."
  }
}

/** Why an answer could not be used. */
export const MalformedReason = Schema.Literals(["webPage", "notJson", "notObject", "notAList", "noId", "tooLong"])
export type MalformedReason = typeof MalformedReason.Type

const malformedText: Readonly<Record<MalformedReason, string>> = {
  webPage: "is a web page",
  notJson: "is not JSON",
  notObject: "is not a SCIM resource",
  notAList: "is not a SCIM list",
  noId: "has no id",
  tooLong: "is longer than the limit"
}

/** An answer that is none: a web page, cut-off JSON, a body over the limit. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {
  ...answered,
  reason: MalformedReason,
  /** The beginning of the body without token, e-mail addresses and JSON texts; at most 200 characters. */
  excerpt: Schema.String
}) {
  override get message(): string {
    return `${this.operation}: the answer ${malformedText[this.reason]} (${this.status}).`
  }
  get next(): string {
    if (this.reason === "tooLong") return "Ask for smaller pages or fewer attributes; large groups: leave out members."
    if (this.reason === "webPage")
      return "A proxy or log-in page may have answered: check the bridge URL and the network."
    return "Try again; if it stays, the server or something in between is broken: tell whoever runs it."
  }
}

/** 3xx: never followed, since the token would go along. */
export class Redirected extends Schema.TaggedError<Redirected>()("Redirected", {
  ...answered,
  /** The origin pointed at; null when it cannot be read. Path and query are left out: they may hold what was sent. */
  origin: Schema.NullOr(Schema.String)
}) {
  override get message(): string {
    return `${this.operation}: the server redirects to ${this.origin ?? "another place"} (${this.status}); not followed.`
  }
  get next(): string {
    return "Check the bridge URL; if the endpoint has moved, paste the new one from the set-up console."
  }
}

/** There was no answer. */
export class Transport extends Schema.TaggedError<Transport>()("Transport", {
  operation: Schema.String,
  outcome: Schema.Literals(["tls", "timeout", "dns", "forbiddenAddress", "unreachable"]),
  /** The whole sentence, from `transportFailure.explain`. */
  explanation: Schema.String,
  /** What to do, from `transportFailure.explain`. */
  next: Schema.String,
  /** `no`: the request surely did not reach the server. `maybe`: it may have been carried out. */
  sent: Schema.Literals(["no", "maybe"])
}) {
  override get message(): string {
    return `${this.operation}: ${this.explanation}`
  }
}

/** Every error of the client. */
export type ScimError =
  | Unauthorized
  | Forbidden
  | NotFound
  | Conflict
  | InvalidFilter
  | TooMany
  | PreconditionFailed
  | RateLimited
  | PayloadTooLarge
  | InvalidRequest
  | ServerFault
  | Malformed
  | Redirected
  | Transport

/**
 * True when the server may have carried the request out although this error came: a time-out, a cut connection, a
 * server fault, an unreadable answer.
 */
export const isUncertain = (error: ScimError): boolean => {
  switch (error._tag) {
    case "Transport":
      return error.sent === "maybe"
    case "ServerFault":
      return error.status !== 501 && error.status !== 505
    case "Malformed":
      return error.status < 300
    default:
      return false
  }
}
