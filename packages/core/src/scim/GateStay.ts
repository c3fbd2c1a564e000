/** How long a request stays at the gate of its connection, for work that has something better to do than to wait. */
import { Context, Effect, Result } from "effect"
import type { RateLimited } from "./ScimError.ts"

/** What a piece of work says to its requests. */
export interface GateStay {
  /** Longer pauses of the server are not waited for, in milliseconds. */
  readonly longest: number
  /** Ends when nobody waits at the gate any longer; null when that never is. */
  readonly over: Effect.Effect<void> | null
  /** What a request comes to that left the gate unsent. */
  readonly left: (error: RateLimited) => Effect.Effect<Result.Result<never, RateLimited>>
  /** A request that may have changed something was sent, and not refused for its haste. */
  readonly written: () => void
}

/** By default a request waits as long as the options of the client allow. */
export const GateStay = Context.Reference<GateStay>("@loom-scim/core/scim/GateStay", {
  defaultValue: () => ({
    longest: Number.POSITIVE_INFINITY,
    over: null,
    left: (error) => Effect.succeed(Result.fail(error)),
    written: () => undefined
  })
})
