/** `loom-scim cancel`: ends a run. */
import { RunService } from "@loom-scim/core/runs/RunService"
import { Effect, Option } from "effect"
import { printEnding } from "./carry.ts"
import { actingAs, faceOf, withRuns } from "./runServices.ts"
import { runIdFrom } from "./runId.ts"
import type { SharedFlags } from "./shared.ts"

export const cancel = (flags: SharedFlags, own: { readonly run: string }) =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const id = yield* runIdFrom(own.run)
      const { cancel, report } = yield* RunService
      yield* cancel(id, actingAs(faceOf(flags), Option.none()))
      yield* printEnding(flags, yield* report(id))
    })
  )
