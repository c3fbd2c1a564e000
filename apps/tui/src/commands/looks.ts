/** Runs and their items as far as commands look at them, kept here or by a server. */
import { Runs } from "@loom-scim/core/ports/Runs"
import { Context, Effect, Layer } from "effect"

/** Looks at runs; changes nothing. */
export class Looks extends Context.Service<
  Looks,
  Pick<Runs["Service"], "list" | "find" | "counts" | "decisions" | "streamItems">
>()("loom-scim/Looks") {
  /** Over the store of this machine. */
  static readonly layer: Layer.Layer<Looks, never, Runs> = Layer.effect(
    Looks,
    Effect.map(Runs, ({ counts, decisions, find, list, streamItems }) =>
      Looks.of({ counts, decisions, find, list, streamItems })
    )
  )
}
