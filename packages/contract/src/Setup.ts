/** The guided set-up over HTTP: where it stands, what may be done, doing it, and what happened. */
import { PersonCommand } from "@loom-scim/core/setup/Command"
import { Recorded } from "@loom-scim/core/setup/Event"
import { Step } from "@loom-scim/core/setup/Step"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { path } from "./Connections.ts"
import { etag, ifMatch } from "./EntityTag.ts"
import { Idempotent, idempotencyKey } from "./Idempotency.ts"
import * as Page from "./Page.ts"
import { changing, reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { Setup, TaskAnswer } from "./SetupTask.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const { Begin: _begin, Remove: _remove, ...commands } = PersonCommand.cases

/** What may be submitted; beginning and removing are done on the connection itself. */
export const Command = Schema.Union(Object.values(commands)).pipe(
  shown("SetupCommand", "A decision, or a word given.", { _tag: "AddDomain", domain: "example.com" })
)

/** Whether a command would be taken now, as far as that does not depend on its values. */
export const Permission = Schema.Struct({
  command: Schema.String,
  step: Schema.NullOr(Step),
  allowed: Schema.Boolean,
  /** Why not, and how to get there. */
  detail: Schema.String,
  next: Schema.String
}).pipe(
  shown("CommandPermission", "Whether a command would be taken now, as far as that does not depend on its values.", {
    command: "ChooseDefaultRole",
    step: "sso",
    allowed: false,
    detail: "The step sso waits for the step domains.",
    next: "Add a domain, prove it by DNS TXT or e-mail, and go through the member list."
  })
)

const eventExample = {
  connectionId: "acme",
  sequence: 1,
  at: "2026-11-24T19:30:00.000Z",
  actor: { name: "key ci (k3x9mzq0a1b2)", face: "api" },
  event: { _tag: "Begun", name: "Acme" }
} as const

/** What happened, when, by whom and through which face. */
export const SetupEvent = Recorded.pipe(shown("SetupEvent", "One event of a connection's log.", eventExample))

/** A page of events, for the log of one connection and of all. */
export const EventPage = Page.of(SetupEvent).pipe(
  shown("EventPage", "Events in order.", { items: [eventExample], nextCursor: null })
)

/** A place in the log of one connection. */
export const EventCursor = Page.cursor(
  Schema.Struct({ eventsAfter: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)) })
)

/**
 * What a listener gets: each event under its sequence, so that `Last-Event-ID` goes on where a connection broke off, and
 * a beat now and then that keeps proxies from cutting it.
 */
export const SetupStreamEvent = Schema.Union([
  Schema.Struct({ id: Schema.String, event: Schema.Literal("setup"), data: Schema.fromJsonString(Recorded) }),
  Schema.Struct({ id: Schema.optionalKey(Schema.String), event: Schema.Literal("beat"), data: Schema.Literal("{}") })
])
export type SetupStreamEvent = typeof SetupStreamEvent.Type

/** The sequence of the last event that a listener got. */
export const lastEventId = {
  "last-event-id": Schema.optionalKey(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 1_000_000_000 }))
  )
}

const shownSetup = HttpApiSchema.WithHeaders(Setup, etag)
const change = { headers: { ...ifMatch, ...idempotencyKey }, success: shownSetup, error: changing }

/** The group. */
export class SetupGroup extends HttpApiGroup.make("setup")
  .add(
    HttpApiEndpoint.get("get", "/connections/:connection/setup", { params: path, success: shownSetup, error: reading })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "State, progress, next tasks and guidance"),
    HttpApiEndpoint.get("commands", "/connections/:connection/setup/commands", {
      params: path,
      success: Schema.Array(Permission),
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "Which commands are allowed now"),
    HttpApiEndpoint.post("submit", "/connections/:connection/setup/commands", {
      params: path,
      payload: Command,
      ...change
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Submit a command"),
    HttpApiEndpoint.post("answer", "/connections/:connection/setup/tasks/:task", {
      params: { ...path, task: Schema.String },
      payload: TaskAnswer,
      ...change
    })
      .middleware(Idempotent)
      .annotate(Needs, { verb: "operate", over: "connection" })
      .annotate(OpenApi.Summary, "Answer a task: attest, choose, type, or run its check"),
    HttpApiEndpoint.get("events", "/connections/:connection/setup/events", {
      params: path,
      query: Page.query(EventCursor),
      success: EventPage,
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "The log of the connection, the oldest event first"),
    HttpApiEndpoint.get("follow", "/connections/:connection/setup/events/stream", {
      params: path,
      headers: lastEventId,
      success: HttpApiSchema.StreamSse({ events: SetupStreamEvent }),
      error: reading
    })
      .annotate(Needs, { verb: "read", over: "connection" })
      .annotate(OpenApi.Summary, "The log as it grows (Server-Sent Events), after Last-Event-ID or from the beginning")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "The eight steps from an Enterprise plan to a proven SCIM connection.") {}
