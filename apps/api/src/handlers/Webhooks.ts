/** Webhooks. Which connection one is of is not in the path, so the caller's grants are held against it here. */
import { Api } from "@loom-scim/contract/Api"
import { defaultLimit } from "@loom-scim/contract/Page"
import type { Reading } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import { ofWebhook, unknownWebhook } from "@loom-scim/contract/problemOfWebhook"
import { Principal } from "@loom-scim/contract/Security"
import type { Webhook as Shown } from "@loom-scim/contract/Webhooks"
import { DeliveryCursor, DeliveryReport, WebhookCursor } from "@loom-scim/contract/Webhooks"
import { allows, reach, type Verb } from "@loom-scim/core/ports/ApiKeys"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { Delivery, Webhook, WebhookId } from "@loom-scim/core/webhooks/Webhook"
import type { WebhookError, WebhookRefused } from "@loom-scim/core/webhooks/WebhookService"
import { WebhookService } from "@loom-scim/core/webhooks/WebhookService"
import { DateTime, Duration, Effect, Option, Redacted, Schedule } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { admit } from "../auth/Admit.ts"
import { located, waitOf } from "./answers.ts"
import { group } from "./group.ts"
import { pageOf } from "./paging.ts"
import { reading } from "./support.ts"

/** How long the present secret signs too when nobody says. */
const usualOverlap = 24

/** How often a second it is looked whether there is an answer. */
const looks = 5

const shown = ({ previous, secret, ...webhook }: Webhook): typeof Shown.Type => ({
  ...webhook,
  fingerprint: secret,
  previousUntil:
    previous
      .map(({ until }) => until)
      .toSorted(DateTime.Order)
      .at(-1) ?? null
})

/** The path of one, and what a look at it can fail with: the only refusal there is says that it is not there. */
type Path = { readonly webhook: WebhookId }
type LookFailure = WebhookRefused | JournalFailure

const looked = <A>(look: Effect.Effect<A, LookFailure>): Effect.Effect<A, Reading> =>
  Effect.mapError(look, (error) => (error._tag === "JournalFailure" ? ofStore(error) : unknownWebhook))

/** Whether the caller may; a connection out of reach looks as if it did not exist. */
const admitted = Effect.fnUntraced(function* (connection: ConnectionId | null, verb: Verb) {
  const { grants } = yield* Principal
  const over = connection === null ? "everything" : "connection"
  yield* Effect.fromResult(admit(grants, Option.some({ verb, over }), connection ?? undefined))
})

/** The handlers; private networks are the server's choice, never a caller's. */
export const webhooksHandlers = ({ allowPrivateNetwork }: { readonly allowPrivateNetwork: boolean }) =>
  group(
    Effect.gen(function* () {
      const hooks = yield* WebhookService
      const setup = yield* SetupService

      /** The only way to a webhook. One out of the caller's reach looks as if it did not exist. */
      const reached = Effect.fnUntraced(function* (id: WebhookId, verb: Verb) {
        const { grants } = yield* Principal
        const { connectionId } = yield* looked(hooks.get(id))
        if (!allows(grants, "read", connectionId ?? "*")) return yield* unknownWebhook
        yield* admitted(connectionId, verb)
        return id
      })

      /** Looks at a webhook that the caller may look at. */
      const at = <A>({ webhook }: Path, look: (id: WebhookId) => Effect.Effect<A, LookFailure>) =>
        Effect.flatMap(reached(webhook, "operate"), (id) => looked(look(id)))

      /** Does something with a webhook that the caller may do it with. */
      const on = <A>({ webhook }: Path, verb: Verb, act: (id: WebhookId) => Effect.Effect<A, WebhookError>) =>
        Effect.flatMap(reached(webhook, verb), (id) => Effect.mapError(act(id), ofWebhook))

      /** What came of the next attempt, as far as the caller waits for it. */
      const attempted = Effect.fnUntraced(function* (
        { attempts, id, webhookId }: Delivery,
        prefer: string | undefined
      ) {
        const isOver = ({ delivery }: { readonly delivery: Delivery }) =>
          delivery.attempts > attempts || delivery.state !== "pending"
        const report = yield* hooks.delivery(webhookId, id).pipe(
          Effect.repeat({
            until: isOver,
            times: waitOf(prefer) * looks,
            schedule: Schedule.spaced(Duration.seconds(1 / looks))
          }),
          looked
        )
        const place = `/v1/webhooks/${webhookId}/deliveries/${id}`
        return yield* located(DeliveryReport, report, isOver(report) ? 200 : 202, place, prefer)
      })

      return HttpApiBuilder.group(Api, "webhooks", (handlers) =>
        handlers.handleAll({
          list: Effect.fnUntraced(function* ({ query }) {
            const { grants } = yield* Principal
            const limit = query.limit ?? defaultLimit
            const found = yield* hooks
              .list({
                of: reach(grants.filter((grant) => allows([grant], "operate", grant.connection))),
                after: query.cursor?.webhooksAfter ?? null,
                limit: limit + 1
              })
              .pipe(Effect.mapError(ofStore))
            const { nextCursor, rows } = yield* pageOf(found, limit, WebhookCursor, ({ id }) => ({ webhooksAfter: id }))
            return { items: rows.map(shown), nextCursor }
          }),
          create: Effect.fnUntraced(function* ({ payload }) {
            yield* admitted(payload.connectionId, "admin")
            if (payload.connectionId !== null) yield* reading(setup.get(payload.connectionId))
            const { name } = yield* Principal
            const settings = { description: "", ...payload, allowPrivateNetwork }
            const { secret, webhook } = yield* Effect.mapError(hooks.create(settings, name), ofWebhook)
            return { ...shown(webhook), secret: Redacted.value(secret) }
          }),
          get: ({ params }) => Effect.map(at(params, hooks.get), shown),
          update: ({ params, payload }) => {
            const change = payload.url === undefined ? payload : { ...payload, allowPrivateNetwork }
            return Effect.map(
              on(params, "admin", (id) => hooks.update(id, change)),
              shown
            )
          },
          remove: ({ params }) => on(params, "admin", hooks.remove),
          enable: ({ params }) => Effect.map(on(params, "admin", hooks.enable), shown),
          disable: ({ params }) => Effect.map(on(params, "admin", hooks.disable), shown),
          rotate: Effect.fnUntraced(function* ({ params, payload }) {
            const overlap = Duration.hours(payload.overlapHours ?? usualOverlap)
            const { secret, webhook } = yield* on(params, "admin", (id) => hooks.rotate(id, overlap))
            return { ...shown(webhook), secret: Redacted.value(secret) }
          }),
          test: Effect.fnUntraced(function* ({ headers, params }) {
            return yield* attempted(yield* on(params, "operate", hooks.test), headers.prefer)
          }),
          deliveries: Effect.fnUntraced(function* ({ params, query }) {
            const limit = query.limit ?? defaultLimit
            const before = query.cursor?.deliveriesBefore ?? null
            const found = yield* at(params, (id) => hooks.deliveries(id, before, limit + 1))
            const { nextCursor, rows } = yield* pageOf(found, limit, DeliveryCursor, ({ id }) => ({
              deliveriesBefore: id
            }))
            return { items: rows, nextCursor }
          }),
          delivery: ({ params }) => at(params, (id) => hooks.delivery(id, params.delivery)),
          redeliver: Effect.fnUntraced(function* ({ headers, params }) {
            const again = yield* on(params, "operate", (id) => hooks.redeliver(id, params.delivery))
            return yield* attempted(again, headers.prefer)
          })
        })
      )
    })
  )
