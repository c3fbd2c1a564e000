/** Puts a run on the terminal until it is over, stops or is left. */
import type { RunId } from "@loom-scim/core/runs/Run"
import type { RunReport } from "@loom-scim/core/runs/RunService"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { Effect } from "effect"
import { codes } from "../Exit.ts"
import { goOn } from "../plain/RunText.ts"
import { RunApp } from "./RunApp.tsx"
import type { Services, Trouble } from "./RunStore.ts"
import { RunStore } from "./RunStore.ts"
import { screen } from "./screen.tsx"

/** The second Ctrl-C: the process ends as if it had been killed, which a run survives. */
const abort = (id: RunId): void => {
  process.stderr.write(`loom-scim: ended at once; let the run go on with: ${goOn(id).resume}\n`)
  process.exit(codes.interrupted)
}

/** How the screen ended. */
export interface Shown {
  /** Whether a person stopped it while it was at work. */
  readonly isStopped: boolean
  /** What failed on the way, the newest last. */
  readonly troubles: ReturnType<RunStore["getSnapshot"]>["progress"]["troubles"]
}

export const showRun = (
  report: RunReport,
  actor: Actor,
  options: { readonly isResumed: boolean }
): Effect.Effect<Shown, Trouble, Services> =>
  Effect.gen(function* () {
    const services = yield* Effect.context<Services>()
    const store = yield* screen(
      () => new RunStore(services, report, actor, options),
      (shown) => <RunApp store={shown} abort={abort} />
    )
    if (store.failure !== null) return yield* Effect.failCause(store.failure)
    const { progress, stopping } = store.getSnapshot()
    return { isStopped: stopping, troubles: progress.troubles }
  })
