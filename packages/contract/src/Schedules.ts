/** Schedules: what is done to a connection by itself, and what came of it each time. */
import { Actor } from "@loom-scim/core/setup/Evidence"
import { Cadence } from "@loom-scim/core/schedules/Cadence"
import { GivenPolicy } from "@loom-scim/core/provisioning/PolicyRead"
import { CheckTask, Firing as FiringFields, ScheduleId, SyncSettings, Task } from "@loom-scim/core/schedules/Schedule"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { isLine } from "@loom-scim/core/setup/PlainText"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import { etag, ifMatch } from "./EntityTag.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import * as Page from "./Page.ts"
import { changing, reading } from "./Problem.ts"
import { prefer } from "./Runs.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const by = { name: "key ci (k3x9mzq0a1b2)", face: "api" } as const

const task = {
  _tag: "Sync",
  source: {
    _tag: "Connection",
    connection: "hr",
    mapping: { attributes: { externalId: "id", userName: "userName" } }
  },
  policy: {},
  adopt: "never",
  leftGroups: "empty"
} as const

const firingExample = {
  dueAt: "2026-11-24T19:45:00.000Z",
  startedAt: "2026-11-24T19:45:00.412Z",
  endedAt: "2026-11-24T19:45:03.120Z",
  askedBy: null,
  run: "20261124-194501-a1b2c3",
  outcome: { _tag: "Ran", run: "20261124-194501-a1b2c3", status: { _tag: "Completed" } }
} as const

const example = {
  id: "s20261124-193000-a1b2c3",
  connectionId: "acme",
  name: "every quarter of an hour",
  task,
  cadence: { _tag: "Every", seconds: 900 },
  enabled: true,
  version: 1,
  createdAt: "2026-11-24T19:30:00.000Z",
  createdBy: by,
  nextDueAt: "2026-11-24T20:00:00.000Z",
  last: firingExample
} as const

/** One due moment, or one time when somebody asked for it now. */
export const Firing = FiringFields.pipe(shown("Firing", "One due moment, and what came of it.", firingExample))

/** A schedule with the last that came of it. */
export const Schedule = Schema.Struct({
  id: ScheduleId,
  connectionId: ConnectionId,
  name: Schema.String,
  task: Task,
  cadence: Cadence,
  enabled: Schema.Boolean,
  /** Its ETag: one more with every change that a person makes. */
  version: Schema.Int,
  createdAt: Schema.DateTimeUtcFromString,
  createdBy: Actor,
  /** Null while it is not enabled. */
  nextDueAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** Null until it was fired. */
  last: Schema.NullOr(Firing)
}).pipe(shown("Schedule", "A schedule with the last that came of it; its ETag is its version.", example))
export type Schedule = typeof Schedule.Type

/** A page of schedules. */
export const SchedulePage = Page.of(Schedule).pipe(
  shown("SchedulePage", "Schedules of a connection in the order of their ids.", {
    items: [example],
    nextCursor: null
  })
)

/** A page of firings. */
export const FiringPage = Page.of(Firing).pipe(
  shown("FiringPage", "Firings, the newest first. They are kept for 90 days.", {
    items: [firingExample],
    nextCursor: null
  })
)

const { adopt, leftGroups, source } = SyncSettings.fields
const asked = {
  source,
  policy: Schema.optionalKey(GivenPolicy),
  adopt: Schema.optionalKey(adopt),
  leftGroups: Schema.optionalKey(leftGroups)
}

/** What is to be done. Careful where nothing is said, as an upload is. */
export const NewTask = Schema.Union([
  Schema.TaggedStruct("Sync", asked),
  Schema.TaggedStruct("FullSync", asked),
  CheckTask
])
export type NewTask = typeof NewTask.Type

const Name = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100), isLine)

/** What a new schedule needs. */
export const NewSchedule = Schema.Struct({
  name: Name,
  task: NewTask,
  cadence: Cadence,
  /** True without it. */
  enabled: Schema.optionalKey(Schema.Boolean)
}).pipe(
  shown("NewSchedule", "What is done, and how often.", {
    name: "the set-up, each morning",
    task: { _tag: "Check" },
    cadence: { _tag: "Daily", at: "06:30", timeZone: "Europe/Berlin" }
  })
)

/** What changes of a schedule; the rest stays. */
export const ScheduleChange = Schema.Struct({
  name: Schema.optionalKey(Name),
  task: Schema.optionalKey(NewTask),
  cadence: Schema.optionalKey(Cadence),
  enabled: Schema.optionalKey(Schema.Boolean)
}).pipe(shown("ScheduleChange", "What changes; what is left out stays as it is.", { enabled: false }))

export const ScheduleCursor = Page.cursor(Schema.Struct({ schedulesAfter: ScheduleId }))
export const FiringCursor = Page.cursor(Schema.Struct({ firingsBefore: Schema.DateTimeUtcFromString }))

/** The path of one schedule. */
export const schedulePath = { ...path, schedule: ScheduleId }

const all = "/connections/:connection/schedules"
const one = `${all}/:schedule` as const
const versioned = HttpApiSchema.WithHeaders(Schedule, etag)

/** The group. */
export class SchedulesGroup extends HttpApiGroup.make("schedules")
  .add(
    HttpApiEndpoint.get("list", all, {
      params: path,
      query: Page.query(ScheduleCursor),
      success: SchedulePage,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "The schedules of a connection"),
    HttpApiEndpoint.post("create", all, {
      params: path,
      headers: idempotencyKey,
      payload: NewSchedule,
      success: versioned.pipe(HttpApiSchema.status(201)),
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Have something done by itself"),
    HttpApiEndpoint.get("get", one, { params: schedulePath, success: versioned, error: reading })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "A schedule, with the last that came of it"),
    HttpApiEndpoint.patch("change", one, {
      params: schedulePath,
      headers: ifMatch,
      payload: ScheduleChange,
      success: versioned,
      error: changing
    })
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Change it, disable it, or enable it again"),
    HttpApiEndpoint.delete("remove", one, { params: schedulePath, headers: ifMatch, error: changing })
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Forget it and what came of it; a run that it began goes on"),
    HttpApiEndpoint.post("fire", `${one}/fire`, {
      params: schedulePath,
      headers: { ...idempotencyKey, ...prefer },
      success: [Firing, Firing.pipe(HttpApiSchema.status(202))],
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Fire it now, beside its due moments"),
    HttpApiEndpoint.get("firings", `${one}/firings`, {
      params: schedulePath,
      query: Page.query(FiringCursor),
      success: FiringPage,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "What came of each due moment, the newest first")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "What is done to a connection by itself, on any number of servers once.") {}
