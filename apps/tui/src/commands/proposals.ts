/** What a run about another run would do, told here or by a server. */
import type { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { Runs } from "@loom-scim/core/ports/Runs"
import type { VaultFailure } from "@loom-scim/core/ports/Vault"
import type { Undone } from "@loom-scim/core/provisioning/Undo"
import * as Again from "@loom-scim/core/runs/Again"
import type { Run } from "@loom-scim/core/runs/Run"
import type { RunRefused } from "@loom-scim/core/runs/RunService"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import type { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import type { SetupService } from "@loom-scim/core/setup/SetupService"
import { Context, Effect, Layer } from "effect"

/** Why there is no proposal. */
type ProposalFailure = JournalFailure | RunRefused | ScimError | SetupRefused | VaultFailure

/** Makes plans from journals and from what the server has now; changes nothing. */
export class Proposals extends Context.Service<
  Proposals,
  {
    /** What the run left undone and is still to be done, and what is not tried. */
    readonly retry: (run: Run) => Effect.Effect<Undone, ProposalFailure>
    /** The opposite of what it did, and what cannot be put back. */
    readonly undo: (run: Run) => Effect.Effect<Undone, ProposalFailure>
  }
>()("loom-scim/Proposals") {
  /** Over the store and the connections of this machine. */
  static readonly layer = Layer.effect(
    Proposals,
    Effect.map(Effect.context<Runs | SetupService | ConnectedClient>(), (services) =>
      Proposals.of({
        retry: (run) => Effect.provideContext(Again.retryOf(run), services),
        undo: (run) => Effect.provideContext(Again.undoOf(run), services)
      })
    )
  )
}
