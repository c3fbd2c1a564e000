/** What a server says that was asked to begin a run, when it answers once the run has begun. */
import type { Job } from "@loom-scim/contract/Jobs"
import type { RunBegun } from "@loom-scim/contract/Runs"
import type { Run } from "@loom-scim/core/runs/Run"
import { Effect } from "effect"

/** Null when there was nothing to do. A job is the answer only to an upload that is to be planned in the background. */
export const begunRun = (begun: typeof RunBegun.Type | typeof Job.Type): Effect.Effect<Run | null> =>
  "report" in begun
    ? Effect.succeed(begun.report === null ? null : begun.report.run)
    : Effect.die(new Error("a job in place of a run"))
