/**
 * The ports of keys, webhooks and schedules, which record each change that people make together with the change, in one
 * transaction.
 */
import type { ApiKey } from "../ports/ApiKeys.ts"
import { ApiKeys } from "../ports/ApiKeys.ts"
import type { AuditEvent } from "../ports/AuditLog.ts"
import { AuditLog } from "../ports/AuditLog.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import { Schedules } from "../ports/Schedules.ts"
import { Webhooks } from "../ports/Webhooks.ts"
import type { Schedule } from "../schedules/Schedule.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { Actor } from "../setup/Evidence.ts"
import type { Webhook } from "../webhooks/Webhook.ts"
import { DateTime, Effect, Equal, Layer, Option } from "effect"

/** Who is recorded beside a change, and what else follows a record. */
export interface Recording {
  readonly actor: Effect.Effect<Actor>
  /** Carried out after each record. */
  readonly recorded: Effect.Effect<void>
}

const alongOf = ({ actor, recorded }: Recording) =>
  Effect.map(
    AuditLog,
    (log) =>
      <A>(
        connectionId: ConnectionId | null,
        change: Effect.Effect<A, JournalFailure>,
        eventOf: (result: A) => AuditEvent | null
      ) =>
        Effect.gen(function* () {
          const by = yield* actor
          const at = yield* DateTime.now
          let isRecorded = false
          const result = yield* log.along(change, (result) => {
            const event = eventOf(result)
            isRecorded = event !== null
            return event === null ? null : { connectionId, at, actor: by, event }
          })
          if (isRecorded) yield* recorded
          return result
        })
  )

const made = ({ expiresAt, grants, id, name }: ApiKey): AuditEvent => ({
  _tag: "KeyMade",
  key: id,
  name,
  grants,
  expiresAt
})

/** Keys are of no connection: whoever governs everything governs them. */
const keys = (recording: Recording) =>
  Layer.effect(
    ApiKeys,
    Effect.gen(function* () {
      const port = yield* ApiKeys
      const recorded = yield* alongOf(recording)
      return ApiKeys.of({
        ...port,
        insert: (stored) => recorded(null, port.insert(stored), () => made(stored.key)),
        insertFirst: (stored) =>
          recorded(null, port.insertFirst(stored), (isFirst) => (isFirst ? made(stored.key) : null)),
        revoke: Effect.fnUntraced(function* (id, at) {
          const found = Option.getOrNull(yield* port.find(id))
          const isNew = found !== null && found.key.revokedAt === null
          return yield* recorded(null, port.revoke(id, at), () =>
            isNew ? { _tag: "KeyRevoked", key: id, name: found.key.name } : null
          )
        })
      })
    })
  )

const ofWebhook = ({ id, url }: Webhook) => ({ webhook: id, host: new URL(url).host })

/** Null for what no person did: the secrets whose overlap is over are forgotten by themselves. */
const webhookChange = (seen: Webhook, webhook: Webhook): AuditEvent | null => {
  if (seen.disabled !== null && webhook.disabled === null) return { _tag: "WebhookEnabled", ...ofWebhook(webhook) }
  const fields = ["url", "description", "events", "secret"] as const
  const changed = fields.filter((field) => !Equal.equals(seen[field], webhook[field]))
  if (changed.length === 0 && seen.previous.length > webhook.previous.length) return null
  return { _tag: "WebhookChanged", ...ofWebhook(webhook), changed }
}

const webhooks = (recording: Recording) =>
  Layer.effect(
    Webhooks,
    Effect.gen(function* () {
      const port = yield* Webhooks
      const recorded = yield* alongOf(recording)
      return Webhooks.of({
        ...port,
        insert: (webhook) =>
          recorded(webhook.connectionId, port.insert(webhook), () => ({
            _tag: "WebhookMade",
            ...ofWebhook(webhook),
            events: webhook.events
          })),
        update: (seen, webhook) =>
          recorded(webhook.connectionId, port.update(seen, webhook), (isChanged) =>
            isChanged ? webhookChange(seen, webhook) : null
          ),
        disable: Effect.fnUntraced(function* (id, because, at) {
          const seen = Option.getOrNull(yield* port.find(id))
          if (seen === null || seen.disabled !== null) return yield* port.disable(id, because, at)
          return yield* recorded(seen.connectionId, port.disable(id, because, at), (isThere) =>
            isThere ? { _tag: "WebhookDisabled", ...ofWebhook(seen), because } : null
          )
        }),
        settle: (claimed, attempt, next) =>
          next._tag === "Disable"
            ? recorded(claimed.webhook.connectionId, port.settle(claimed, attempt, next), (isSettled) =>
                isSettled ? { _tag: "WebhookDisabled", ...ofWebhook(claimed.webhook), because: next.because } : null
              )
            : port.settle(claimed, attempt, next),
        remove: Effect.fnUntraced(function* (id) {
          const seen = Option.getOrNull(yield* port.find(id))
          if (seen === null) return false
          return yield* recorded(seen.connectionId, port.remove(id), (isRemoved) =>
            isRemoved ? { _tag: "WebhookRemoved", ...ofWebhook(seen) } : null
          )
        })
      })
    })
  )

const ofSchedule = ({ id, name }: Schedule) => ({ schedule: id, name })

const schedules = (recording: Recording) =>
  Layer.effect(
    Schedules,
    Effect.gen(function* () {
      const port = yield* Schedules
      const recorded = yield* alongOf(recording)
      return Schedules.of({
        ...port,
        insert: (schedule) =>
          recorded(schedule.connectionId, port.insert(schedule), () => {
            const { cadence, enabled, task } = schedule
            return { _tag: "ScheduleMade", ...ofSchedule(schedule), task: task._tag, cadence, enabled }
          }),
        update: (seen, schedule) =>
          recorded(schedule.connectionId, port.update(seen, schedule), (isChanged) => {
            const fields = ["name", "task", "cadence", "enabled"] as const
            const changed = fields.filter((field) => !Equal.equals(seen[field], schedule[field]))
            return isChanged ? { _tag: "ScheduleChanged", ...ofSchedule(schedule), changed } : null
          }),
        remove: Effect.fnUntraced(function* (id, version) {
          const seen = Option.getOrNull(yield* port.find(id))
          if (seen === null) return yield* port.remove(id, version)
          const { schedule } = seen
          return yield* recorded(schedule.connectionId, port.remove(id, version), (isRemoved) =>
            isRemoved ? { _tag: "ScheduleRemoved", ...ofSchedule(schedule) } : null
          )
        })
      })
    })
  )

/** All of them, over those of the context. */
export const layer = (recording: Recording) =>
  Layer.mergeAll(keys(recording), webhooks(recording), schedules(recording))
