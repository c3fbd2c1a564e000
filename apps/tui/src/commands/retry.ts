/** `loom-scim retry`: what another run left undone, as a run of its own. */
import { Effect, type Option } from "effect"
import { begin, showPlan, startable } from "./begin.ts"
import { policyOf } from "./policy.ts"
import { Proposals } from "./proposals.ts"
import { overRun, withRuns } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"
import { SetupService } from "@loom-scim/core/setup/SetupService"

/** Its flags. */
export interface RetryFlags {
  readonly run: string
  readonly policy: Option.Option<string>
  readonly yes: boolean
}

export const retry = (flags: SharedFlags, own: RetryFlags) =>
  withRuns(
    flags,
    Effect.gen(function* () {
      const run = yield* overRun(own.run)
      const { id } = run
      const connection = yield* SetupService.use((setup) => setup.get(run.connectionId))
      const policy = yield* policyOf(own.policy, connection)
      const plan = yield* Proposals.use((proposals) => proposals.retry(run))
      yield* showPlan(flags, { plan, policy })
      return yield* begin(
        flags,
        startable({
          connectionId: run.connectionId,
          kind: "retry",
          parent: id,
          source: `run ${id}`,
          plan,
          policy,
          recognised: []
        }),
        { yes: own.yes, question: (count) => `Try ${count === 1 ? "1 action" : `${count} actions`} again? [y/N] ` }
      )
    })
  )
