/** The Idempotency-Key header: a POST sent twice with the same key is carried out once. */
import { Context, Schema } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
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

/** Answers a repeated request with the answer to the first one. Stands on every POST. */
export class Idempotent extends HttpApiMiddleware.Service<Idempotent, { requires: Principal }>()(
  "@loom-scim/contract/Idempotency/Idempotent",
  { error: [KeyReusedProblem, StillRunningProblem, StoreProblem] }
) {}
