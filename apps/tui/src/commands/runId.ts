/** The id of a run as a person types it. */
import { RunId } from "@loom-scim/core/runs/Run"
import { Effect, Schema } from "effect"
import { codes, Ended } from "../Exit.ts"

/** Reads one. */
export const runIdFrom = (text: string): Effect.Effect<RunId, Ended> =>
  Schema.decodeUnknownEffect(RunId)(text.trim()).pipe(
    Effect.mapError(() => {
      const detail = `"${text}" is no run: its id looks like 20261124-193000-a1b2c3. See them with: loom-scim runs`
      return new Ended({ code: codes.usage, reason: "InvalidRunId", detail })
    })
  )
