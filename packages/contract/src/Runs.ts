/** Runs: plans being carried out. They go on whether or not anybody listens. */
import { PlanId, SourceRemarks } from "@loom-scim/core/ports/Plans"
import { ActionTag } from "@loom-scim/core/provisioning/Action"
import { Decision } from "@loom-scim/core/provisioning/Decision"
import { GivenPolicy } from "@loom-scim/core/provisioning/PolicyRead"
import { UndoRefusal } from "@loom-scim/core/provisioning/UndoOutcome"
import { Plan } from "@loom-scim/core/provisioning/Plan"
import { Run, RunId, RunStatus } from "@loom-scim/core/runs/Run"
import { ItemOutcome, ItemState, Phase, RunItem } from "@loom-scim/core/runs/RunItem"
import { isLines } from "@loom-scim/core/setup/PlainText"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import { Idempotent, IdempotentUpload, idempotencyKey } from "./Idempotency.ts"
import * as Jobs from "./Jobs.ts"
import * as Page from "./Page.ts"
import { Upload, working } from "./Plans.ts"
import { reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { lastEventId } from "./Setup.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const runExample = {
  id: "20261124-193000-a1b2c3",
  connectionId: "acme",
  kind: "reconcile",
  parent: null,
  startedAt: "2026-11-24T19:30:00.000Z",
  startedBy: { name: "key ci (k3x9mzq0a1b2)", face: "api" },
  endedAt: "2026-11-24T19:30:02.000Z",
  source: "people.csv",
  census: { people: 3, duplicates: 0, users: 5, managed: 0, unmanaged: 5, admins: 1 },
  withheld: [],
  plan: "b1946ac92492d2347c6235b4d2611184",
  judgement: { _tag: "Clear" },
  status: { _tag: "Completed" },
  stops: 0,
  cancelledBy: null
} as const

/** A run without its items. */
export const RunShown = Run.pipe(shown("Run", "A run without its items.", runExample))

/** A page of runs. */
export const RunPage = Page.of(RunShown).pipe(
  shown("RunPage", "Runs of a connection, the newest first.", { items: [runExample], nextCursor: null })
)

const reportExample = {
  run: runExample,
  counts: [{ phase: "creations", state: "done", count: 3 }],
  decisions: []
} as const

/** A run with what was counted and decided. */
export const RunReport = Schema.Struct({
  run: RunShown,
  counts: Schema.Array(Schema.Struct({ phase: Schema.NullOr(Phase), state: ItemState, count: Schema.Int })),
  decisions: Schema.Array(Decision)
}).pipe(shown("RunReport", "A run with what was counted and decided.", reportExample))

const Impossible = Schema.Array(
  Schema.Struct({ label: Schema.String, tag: ActionTag, reason: UndoRefusal, detail: Schema.String })
)

/** What beginning a run came to. */
export const RunBegun = Schema.Struct({
  /** Null when there was nothing to do. */
  report: Schema.NullOr(RunReport),
  /** What cannot be put back, of an undoing; what is not tried, of a retry. */
  impossible: Impossible,
  /** What the source had that made nobody; null without an upload. */
  remarks: Schema.NullOr(SourceRemarks)
}).pipe(
  shown("RunBegun", "The run that was begun, if there was anything to do.", {
    report: reportExample,
    impossible: [],
    remarks: null
  })
)

const creation = {
  _tag: "Create",
  key: "1",
  label: "ada@acme.com",
  at: "line 2",
  reason: "newInSource",
  resource: { userName: "ada@acme.com" }
} as const

/** What another run would do about a run. */
export const Proposal = Schema.Struct({ plan: Plan, impossible: Impossible }).pipe(
  shown(
    "RunProposal",
    "What trying it again, or undoing it, would do by now, and what is not tried or cannot be put back.",
    {
      plan: {
        version: 1,
        census: runExample.census,
        withheld: [],
        counts: { Create: 1 },
        skipped: {},
        actions: [creation]
      },
      impossible: []
    }
  )
)

