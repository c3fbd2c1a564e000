/** The doctor over HTTP: examine the SCIM server, now or in the background, and the last report. */
import { DoctorStatus } from "@loom-scim/core/ports/Reports"
import { Finding } from "@loom-scim/core/scim/DoctorFinding"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import * as Directory from "./Directory.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import * as Jobs from "./Jobs.ts"
import { reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

/** How the server is examined. */
export const Examination = Schema.Struct({
  /** With a disposable user and group, which are removed again. Without it, nothing is changed. */
  write: Schema.optionalKey(Schema.Boolean),
  /** Remove what earlier examinations left. */
  removeLeftovers: Schema.optionalKey(Schema.Boolean)
}).pipe(shown("Examination", "How the server is examined; read-only unless `write` is true.", { write: false }))

/** The last examination, or the one under way. */
export const DoctorReport = Schema.Struct({
  status: DoctorStatus,
  begunAt: Schema.DateTimeUtcFromString,
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  by: Schema.String,
  write: Schema.Boolean,
  /** Null until it is done; false when any finding is an error. */
  ok: Schema.NullOr(Schema.Boolean),
  findings: Schema.Array(Finding)
}).pipe(
  shown("DoctorReport", "One finding per check; while it is running, those there are.", {
    status: "done",
    begunAt: "2026-11-24T19:30:00.000Z",
    endedAt: "2026-11-24T19:30:02.000Z",
    by: "key ci (k3x9mzq0a1b2)",
    write: false,
    ok: true,
    findings: [
      {
        check: "listUsers",
        severity: "ok",
        evidence: "250 users on 3 pages.",
        meaning: "Everybody can be seen.",
        next: ""
      }
    ]
  })
)

/** The group. */
export class DoctorGroup extends HttpApiGroup.make("doctor")
  .add(
    HttpApiEndpoint.post("examine", "/connections/:connection/doctor", {
      params: path,
      headers: { ...idempotencyKey, ...Jobs.prefer },
      payload: Examination,
      // 202 for an examination in the background.
      success: [DoctorReport, Jobs.begun],
      error: Directory.asking
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Examine the SCIM server; with Prefer: respond-async in the background"),
    HttpApiEndpoint.get("latest", "/connections/:connection/doctor", {
      params: path,
      success: DoctorReport,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "The last report, or the findings so far")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "What the SCIM server can do and gets wrong.") {}
