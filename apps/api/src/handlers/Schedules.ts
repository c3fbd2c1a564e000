/** Schedules: made, changed, fired now, looked into. */
import { Api } from "@loom-scim/contract/Api"
import { defaultLimit } from "@loom-scim/contract/Page"
import { type Changing, InvalidInputProblem, type Reading } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import { ofSchedule, ofScheduleLook } from "@loom-scim/contract/problemOfSchedule"
import {
  Firing,
  FiringCursor,
  type NewTask,
  type Schedule as Shown,
  ScheduleCursor
} from "@loom-scim/contract/Schedules"
import { Principal } from "@loom-scim/contract/Security"
import { allows } from "@loom-scim/core/ports/ApiKeys"
import { Schedules } from "@loom-scim/core/ports/Schedules"
import type { Followed, Task } from "@loom-scim/core/schedules/Schedule"
import { ScheduleService } from "@loom-scim/core/schedules/ScheduleService"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Option } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { withHeaders } from "effect/http-api/HttpApiSchema"
import { located, waited } from "./answers.ts"
import { group } from "./group.ts"
import { pageOf } from "./paging.ts"
import { actor, reading } from "./support.ts"

const shown = ({ last, schedule }: Followed): Shown => {
  const { cadence, connectionId, createdAt, createdBy, enabled, id, name, nextDueAt, task, version } = schedule
  return { id, connectionId, name, task, cadence, enabled, version, createdAt, createdBy, nextDueAt, last }
}

const versioned = (followed: Followed) =>
  withHeaders({ body: shown(followed), headers: { etag: followed.schedule.version } })

const looked = <A, R>(look: Effect.Effect<A, Parameters<typeof ofScheduleLook>[0], R>): Effect.Effect<A, Reading, R> =>
  Effect.mapError(look, ofScheduleLook)

const whole = (asked: NewTask): Task =>
  asked._tag === "Check" ? asked : { policy: {}, adopt: "never", leftGroups: "empty", ...asked }

/** Whoever lets a source be read must be allowed to look at it; one out of reach looks as if it did not exist. */
const reachable = Effect.fnUntraced(function* (asked: NewTask | undefined) {
  if (asked === undefined || asked._tag === "Check" || asked.source._tag === "Named") return
  const { connection } = asked.source
  const { grants } = yield* Principal
  if (allows(grants, "read", connection)) return
  return yield* new InvalidInputProblem({
    detail: `There is no connection ${connection}.`,
    next: "See which there are.",
    reason: "invalidSource",
    missing: null
  })
})

export const SchedulesHandlers = group(
  Effect.gen(function* () {
    const service = yield* ScheduleService
    const schedules = yield* Schedules
    const setup = yield* SetupService
    const known = ({ connection }: { readonly connection: ConnectionId }) => reading(setup.get(connection))

    return HttpApiBuilder.group(Api, "schedules", (handlers) =>
      handlers.handleAll({
        list: Effect.fnUntraced(function* ({ params, query }) {
          yield* known(params)
          const limit = query.limit ?? defaultLimit
          const after = query.cursor?.schedulesAfter ?? null
          const found = yield* Effect.mapError(service.list(params.connection, after, limit + 1), ofStore)
          const { nextCursor, rows } = yield* pageOf(found, limit, ScheduleCursor, ({ schedule }) => ({
            schedulesAfter: schedule.id
          }))
          return { items: rows.map(shown), nextCursor }
        }),
        create: Effect.fnUntraced(function* ({ params, payload }) {
          yield* known(params)
          yield* reachable(payload.task)
          const { cadence, enabled = true, name, task } = payload
          const settings = { name, cadence, enabled, task: whole(task) }
          const made = service.create(params.connection, settings, yield* actor)
          return versioned(yield* Effect.mapError(made, (error) => ofSchedule(error)))
        }),
        get: Effect.fnUntraced(function* ({ params }) {
          yield* known(params)
          return versioned(yield* looked(service.get(params.connection, params.schedule)))
        }),
        change: Effect.fnUntraced(function* ({ headers, params, payload }) {
          yield* known(params)
          yield* reachable(payload.task)
          const version = headers["if-match"] ?? null
          const { task, ...others } = payload
          const changes = task === undefined ? others : { ...others, task: whole(task) }
          const changed = service.change(params.connection, params.schedule, changes, version)
          return versioned(yield* Effect.mapError(changed, (error) => ofSchedule(error, version !== null)))
        }),
        remove: Effect.fnUntraced(function* ({ headers, params }) {
          yield* known(params)
          const version = headers["if-match"] ?? null
          const removed = service.remove(params.connection, params.schedule, version)
          yield* Effect.mapError(removed, (error): Changing => ofSchedule(error, version !== null))
        }),
        fire: Effect.fnUntraced(function* ({ headers, params }) {
          const { connection, schedule } = params
          yield* known(params)
          const asked = yield* Effect.mapError(service.fire(connection, schedule, yield* actor), (error) =>
            ofSchedule(error)
          )
          const isOver = yield* waited(asked.ended, headers.prefer)
          const key = { id: schedule, dueAt: asked.firing.dueAt }
          const found = yield* Effect.mapError(schedules.firing(key), ofStore)
          const place = `/v1/connections/${connection}/schedules/${schedule}/firings`
          return yield* located(
            Firing,
            Option.getOrElse(found, () => asked.firing),
            isOver ? 200 : 202,
            place
          )
        }),
        firings: Effect.fnUntraced(function* ({ params, query }) {
          yield* known(params)
          const limit = query.limit ?? defaultLimit
          const before = query.cursor?.firingsBefore ?? null
          const found = yield* looked(service.firings(params.connection, params.schedule, before, limit + 1))
          const { nextCursor, rows } = yield* pageOf(found, limit, FiringCursor, ({ dueAt }) => ({
            firingsBefore: dueAt
          }))
          return { items: rows, nextCursor }
        })
      })
    )
  })
)
