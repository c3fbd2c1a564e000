/** Whether a request may leave now: asked right before each one, after whatever waits there were. */
import { Context, Effect } from "effect"

/** Waits until it may, or for ever. By default everything may leave at once. */
export const SendLeave = Context.Reference<Effect.Effect<void>>("@loom-scim/core/scim/SendLeave", {
  defaultValue: () => Effect.void
})
