/** `loom-scim undo`: the opposite of what a run did, as a run of its own. */
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import { impossibleText } from "../plain/ImpossibleText.ts"
import { begin, showPlan, startable } from "./begin.ts"
import { policyOf } from "./policy.ts"
import { Proposals } from "./proposals.ts"
import { overRun, withRuns } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"

/** Its flags. */
export interface UndoFlags {
  readonly run: string
  readonly policy: Option.Option<string>
  readonly yes: boolean
}

/** Shows what would be put back and what cannot be, asks, and carries it out. Exits 4 when not all of it can be. */
export const undo = (flags: SharedFlags, own: UndoFlags) =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const run = yield* overRun(own.run)
      const { connectionId, id } = run
      const connection = yield* SetupService.use((setup) => setup.get(connectionId))
      const { impossible, plan } = yield* Effect.mapError(
        Proposals.use((proposals) => proposals.undo(run)),
        fromError
      )
      const policy = yield* policyOf(own.policy, connection)
      yield* showPlan(flags, { plan, policy })
      if (impossible.length > 0) {
        const text = () => impossibleText("Cannot be undone", impossible)
        yield* Console.log(flags.json ? JSON.stringify({ _tag: "Impossible", impossible }) : text())
      }
      yield* begin(
        flags,
        startable({ connectionId, kind: "undo", parent: id, source: `run ${id}`, plan, policy, recognised: [] }),
        { yes: own.yes, question: (count) => `Undo with ${count === 1 ? "1 action" : `${count} actions`}? [y/N] ` }
      )
      if (impossible.length > 0) {
        const detail = `${impossible.length} of what run ${id} did cannot be undone; see above.`
        return yield* new Ended({ code: codes.checkFailed, reason: "NotAllUndone", detail })
      }
      return undefined
    })
  )
