/** `loom-scim plan` */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import type { Planned } from "@loom-scim/core/runs/SyncPlan"
import { Console, Effect, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { using } from "./connected.ts"
import { planOf, plans } from "./planning.ts"
import * as PlanReport from "./planReport.ts"
import { save } from "./planSave.ts"
import type { SharedFlags } from "./shared.ts"
import { oneForm, within } from "./shared.ts"
import { type PlanningFlags, subjectOf } from "./subject.ts"

/** The command's own flags. */
export interface PlanFlags extends PlanningFlags {
  readonly markdown: boolean
  readonly save: Option.Option<string>
}

const keep = Effect.fnUntraced(function* (path: string, result: Planned, own: PlanFlags, connected: Connected) {
  if (result.reading.failure !== null) {
    return yield* Console.error("The plan was not saved: the source was not read to its end.")
  }
  yield* save(path, result, own, connected)
  return yield* Console.error(`The plan was saved to ${path}; people are in it.`)
})

/**
 * Compares a source with the server and shows what would be done; nothing is changed. Exit code 0: nothing to do, 2:
 * something to do, 4: the source could not be read whole, or has records that make no person or contradict each other.
 */
export const plan = (flags: SharedFlags, own: PlanFlags): Effect.Effect<void, Ended> =>
  using(own.connection, (connected, connection) =>
    Effect.gen(function* () {
      yield* oneForm({ json: flags.json, markdown: own.markdown })
      const subject = yield* subjectOf(flags, own, connection, { again: false })
      const result = yield* planOf(subject)
      yield* Console.log(
        flags.json ? PlanReport.json(result) : own.markdown ? PlanReport.markdown(result) : PlanReport.text(result)
      )
      if (Option.isSome(own.save)) yield* keep(own.save.value, result, own, connected)
      const trouble = PlanReport.sourceProblems(result)
      if (trouble !== null) return yield* trouble
      if (!isEmpty(result.plan)) {
        return yield* new Ended({ code: codes.usage, reason: "SomethingToDo", detail: "There is something to do." })
      }
      return undefined
    }).pipe(Effect.scoped)
  ).pipe((effect) => within(flags, "cli", plans, effect))
