/** Jobs: what goes on behind a 202, and what came of it. */
import { JobId, KeptJob } from "@loom-scim/core/ports/Jobs"
import { Schema, Struct } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { path } from "./Connections.ts"
import { reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

/** `Prefer: respond-async` (RFC 7240 §4.1) answers at once; others of its preferences are ignored, as the RFC says. */
export const prefer = { prefer: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(200))) }

/** How a job stands. */
export const Job = KeptJob.mapFields(Struct.omit(["connectionId", "seenAt"])).pipe(
  shown(
    "Job",
    "What goes on behind a 202: `result` is the path of what came of it, null once it is done when there was nothing to do; `problem` what the request would have been refused with; `remarks`, of a run, what the source had that made nobody.",
    {
      id: "j20261124-193000-a1b2c3",
      kind: "plan",
      status: "done",
      begunAt: "2026-11-24T19:30:00.000Z",
      endedAt: "2026-11-24T19:31:10.000Z",
      by: "key ci (k3x9mzq0a1b2)",
      result: "/v1/connections/acme/plans/p20261124-193110-a1b2c3",
      problem: null
    }
  )
)

/** The answer to what is done in the background. */
export const begun = Job.pipe(HttpApiSchema.status(202))

/** The group. */
export class JobsGroup extends HttpApiGroup.make("jobs")
  .add(
    HttpApiEndpoint.get("get", "/connections/:connection/jobs/:job", {
      params: { ...path, job: JobId },
      success: Job,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "How a job stands, and what came of it")
  )
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "What was asked for with Prefer: respond-async. Kept for 72 hours.") {}