const itemExample = {
  position: 0,
  phase: "creations",
  action: "Create",
  label: "ada@acme.com",
  key: "1",
  state: "done",
  intendedAt: "2026-11-24T19:30:01.000Z",
  settledAt: "2026-11-24T19:30:01.100Z",
  outcome: { _tag: "Done", id: "2819c223", by: "answer" }
} as const

const ItemFields = Schema.Struct({
  position: Schema.Int,
  phase: Schema.NullOr(Phase),
  action: ActionTag,
  label: Schema.String,
  key: Schema.NullOr(Schema.String),
  state: ItemState,
  intendedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  settledAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  outcome: Schema.NullOr(ItemOutcome)
})

/** What became of one object. */
export const Item = ItemFields.pipe(shown("RunItem", "What became of one user or group.", itemExample))
export type Item = typeof Item.Type

/** A page of items. */
export const ItemPage = Page.of(Item).pipe(
  shown("RunItemPage", "Items in the order of the plan.", { items: [itemExample], nextCursor: null })
)

/** A page of items with everything that was to be done. */
export const JournalPage = Page.of(RunItem).pipe(
  shown("RunJournalPage", "Items in the order of the plan, each with its whole action.", {
    items: [
      {
        position: 0,
        phase: "creations",
        action: creation,
        state: "done",
        intendedAt: "2026-11-24T19:30:01.000Z",
        settledAt: "2026-11-24T19:30:01.100Z",
        outcome: { _tag: "Done", id: "2819c223", by: "answer" }
      }
    ],
    nextCursor: null
  })
)

const isStates =
  /^(?:planned|intended|done|doubtful|failed|dropped)(?:,(?:planned|intended|done|doubtful|failed|dropped))*$/

/** States of items, separated by commas. */
export const States = Schema.String.check(Schema.isPattern(isStates, { message: "states, separated by commas" }))

/** What a listener gets. `item` has an id to go on behind; `status` tells how the run stands, at first and when it changes. */
export const RunStreamEvent = Schema.Union([
  Schema.Struct({ id: Schema.String, event: Schema.Literal("item"), data: Schema.fromJsonString(ItemFields) }),
  Schema.Struct({
    id: Schema.optionalKey(Schema.String),
    event: Schema.Literal("status"),
    data: Schema.fromJsonString(RunStatus)
  }),
  Schema.Struct({ id: Schema.optionalKey(Schema.String), event: Schema.Literal("beat"), data: Schema.Literal("{}") })
])
export type RunStreamEvent = typeof RunStreamEvent.Type

/** A run of a plan that was kept. */
export const FromPlan = Schema.Struct({ plan: PlanId }).pipe(
  shown("NewRun", "Carries out a plan that was kept, if nothing moved.", { plan: "p20261124-193000-a1b2c3" })
)

/** Why. */
export const Note = Schema.Struct({
  note: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2000), isLines)
}).pipe(shown("Note", "Why it is decided so; kept with the key's name.", { note: "The office in Ulm was closed." }))

/** Limits of the guard, and which plan it is to be. */
export const Again = Schema.Struct({
  policy: Schema.optionalKey(GivenPolicy),
  /** The fingerprint of the plan that was proposed; refused when it would be another by now. */
  seen: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)))
}).pipe(shown("RunAgain", "The guard's limits; careful without them.", { policy: { losses: { count: 20 } } }))

/** How long an answer is waited for: `respond-async` not at all, `wait=` so many seconds (RFC 7240). */
export { prefer } from "./Jobs.ts"

export const RunCursor = Page.cursor(Schema.Struct({ runsBefore: RunId }))
export const ItemCursor = Page.cursor(Schema.Struct({ itemsAfter: Schema.Int }))

/** The path of one run. */
export const runPath = { ...path, run: RunId }

