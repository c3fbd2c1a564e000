/**
 * What the API says when it says no: RFC 9457 problem details. `type` is stable and may be matched on, `detail` says
 * what happened, `next` what to do about it. `instance` names the request, as in the header `x-request-id`.
 */
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"

const urn = <const Slug extends string>(slug: Slug) => `urn:loom-scim:problem:${slug}` as const

const words = { detail: Schema.String, next: Schema.String }

/** What the SCIM server said, in problems that an answer of its caused: no token, but perhaps names of people. */
export const ScimAnswer = Schema.Struct({
  status: Schema.Int,
  scimType: Schema.NullOr(Schema.String),
  detail: Schema.NullOr(Schema.String)
})

const scim = { scim: Schema.optionalKey(ScimAnswer) }

/** 400: the request does not have the form that the API describes. */
export class InvalidRequestProblem extends HttpApiError.Problem<InvalidRequestProblem>()(
  "InvalidRequestProblem",
  { type: urn("invalid-request"), status: 400, title: "The request is not in the form of this API" },
  { ...words, errors: Schema.Array(HttpApiError.ProblemIssue) }
) {}

/** 401: no key, an unknown one, an expired or a revoked one; which of them is not said. */
export class UnauthenticatedProblem extends HttpApiError.Problem<UnauthenticatedProblem>()(
  "UnauthenticatedProblem",
  { type: urn("unauthenticated"), status: 401, title: "No valid API key" },
  words
) {}

/** 403: the key is good, but not for this. */
export class NotAllowedProblem extends HttpApiError.Problem<NotAllowedProblem>()(
  "NotAllowedProblem",
  { type: urn("not-allowed"), status: 403, title: "This key may not do this" },
  words
) {}

/** 404: there is no such thing, or none that this key may know of. */
export class NotFoundProblem extends HttpApiError.Problem<NotFoundProblem>()(
  "NotFoundProblem",
  { type: urn("not-found"), status: 404, title: "There is no such resource" },
  { ...words, ...scim }
) {}

/** 409: what was asked does not fit the state the resource is in. */
export class RefusedProblem extends HttpApiError.Problem<RefusedProblem>()(
  "RefusedProblem",
  { type: urn("refused"), status: 409, title: "Refused in this state" },
  { ...words, ...scim, reason: Schema.String, missing: Schema.NullOr(Schema.String) }
) {}

/** 409: someone else changed the resource while this request was being carried out. */
export class ChangedMeanwhileProblem extends HttpApiError.Problem<ChangedMeanwhileProblem>()(
  "ChangedMeanwhileProblem",
  { type: urn("changed-meanwhile"), status: 409, title: "Changed by someone else meanwhile" },
  words
) {}

/** 409: the first request with this Idempotency-Key is still being carried out. The answer carries Retry-After. */
export class StillRunningProblem extends HttpApiError.Problem<StillRunningProblem>()(
  "StillRunningProblem",
  { type: urn("still-running"), status: 409, title: "The same request is still running" },
  { ...words, retryAfter: Schema.Int }
) {}

/** 412: If-Match names another version than the one that stands. */
export class PreconditionProblem extends HttpApiError.Problem<PreconditionProblem>()(
  "PreconditionProblem",
  { type: urn("precondition-failed"), status: 412, title: "Not the version that If-Match names" },
  { ...words, ...scim }
) {}

/** 413: the body is larger than this server takes. */
export class TooLargeProblem extends HttpApiError.Problem<TooLargeProblem>()(
  "TooLargeProblem",
  { type: urn("too-large"), status: 413, title: "The body is too large" },
  words
) {}

/** 415: the body is of a media type this endpoint does not take. */
export class MediaTypeProblem extends HttpApiError.Problem<MediaTypeProblem>()(
  "MediaTypeProblem",
  { type: urn("media-type"), status: 415, title: "Unsupported media type" },
  words
) {}

/** 422: well-formed, but a value in it cannot be taken. */
export class InvalidInputProblem extends HttpApiError.Problem<InvalidInputProblem>()(
  "InvalidInputProblem",
  { type: urn("invalid-input"), status: 422, title: "A value cannot be taken" },
  { ...words, ...scim, reason: Schema.String, missing: Schema.NullOr(Schema.String) }
) {}

/** 422: the Idempotency-Key was used before with another request. */
export class KeyReusedProblem extends HttpApiError.Problem<KeyReusedProblem>()(
  "KeyReusedProblem",
  { type: urn("idempotency-key-reused"), status: 422, title: "This Idempotency-Key belongs to another request" },
  words
) {}

/** 429: more requests than this key may send, or more jobs than may go on at once. The answer carries Retry-After. */
export class TooManyProblem extends HttpApiError.Problem<TooManyProblem>()(
  "TooManyProblem",
  { type: urn("too-many-requests"), status: 429, title: "Too many requests" },
  { ...words, retryAfter: Schema.Int }
) {}

/** 500: a defect of this program. The log has it under the request's id. */
export class InternalProblem extends HttpApiError.Problem<InternalProblem>()(
  "InternalProblem",
  { type: urn("internal"), status: 500, title: "An error of this program" },
  words
) {}

/** 502: the SCIM server refused, failed or could not be reached. */
export class ServerProblem extends HttpApiError.Problem<ServerProblem>()(
  "ServerProblem",
  { type: urn("scim-server"), status: 502, title: "The SCIM server did not do it" },
  { ...words, ...scim, reason: Schema.String }
) {}

/** 503: the store cannot be read or written now. */
export class StoreProblem extends HttpApiError.Problem<StoreProblem>()(
  "StoreProblem",
  { type: urn("store"), status: 503, title: "The store cannot be used now" },
  { ...words, reason: Schema.String }
) {}

/** 503: a sealed token cannot be opened or a new one not be sealed. */
export class VaultProblem extends HttpApiError.Problem<VaultProblem>()(
  "VaultProblem",
  { type: urn("vault"), status: 503, title: "A sealed secret cannot be used" },
  { ...words, reason: Schema.String }
) {}

/** 503: the server is shutting down, or not ready yet. */
export class NotReadyProblem extends HttpApiError.Problem<NotReadyProblem>()(
  "NotReadyProblem",
  { type: urn("not-ready"), status: 503, title: "Not ready" },
  words
) {}

/** What every look at a resource may fail with. */
export const reading = [NotFoundProblem, StoreProblem] as const

/** What every change of a resource may fail with. */
export const changing = [
  NotFoundProblem,
  StoreProblem,
  VaultProblem,
  RefusedProblem,
  ChangedMeanwhileProblem,
  PreconditionProblem,
  InvalidInputProblem
] as const

/** The union of {@link reading}. */
export type Reading = NotFoundProblem | StoreProblem

/** The union of {@link changing}. */
export type Changing =
  | Reading
  | VaultProblem
  | RefusedProblem
  | ChangedMeanwhileProblem
  | PreconditionProblem
  | InvalidInputProblem

/** Every kind, for whoever turns a bare status into a problem or lists the types. */
export const all = [
  InvalidRequestProblem,
  UnauthenticatedProblem,
  NotAllowedProblem,
  NotFoundProblem,
  RefusedProblem,
  ChangedMeanwhileProblem,
  StillRunningProblem,
  PreconditionProblem,
  TooLargeProblem,
  MediaTypeProblem,
  InvalidInputProblem,
  KeyReusedProblem,
  TooManyProblem,
  InternalProblem,
  ServerProblem,
  StoreProblem,
  VaultProblem,
  NotReadyProblem
] as const
