/** `loom-scim resume`: lets a run go on from wherever it stands. */
import { Effect, Option } from "effect"
import { carry } from "./carry.ts"
import { actingAs, faceOf, runOf, withRuns } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"

export const resume = (flags: SharedFlags, own: { readonly run: Option.Option<string> }) =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const { id } = yield* runOf(own.run)
      return yield* carry(flags, id, { actor: actingAs(faceOf(flags), Option.none()), isResumed: true })
    })
  )
