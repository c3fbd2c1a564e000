/** Looks at a store, again and again, for whether there is something to do. */
import { Effect } from "effect"

/**
 * A look that is taken over and over, and mostly finds nothing. It makes no spans: those of nothing would bury all
 * others. What it finds is done outside it, and traced there.
 */
export const looking: <A, E, R>(look: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> =
  Effect.withTracerEnabled(false)
