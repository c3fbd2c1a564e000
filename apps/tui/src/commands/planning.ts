/** Plans about everybody, made here or by a server; and where the command that only shows them gets them from. */
import type { PlanFailure, Planned, PlanServices, Subject } from "@loom-scim/core/runs/SyncPlan"
import { planned } from "@loom-scim/core/runs/SyncPlan"
import type { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Context, Effect, Layer } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import type { Environment } from "../Services.ts"
import { elsewhere } from "../Services.ts"
import { clients } from "./connected.ts"

/** Makes plans. */
export class Planning extends Context.Service<
  Planning,
  {
    /**
     * Compares everybody, and changes nothing. What a server makes a plan of has to be whole: a source that ends early
     * fails there, and is told beside the plan here.
     */
    readonly plan: (subject: Subject) => Effect.Effect<Planned, PlanFailure | SourceFailure>
  }
>()("loom-scim/Planning") {
  /** Over the store and the connections of this machine. */
  static readonly layer: Layer.Layer<Planning, never, PlanServices> = Layer.effect(
    Planning,
    Effect.map(Effect.context<PlanServices>(), (services) =>
      Planning.of({ plan: (subject) => Effect.provideContext(planned(subject, "full"), services) })
    )
  )
}

/** Where plans come from. */
export const plans = {
  here: (environment: Environment) => Layer.provideMerge(Planning.layer, clients.here(environment)),
  there: elsewhere
}

/** Makes a plan, or says why there is none. */
export const planOf = (subject: Subject): Effect.Effect<Planned, Ended, Planning> =>
  Effect.mapError(
    Planning.use(({ plan }) => plan(subject)),
    (error) =>
      error._tag === "SourceFailure"
        ? new Ended({
            code: codes.checkFailed,
            reason: "SourceProblems",
            detail: `The source was not read to its end: ${error.message}`
          })
        : fromError(error)
  )
