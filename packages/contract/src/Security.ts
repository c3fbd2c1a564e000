/** Who may: bearer keys, what each endpoint needs, and what the caller turned out to be. */
import { Grant, Verb } from "@loom-scim/core/ports/ApiKeys"
import { Context, Schema } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import {
  NotAllowedProblem,
  NotFoundProblem,
  NotReadyProblem,
  StoreProblem,
  TooManyProblem,
  UnauthenticatedProblem
} from "./Problem.ts"

/** Who is calling. */
export const Caller = Schema.Struct({
  /** Stable and unique: the id of the key, or `oidc:` and the subject of the token. */
  id: Schema.String,
  kind: Schema.Literals(["key", "subject"]),
  /** As it is recorded beside what the caller does. */
  name: Schema.NonEmptyString,
  grants: Schema.Array(Grant)
})
export type Caller = typeof Caller.Type

/** The caller of the request being answered. */
export class Principal extends Context.Service<Principal, Caller>()("@loom-scim/contract/Security/Principal") {}

/**
 * What an endpoint needs: a verb over the connection in its path, over everything, or over anything at all. With
 * `anything` the handler shows only what the caller's grants reach.
 */
export const Need = Schema.Struct({
  verb: Verb,
  over: Schema.Literals(["connection", "everything", "anything"])
})
export type Need = typeof Need.Type

/** The annotation that carries the need. An endpoint behind {@link Authorization} without it is refused to everybody. */
export class Needs extends Context.Service<Needs, Need>()("@loom-scim/contract/Security/Needs") {}

/** Lets a caller in who has a valid key or token that reaches what the endpoint needs, at the pace allowed to it. */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Principal }>()(
  "@loom-scim/contract/Security/Authorization",
  {
    // In lower case, as it is registered: pages that read the document take `Bearer` for another scheme.
    security: { bearer: HttpApiSecurity.http({ scheme: "bearer" }) },
    error: [UnauthenticatedProblem, NotAllowedProblem, NotFoundProblem, TooManyProblem, StoreProblem, NotReadyProblem]
  }
) {}
