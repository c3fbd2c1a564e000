/** Whether this node has a key of its store: one that has none would say that it is ready, and fail at every token. */
import { KeyFailure } from "@loom-scim/platform-node/vault/KeyFailure"
import { KeyRing } from "@loom-scim/platform-node/vault/KeyRing"
import { Effect, Layer } from "effect"

/**
 * Fails with `KeyFailure` when nothing that is sealed can be opened here, unless `isLost` says that it is known. When only
 * some of it cannot, those tokens were lost before: the rest is served, and the log says which key is missing.
 */
export const layer = (isLost: boolean): Layer.Layer<never, KeyFailure, KeyRing> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const ring = yield* KeyRing
      const { missing, present } = yield* ring.sealedUnder
      if (missing.length === 0) return
      const ids = missing.join(", ")
      if (present.length > 0 || isLost) {
        return yield* Effect.logWarning(`tokens sealed with key ${ids} cannot be opened; save them again`)
      }
      const where = ring.location.kind === "environment" ? "LOOM_SCIM_KEY" : `the key file ${ring.location.path}`
      return yield* new KeyFailure({
        reason: "unopenable",
        detail: `The tokens in this store are sealed with key ${ids}, and ${where} is another key or none`,
        next: "Set LOOM_SCIM_KEY (or LOOM_SCIM_KEY_PREVIOUS) to the key of the other nodes, or restore the key file from a backup. If the key is lost for good, start once with --lost-key and save each token again."
      })
    })
  )