const one = "/connections/:connection/runs/:run"
const begun = [RunBegun, RunBegun.pipe(HttpApiSchema.status(202))] as const
const stands = [RunReport, RunReport.pipe(HttpApiSchema.status(202))] as const
const headers = { ...idempotencyKey, ...Jobs.prefer }

/** The group. */
export class RunsGroup extends HttpApiGroup.make("runs")
  .add(
    HttpApiEndpoint.get("list", "/connections/:connection/runs", {
      params: path,
      query: { ...Page.query(RunCursor), unfinished: Schema.optionalKey(Schema.Literals(["true", "false"])) },
      success: RunPage,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "The runs of a connection, the newest first"),
    HttpApiEndpoint.post("begin", "/connections/:connection/runs", {
      params: path,
      headers,
      payload: [FromPlan, Upload],
      // 202 for a run that goes on, or for one of an upload whose plan is made in the background.
      success: [RunBegun, Schema.Union([RunBegun, Jobs.Job]).pipe(HttpApiSchema.status(202))],
      error: working
    })
      .middleware(IdempotentUpload)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(
        OpenApi.Summary,
        "Begin a run of a kept plan or of an uploaded source; with Prefer: respond-async an upload is planned in the background"
      ),
    HttpApiEndpoint.get("get", one, { params: runPath, success: RunReport, error: reading })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "How a run stands"),
    HttpApiEndpoint.get("items", `${one}/items`, {
      params: runPath,
      query: { ...Page.query(ItemCursor), state: Schema.optionalKey(ItemState), phase: Schema.optionalKey(Phase) },
      success: ItemPage,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "What became of each object"),
    HttpApiEndpoint.get("journal", `${one}/journal`, {
      params: runPath,
      query: { ...Page.query(ItemCursor), states: Schema.optionalKey(States) },
      success: JournalPage,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "The same with everything that was to be done, from what to what"),
    HttpApiEndpoint.get("follow", `${one}/events`, {
      params: runPath,
      headers: lastEventId,
      success: HttpApiSchema.StreamSse({ events: RunStreamEvent }),
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(
        OpenApi.Summary,
        "Outcomes as they come (Server-Sent Events), after Last-Event-ID or from the beginning"
      ),
    HttpApiEndpoint.post("allow", `${one}/allow`, {
      params: runPath,
      headers,
      payload: Note,
      success: stands,
      error: working
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Allow what the guard holds, and go on"),
    HttpApiEndpoint.post("reject", `${one}/reject`, {
      params: runPath,
      headers,
      payload: Note,
      success: stands,
      error: working
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Reject what the guard holds; the run ends"),
    HttpApiEndpoint.post("pause", `${one}/pause`, { params: runPath, headers, success: stands, error: working })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Stop cleanly until somebody says resume"),
    HttpApiEndpoint.post("resume", `${one}/resume`, { params: runPath, headers, success: stands, error: working })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Go on from wherever it stands"),
    HttpApiEndpoint.post("cancel", `${one}/cancel`, { params: runPath, headers, success: stands, error: working })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "End it: nothing more is sent"),
    HttpApiEndpoint.get("retryOf", `${one}/retry`, { params: runPath, success: Proposal, error: working })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "What trying it again would do; changes nothing"),
    HttpApiEndpoint.post("retry", `${one}/retry`, {
      params: runPath,
      headers,
      payload: Again,
      success: begun,
      error: working
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Try what it left undone again, as a run of its own"),
    HttpApiEndpoint.get("undoOf", `${one}/undo`, { params: runPath, success: Proposal, error: working })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "What undoing it would do; changes nothing"),
    HttpApiEndpoint.post("undo", `${one}/undo`, {
      params: runPath,
      headers,
      payload: Again,
      success: begun,
      error: working
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Do the opposite of what it did, as a run of its own")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "Durable: a run goes on after a crash, and nothing is done twice.") {}
