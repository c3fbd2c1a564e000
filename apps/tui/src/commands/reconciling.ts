/** From a plan to its run, begun here or by a server. */
import { Sync } from "@loom-scim/core/runs/Sync"
import { Context, Effect, Layer } from "effect"
import type { Ended } from "../Exit.ts"

type Begin = Sync["Service"]["begin"]

/** Begins plans that were shown, and remembers what came of them. */
export class Reconciling extends Context.Service<
  Reconciling,
  {
    /** As core's; a server also looks whether the workspace has moved since the plan was made. */
    readonly begin: (
      ...asked: Parameters<Begin>
    ) => Effect.Effect<Effect.Success<ReturnType<Begin>>, Effect.Error<ReturnType<Begin>> | Ended>
    readonly settle: Sync["Service"]["settle"]
  }
>()("loom-scim/Reconciling") {
  /** Over core's own. */
  static readonly layer: Layer.Layer<Reconciling, never, Sync> = Layer.effect(
    Reconciling,
    Effect.map(Sync, ({ begin, settle }) => Reconciling.of({ begin, settle }))
  )
}
