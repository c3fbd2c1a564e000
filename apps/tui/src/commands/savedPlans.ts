/** Plans that were saved: held against the workspace as it is now, and begun, here or by a server. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Runs, type RunUnfinished } from "@loom-scim/core/ports/Runs"
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import type { Drift } from "@loom-scim/core/provisioning/PlanDrift"
import type { PlanFile, PlanFileRefused } from "@loom-scim/core/provisioning/PlanFile"
import { managedOf } from "@loom-scim/core/provisioning/PlanOptions"
import { take } from "@loom-scim/core/provisioning/PlanTake"
import type { Run } from "@loom-scim/core/runs/Run"
import { RunService } from "@loom-scim/core/runs/RunService"
import type { ListIncomplete } from "@loom-scim/core/scim/ScimClientList"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { verifiedDomains } from "@loom-scim/core/setup/State"
import { Context, Effect, Layer } from "effect"
import type { Ended } from "../Exit.ts"

/** A plan that may be carried out. */
export interface Ready extends Pick<PlanFile, "plan" | "policy"> {
  /** Begins its run; null when there was nothing to do. */
  readonly start: (by: Actor) => Effect.Effect<Run | null, JournalFailure | RunUnfinished | Ended>
}

/** What became of a saved plan. */
export interface Checked {
  readonly moved: ReadonlyArray<Drift>
  /** Null when something moved. */
  readonly ready: Ready | null
}

/** Looks at saved plans; changes nothing until one is started. */
export class SavedPlans extends Context.Service<
  SavedPlans,
  {
    /** Reads the workspace again. What the guard judges by is read, too, and not taken from the file. */
    readonly check: (
      file: PlanFile,
      connected: Connected,
      connection: Connection
    ) => Effect.Effect<Checked, PlanFileRefused | ScimError | ListIncomplete | JournalFailure | Ended>
  }
>()("loom-scim/SavedPlans") {
  /** Over the store and the runs of this machine. */
  static readonly layer: Layer.Layer<SavedPlans, never, Runs | RunService> = Layer.effect(
    SavedPlans,
    Effect.gen(function* () {
      const { manage, managed } = yield* Runs
      const { begin } = yield* RunService

      const started = ({ connectionId, plan, policy, recognised: found, source }: PlanFile) =>
        Effect.fnUntraced(function* (by: Actor) {
          // How they were last sent is not known.
          const recognised = found.map((one) => ({ ...one, digest: null, groups: [] }))
          if (!isEmpty(plan)) {
            return yield* begin({ connectionId, kind: "reconcile", parent: null, source, plan, policy, by, recognised })
          }
          yield* manage(
            connectionId,
            recognised.map((resource) => ({ _tag: "Keep", resource }))
          )
          return null
        })

      return SavedPlans.of({
        check: Effect.fnUntraced(function* (given, connected, { id, state }) {
          const known = { managed: managedOf(yield* managed(id)), domains: verifiedDomains(state) }
          const { file, moved } = yield* take(given, connected, known)
          const ready = file === null ? null : { plan: file.plan, policy: file.policy, start: started(file) }
          return { moved, ready }
        })
      })
    })
  )
}
