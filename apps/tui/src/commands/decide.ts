/** `loom-scim allow` and `loom-scim reject`: what a person decides about what the guard holds. */
import type { Decision } from "@loom-scim/core/provisioning/Decision"
import { RunService } from "@loom-scim/core/runs/RunService"
import * as PlainText from "@loom-scim/core/setup/PlainText"
import { Effect, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { carry, printEnding } from "./carry.ts"
import { actingAs, faceOf, withRuns } from "./runServices.ts"
import { runIdFrom } from "./runId.ts"
import type { SharedFlags } from "./shared.ts"

/** The flags of both. */
export interface DecideFlags {
  readonly run: string
  readonly note: string
  readonly as: Option.Option<string>
}

const recorded = Effect.fnUntraced(function* (flags: SharedFlags, own: DecideFlags, verdict: Decision["verdict"]) {
  const id = yield* runIdFrom(own.run)
  const note = own.note.trim()
  if (note === "") {
    return yield* new Ended({ code: codes.usage, reason: "NoteMissing", detail: "Say why, with --note." })
  }
  const as = Option.getOrElse(own.as, () => "")
  const unfit = PlainText.refuseLines("--note", note) ?? PlainText.refuseLine("--as", as)
  if (unfit !== undefined) return yield* new Ended({ code: codes.usage, reason: "Unfit", detail: unfit })
  const by = actingAs(faceOf(flags), own.as)
  yield* RunService.use((service) => service.decide(id, { verdict, by, note }))
  return { id, by }
})

/** Records that it is allowed, and lets the run go on at once. */
export const allow = (flags: SharedFlags, own: DecideFlags) =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const { by, id } = yield* recorded(flags, own, "allow")
      return yield* carry(flags, id, { actor: by, isResumed: true })
    })
  )

/** Records that it is rejected, and ends the run. */
export const reject = (flags: SharedFlags, own: DecideFlags) =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const { id } = yield* recorded(flags, own, "reject")
      const { follow, report } = yield* RunService
      // Nothing is sent by this: the run is only told.
      yield* follow(id)
      yield* printEnding(flags, yield* report(id))
    })
  )
