/** Checks: what was true at set-up need not be true today. */
import { CheckResult } from "@loom-scim/core/setup/Check"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import * as Jobs from "./Jobs.ts"
import { changing, reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

/** Everything that was looked at. */
export const CheckReport = Schema.Struct({
  /** False when any line failed. */
  ok: Schema.Boolean,
  at: Schema.DateTimeUtcFromString,
  by: Schema.String,
  results: Schema.Array(CheckResult)
}).pipe(
  shown("CheckReport", "What a check saw, line by line.", {
    ok: true,
    at: "2026-11-24T19:30:00.000Z",
    by: "key ci (k3x9mzq0a1b2)",
    results: [{ step: "credentials", subject: "token", outcome: "ok", detail: "364 days left", next: "" }]
  })
)

/** The group. */
export class ChecksGroup extends HttpApiGroup.make("checks")
  .add(
    HttpApiEndpoint.post("run", "/connections/:connection/checks", {
      params: path,
      headers: { ...idempotencyKey, ...Jobs.prefer },
      // 202 for a check in the background.
      success: [CheckReport, Jobs.begun],
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(
        OpenApi.Summary,
        "Check again all that can be checked, with Prefer: respond-async in the background, and record what was seen"
      ),
    HttpApiEndpoint.get("latest", "/connections/:connection/checks", {
      params: path,
      success: CheckReport,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "What the last check through the API saw")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "What was true at set-up need not be true today.") {}
