/**
 * One call at a time on a connection. Nango's locks hold between functions only where its runners share a store, so this
 * is kept in the checkpoint of the function: Nango writes one only if nobody else has since it was read, and so whoever
 * lost it is told before anything more is sent.
 */
import { Clock, Effect, Schema } from "effect"
import type { ReconcileNango } from "./ReconcileNango.ts"

/** Another call is at it. */
export class ReconcileUnderWay extends Schema.TaggedError<ReconcileUnderWay>()("ReconcileUnderWay", {
  /** Milliseconds. */
  retryAfterMillis: Schema.Finite
}) {
  override get message(): string {
    return "Another call of apply-reconcile is at work on this connection, or one was stopped a moment ago."
  }
  get next(): string {
    return "Wait until it has answered, or as long as it says, then call again: nothing is lost, and nothing is done twice."
  }
}

/** How long a call that was killed keeps the others out. A call that is alive renews it before everything it sends. */
const span = 5 * 60 * 1000

const underWay = (retryAfterMillis: number) => new ReconcileUnderWay({ retryAfterMillis })

// What Nango's runner says when somebody else has written meanwhile, and when its store does not answer.
const isRefused = (error: unknown): boolean => error instanceof Error && error.message.startsWith("Error saving")

/** Takes it for another while. */
export const renew = (nango: ReconcileNango): Effect.Effect<void, ReconcileUnderWay> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.tryPromise({
      try: () => nango.saveCheckpoint({ until: now + span }),
      catch: (error) => error
    }).pipe(Effect.catch((error) => (isRefused(error) ? Effect.fail(underWay(span)) : Effect.die(error))))
  )

/** Does something while it is held. */
export const holding = <A, E>(
  nango: ReconcileNango,
  work: Effect.Effect<A, E>
): Effect.Effect<A, E | ReconcileUnderWay> =>
  Effect.gen(function* () {
    const held = yield* Effect.promise(() => nango.getCheckpoint())
    const now = yield* Clock.currentTimeMillis
    if (held !== null && held.until > now) return yield* underWay(held.until - now)
    yield* renew(nango)
    // One that was stopped by Nango cannot let it go, and whoever lost it must not.
    const release = Effect.promise(() => nango.saveCheckpoint({ until: 0 }).catch(() => undefined))
    return yield* Effect.ensuring(work, release)
  })
