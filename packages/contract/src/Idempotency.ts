/** The Idempotency-Key header: a POST sent twice with the same key is carried out once. */
import { Context, type Effect, Schema } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { KeyReusedProblem, StillRunningProblem, StoreProblem } from "./Problem.ts"
import type { Principal } from "./Security.ts"

/** The header's name, in lower case as Node gives it. */
export const header = "idempotency-key"

/** What a key may look like: 1 to 128 printable characters, such as a UUID. */
export const IdempotencyKey = Schema.String.check(
  Schema.isPattern(/^[\x21-\x7e]{1,128}$/, { message: "1 to 128 printable characters without spaces" })
)

/** For the headers of an endpoint that takes one. */
export const idempotencyKey = { [header]: Schema.optionalKey(IdempotencyKey) } as const

/**
 * Fields of an answer that are not kept: a repeated request gets null in their place. Annotates endpoints that answer
 * with a secret.
 */
export const Withheld = Context.Reference<ReadonlyArray<string>>("@loom-scim/contract/Idempotency/Withheld", {
  defaultValue: () => []
})

const error = [KeyReusedProblem, StillRunningProblem, StoreProblem] as const

/** Why a request with a key is not carried out. */
export type NotOnce = KeyReusedProblem | StillRunningProblem | StoreProblem

/**
 * Answers a repeated request with the answer to the first one. Stands on every POST but those that take an upload, which
 * have {@link IdempotentUpload}.
 */
export class Idempotent extends HttpApiMiddleware.Service<Idempotent, { requires: Principal }>()(
  "@loom-scim/contract/Idempotency/Idempotent",
  { error }
) {}

/** Carries out what was uploaded: once per key, if the request has one. */
export class OncePerUpload extends Context.Service<
  OncePerUpload,
  {
    /**
     * `digest` is of all that was uploaded, so the upload has been read to its end by then, and nothing has been begun.
     * Where the same was carried out before, its answer is given instead.
     */
    readonly once: <E, R>(
      digest: string,
      carryOut: Effect.Effect<HttpServerResponse, E, R>
    ) => Effect.Effect<HttpServerResponse, E | NotOnce, R>
  }
>()("@loom-scim/contract/Idempotency/OncePerUpload") {}

/**
 * The same for a POST that takes an upload, beside whatever else it takes: an upload is told by its bytes, which are known
 * only when it has come, so its handler says when that is.
 */
export class IdempotentUpload extends HttpApiMiddleware.Service<
  IdempotentUpload,
  { requires: Principal; provides: OncePerUpload }
>()("@loom-scim/contract/Idempotency/IdempotentUpload", { error }) {}
