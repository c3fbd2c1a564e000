/** Checks: what was true at set-up need not be true today. */
import { CheckResult } from "@loom-scim/core/setup/Check"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { path } from "./Connections.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import { changing } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

/** Everything that was looked at. */
export const CheckReport = Schema.Struct({
  /** False when any line failed. */
  ok: Schema.Boolean,
  results: Schema.Array(CheckResult)
}).pipe(
  shown("CheckReport", "What a check saw, line by line.", {
    ok: true,
    results: [{ step: "credentials", subject: "token", outcome: "ok", detail: "364 days left", next: "" }]
  })
)

/** The group. */
export class ChecksGroup extends HttpApiGroup.make("checks")
  .add(
    HttpApiEndpoint.post("run", "/connections/:connection/checks", {
      params: path,
      headers: idempotencyKey,
      success: CheckReport,
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Check again all that can be checked, and record what was seen")
  )
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "What was true at set-up need not be true today.") {}
