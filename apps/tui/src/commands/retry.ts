/** `loom-scim retry`: what another run left undone, as a run of its own. */
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Console, Effect, type Option } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import { impossibleText } from "../plain/ImpossibleText.ts"
import { begin, showPlan, startable } from "./begin.ts"
import { policyOf } from "./policy.ts"
import { Proposals } from "./proposals.ts"
import { overRun, withRuns } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"

/** Its flags. */
export interface RetryFlags {
  readonly run: string
  readonly policy: Option.Option<string>
  readonly yes: boolean
}

/**
 * Shows what is still to be done and what is not tried since it was changed or decided anew, asks, and carries it out.
 * Exits 4 when not all of it is tried.
 */
export const retry = (flags: SharedFlags, own: RetryFlags) =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const run = yield* overRun(own.run)
      const { connectionId, id } = run
      const connection = yield* SetupService.use((setup) => setup.get(connectionId))
      const policy = yield* policyOf(own.policy, connection)
      const { impossible, plan } = yield* Effect.mapError(
        Proposals.use((proposals) => proposals.retry(run)),
        fromError
      )
      yield* showPlan(flags, { plan, policy })
      if (impossible.length > 0) {
        const text = () => impossibleText("Not tried; plan again with loom-scim apply", impossible)
        yield* Console.log(flags.json ? JSON.stringify({ _tag: "Impossible", impossible }) : text())
      }
      yield* begin(
        flags,
        startable({ connectionId, kind: "retry", parent: id, source: `run ${id}`, plan, policy, recognised: [] }),
        { yes: own.yes, question: (count) => `Try ${count === 1 ? "1 action" : `${count} actions`} again? [y/N] ` }
      )
      if (impossible.length > 0) {
        const detail = `${impossible.length} of what run ${id} left undone was not tried; see above.`
        return yield* new Ended({ code: codes.checkFailed, reason: "NotAllTried", detail })
      }
      return undefined
    })
  )
