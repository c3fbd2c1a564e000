/** Plans: what would be done, made from an uploaded source, looked at, and carried out later if nothing moved. */
import { KeptPlan, PlanId } from "@loom-scim/core/ports/Plans"
import { ActionTag } from "@loom-scim/core/provisioning/Action"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import { IdempotentUpload, idempotencyKey } from "./Idempotency.ts"
import * as Jobs from "./Jobs.ts"
import { changing, reading, ServerProblem, TooLargeProblem } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const example = {
  id: "p20261124-193000-a1b2c3",
  connectionId: "acme",
  madeAt: "2026-11-24T19:30:00.000Z",
  madeBy: { name: "key ci (k3x9mzq0a1b2)", face: "api" },
  expiresAt: "2026-11-27T19:30:00.000Z",
  source: "people.csv",
  census: { people: 3, duplicates: 0, users: 5, managed: 0, unmanaged: 5, admins: 1 },
  withheld: [],
  counts: { Create: 3 },
  skipped: {},
  judgement: { _tag: "Clear" },
  remarks: { records: 3, excluded: 0, problems: [], problemCount: 0, contradictions: 0, failure: null }
} as const

/** A plan without its actions. */
export const Plan = KeptPlan.pipe(
  shown(
    "Plan",
    "A plan in short: what was counted, what the guard says, what the source had that made nobody.",
    example
  )
)

const Moved = Schema.Array(
  Schema.Struct({
    kind: Schema.Literals(["changed", "vanished", "appeared"]),
    id: Schema.String,
    label: Schema.String,
    action: ActionTag
  })
)

/** How the server moved since. */
export const DriftReport = Schema.Struct({
  /** True when nothing moved, so that the plan may be carried out. */
  ok: Schema.Boolean,
  moved: Moved
}).pipe(shown("DriftReport", "What of the server moved since the plan was made.", { ok: true, moved: [] }))

/** What became of a plan that came as a file. */
export const PlanTaken = Schema.Struct({
  /** As it is kept from now on; null when something moved. */
  plan: Schema.NullOr(Plan),
  moved: Moved
}).pipe(
  shown("PlanTaken", "The plan as it is kept from now on, or what moved on the server since it was made.", {
    plan: null,
    moved: [{ kind: "changed", id: "directory_user_TVZP", label: "ada@acme.com", action: "Update" }]
  })
)

/** A multipart form with a plan that was saved. */
export const PlanUpload = Schema.Struct({ plan: Schema.String }).pipe(
  shown("PlanUpload", "A form: `plan`, a file as `loom-scim plan --save` or `…/plans/{id}/file` gives it.", {
    plan: '{"version": 1, …}'
  }),
  HttpApiSchema.asMultipartStream()
)

/** A multipart form; the parts are told in its description. */
export const Upload = Schema.Struct({
  source: Schema.String,
  mapping: Schema.String,
  policy: Schema.optionalKey(Schema.String),
  adopt: Schema.optionalKey(Schema.String),
  leftGroups: Schema.optionalKey(Schema.String),
  kind: Schema.optionalKey(Schema.String),
  person: Schema.optionalKey(Schema.String),
  seen: Schema.optionalKey(Schema.String)
}).pipe(
  shown(
    "Upload",
    "A form: `source` (CSV or JSON Lines, a file), `mapping` and `policy` (YAML or JSON), `adopt` (never, unclaimed, any), `leftGroups` (empty, delete); for runs also `kind` (reconcile, incremental, provision), `person`, and `seen` (the fingerprint of the plan that was shown; refused when it would be another by now).",
    { source: "id,email\n1,ada@acme.com\n", mapping: "users:\n  externalId: id\n" }
  ),
  HttpApiSchema.asMultipartStream()
)

/** The path of one plan. */
export const planPath = { ...path, plan: PlanId }

/** What planning and carrying out may fail with. */
export const working = [...changing, ServerProblem, TooLargeProblem] as const

/** The group. */
export class PlansGroup extends HttpApiGroup.make("plans")
  .add(
    HttpApiEndpoint.post("make", "/connections/:connection/plans", {
      params: path,
      headers: { ...idempotencyKey, ...Jobs.prefer },
      payload: Upload,
      // 202 for one that is made in the background.
      success: [Plan.pipe(HttpApiSchema.status(201)), Jobs.begun],
      error: working
    })
      .middleware(IdempotentUpload)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(
        OpenApi.Summary,
        "Plan from an uploaded source, with Prefer: respond-async in the background; text/markdown when asked for by Accept"
      ),
    HttpApiEndpoint.post("take", "/connections/:connection/plans/file", {
      params: path,
      headers: idempotencyKey,
      payload: PlanUpload,
      success: [PlanTaken.pipe(HttpApiSchema.status(201)), PlanTaken],
      error: working
    })
      .middleware(IdempotentUpload)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Keep a plan that was saved as a file, if nothing moved; judged anew (201)"),
    HttpApiEndpoint.get("get", "/connections/:connection/plans/:plan", {
      params: planPath,
      success: Plan,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "A plan in short; with its actions as text/markdown when asked for by Accept"),
    HttpApiEndpoint.get("file", "/connections/:connection/plans/:plan/file", {
      params: planPath,
      success: HttpApiSchema.StreamUint8Array({ contentType: "application/json" }),
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "The whole plan, as `loom-scim apply --plan` takes it"),
    HttpApiEndpoint.get("drift", "/connections/:connection/plans/:plan/drift", {
      params: planPath,
      success: DriftReport,
      error: working
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "What moved on the server since")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "What would be done, and whether that still holds. Kept for 72 hours.") {}
