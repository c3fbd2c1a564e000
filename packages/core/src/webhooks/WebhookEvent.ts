/** What webhooks are told, and how it follows from what has happened. Neither people nor secrets are in it. */
import { DateTime, Schema } from "effect"
import { RunId, RunKind, type RunStatus } from "../runs/Run.ts"
import { ConnectionId } from "../setup/ConnectionId.ts"
import type { Recorded } from "../setup/Event.ts"
import * as Progress from "../setup/Progress.ts"
import { evolve, initial, type State } from "../setup/State.ts"
import * as Step from "../setup/Step.ts"

/** Everything a webhook can ask for. */
export const eventTypes = [
  "setup.step_completed",
  "setup.step_invalidated",
  "connection.removed",
  "run.started",
  "run.waiting",
  "run.paused",
  "run.resumed",
  "run.completed",
  "run.cancelled"
] as const

/** The type of an event; `webhook.test` is what the test of a webhook sends, asked for or not. */
export const EventType = Schema.Literals([...eventTypes, "webhook.test"])
export type EventType = typeof EventType.Type

const run = { connectionId: ConnectionId, runId: RunId, kind: RunKind }

/** An event of a type, with what it tells. */
const about = <const Type extends EventType, const Fields extends Schema.Struct.Fields>(type: Type, data: Fields) =>
  Schema.Struct({
    type: Schema.Literal(type),
    /** When it happened, which is not when it is told. */
    timestamp: Schema.DateTimeUtcFromString,
    data: Schema.Struct(data)
  })

/** Every event, as it is told. */
export const WebhookEvent = Schema.Union([
  about("setup.step_completed", { connectionId: ConnectionId, step: Step.Step }),
  about("setup.step_invalidated", {
    connectionId: ConnectionId,
    step: Step.Step,
    because: Schema.String,
    endangers: Schema.String
  }),
  about("connection.removed", { connectionId: ConnectionId }),
  about("run.started", run),
  about("run.waiting", run),
  about("run.paused", { ...run, reason: Schema.String, next: Schema.String }),
  about("run.resumed", run),
  about("run.completed", run),
  /** Ended by a person: asked for, or by rejecting what the guard held. */
  about("run.cancelled", { ...run, outcome: Schema.Literals(["cancelled", "rejected"]) }),
  about("webhook.test", { webhookId: Schema.String })
])
export type WebhookEvent = typeof WebhookEvent.Type

/** A run as it changed; `before` is null when it began. */
export interface RunChange {
  readonly connectionId: ConnectionId
  readonly runId: RunId
  readonly kind: RunKind
  readonly before: RunStatus | null
  readonly after: RunStatus
  readonly at: DateTime.Utc
}

/** What a change of a run's status tells; null when it tells nothing. */
export const ofRun = ({ after, at, before, connectionId, kind, runId }: RunChange): WebhookEvent | null => {
  if (before?._tag === after._tag && (after._tag !== "Paused" || before._tag !== "Paused")) return null
  const timestamp = at
  const data = { connectionId, runId, kind }
  switch (after._tag) {
    case "Running":
      return { type: before === null ? "run.started" : "run.resumed", timestamp, data }
    case "Waiting":
      return { type: "run.waiting", timestamp, data }
    case "Paused":
      if (before?._tag === "Paused" && before.reason === after.reason) return null
      return { type: "run.paused", timestamp, data: { ...data, reason: after.reason, next: after.next } }
    case "Completed":
      return { type: "run.completed", timestamp, data }
    case "Cancelled":
      return { type: "run.cancelled", timestamp, data: { ...data, outcome: "cancelled" } }
    case "Rejected":
      return { type: "run.cancelled", timestamp, data: { ...data, outcome: "rejected" } }
  }
}

const ofOne = (before: State, after: State, { at, connectionId, event }: Recorded): ReadonlyArray<WebhookEvent> => {
  if (event._tag === "Removed") return [{ type: "connection.removed", timestamp: at, data: { connectionId } }]
  const completed = Step.all
    .filter((step) => !Progress.isDone(before, step) && Progress.isDone(after, step))
    .map((step): WebhookEvent => ({ type: "setup.step_completed", timestamp: at, data: { connectionId, step } }))
  if (event._tag !== "StepInvalidated") return completed
  const { because, endangers, step } = event.invalidation
  const data = { connectionId, step, because, endangers }
  return [...completed, { type: "setup.step_invalidated", timestamp: at, data }]
}

/**
 * What the events of one journey after the sequence `seen` tell. All of its events are needed, since a step is done by
 * what stands before it too.
 */
export const ofJourney = (journey: ReadonlyArray<Recorded>, seen: number): ReadonlyArray<WebhookEvent> => {
  const told: Array<WebhookEvent> = []
  let state = initial
  for (const recorded of journey) {
    const after = evolve(state, recorded.event, recorded.at)
    if (recorded.sequence > seen) told.push(...ofOne(state, after, recorded))
    state = after
  }
  return told
}

const Text = Schema.fromJsonString(WebhookEvent)

/** The body that tells an event. */
export const toPayload = Schema.encodeEffect(Text)

/** The connection an event is about; null when it is about none. */
export const connectionOf = (event: WebhookEvent): ConnectionId | null =>
  event.type === "webhook.test" ? null : event.data.connectionId

/** Whether a webhook is told an event: what happened before it was made or enabled, it is not told. */
export const isFor = (
  event: WebhookEvent,
  webhook: {
    readonly connectionId: ConnectionId | null
    readonly events: ReadonlyArray<EventType>
    readonly since: DateTime.Utc
    readonly disabled: unknown
  }
): boolean =>
  webhook.disabled === null &&
  webhook.events.includes(event.type) &&
  (webhook.connectionId === null || webhook.connectionId === connectionOf(event)) &&
  DateTime.isGreaterThanOrEqualTo(event.timestamp, webhook.since)
