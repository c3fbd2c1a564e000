/** `loom-scim plan` */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import { Runs } from "@loom-scim/core/ports/Runs"
import { isEmpty } from "@loom-scim/core/provisioning/Plan"
import { Console, Effect, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { withClient } from "./connected.ts"
import { type Planned, planned, type PlanningFlags, sourceProblems } from "./planning.ts"
import * as PlanReport from "./planReport.ts"
import { save } from "./planSave.ts"
import type { SharedFlags } from "./shared.ts"

/** The command's own flags. */
export interface PlanFlags extends PlanningFlags {
  readonly markdown: boolean
  readonly save: Option.Option<string>
}

const keep = Effect.fnUntraced(function* (path: string, result: Planned, own: PlanFlags, connected: Connected) {
  if (result.made.failure !== null) {
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
  withClient(flags, own.connection, (connected, connection) =>
    Effect.gen(function* () {
      const managed = yield* Runs.use((runs) => runs.managed(connection.id))
      const result = yield* planned(flags, own, { connected, connection, managed })
      const { made } = result
      yield* Console.log(
        flags.json ? PlanReport.json(result) : own.markdown ? PlanReport.markdown(result) : PlanReport.text(result)
      )
      if (Option.isSome(own.save)) yield* keep(own.save.value, result, own, connected)
      const trouble = sourceProblems(made)
      if (trouble !== null) return yield* trouble
      if (!isEmpty(made.plan)) {
        return yield* new Ended({ code: codes.usage, reason: "SomethingToDo", detail: "There is something to do." })
      }
      return undefined
    }).pipe(Effect.scoped)
  )
