/** Requests that change something leave an entry in the audit log. */
import { HttpApiMiddleware } from "effect/http-api"
import { StoreProblem } from "./Problem.ts"
import type { Principal } from "./Security.ts"

/**
 * Records who asked for what, where the change has left no entry of its own. Stands on every group behind
 * `Authorization`, so that no endpoint that changes something can be without it; looks leave nothing. What cannot be
 * recorded is not begun.
 */
export class Audited extends HttpApiMiddleware.Service<Audited, { requires: Principal }>()(
  "@loom-scim/contract/Audited/Audited",
  { error: StoreProblem }
) {}
