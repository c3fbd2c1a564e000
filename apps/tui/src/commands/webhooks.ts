/** `loom-scim webhooks list | add | test | remove`: what a server tells to other programs. */
import * as Contract from "@loom-scim/contract/Webhooks"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { WebhookId } from "@loom-scim/core/webhooks/Webhook"
import { Console, Effect, Option, Schema } from "effect"
import { codes, Ended } from "../Exit.ts"
import { momentText } from "../plain/ScheduleText.ts"
import { lines } from "../plain/Table.ts"
import { Client, pageSize } from "../remote/Client.ts"
import { faultsIn, governed, saidBy, whole } from "./governed.ts"
import { required } from "../Selection.ts"
import { confirmed } from "./confirm.ts"
import { lost } from "./keys.ts"
import type { SharedFlags } from "./shared.ts"

const instead = "Only a server tells what happens, to as many as want to hear of it."
const see = "loom-scim webhooks list"

type Webhook = typeof Contract.Webhook.Type
type Report = typeof Contract.DeliveryReport.Type

const usage = (reason: string, detail: string) => new Ended({ code: codes.usage, reason, detail })

const idFrom = (text: string) =>
  Effect.mapError(Schema.decodeUnknownEffect(WebhookId)(text), () =>
    usage("NoWebhookId", `"${text}" is no webhook's id. See them with: ${see}`)
  )

const header = ["webhook", "of", "address", "hears of", "stands (UTC)"]

/** Addresses and lists of events are never cut, and what follows them stands in line however long they are. */
const widest = Number.POSITIVE_INFINITY

const row = ({ connectionId, disabled, events, id, url }: Webhook): ReadonlyArray<string> => [
  id,
  connectionId ?? "everything",
  url,
  events.join(" "),
  disabled === null ? "enabled" : `disabled (${disabled.because}) ${momentText(disabled.at)}`
]

export const list = (flags: SharedFlags) =>
  Effect.gen(function* () {
    const { api, asked, url } = yield* Client
    const all = yield* whole((cursor) =>
      Effect.gen(function* () {
        const place =
          cursor === null ? {} : { cursor: yield* Schema.decodeUnknownEffect(Contract.WebhookCursor)(cursor) }
        return yield* asked(api.webhooks.list({ query: { limit: pageSize, ...place } }))
      }).pipe(Effect.mapError(saidBy(url, see)))
    )
    if (flags.json) {
      return yield* Console.log(
        JSON.stringify({ webhooks: all.map((one) => Schema.encodeSync(Contract.Webhook)(one)) })
      )
    }
    if (all.length === 0) return yield* Console.log("No webhooks yet. Make one with: loom-scim webhooks add")
    return yield* Console.log(lines(header, all.map(row), widest).join("\n"))
  }).pipe((effect) => governed(flags, instead, effect))

/** What a new one is to be. */
export interface AddFlags {
  readonly url: string
  readonly connection: Option.Option<string>
  readonly everything: boolean
  readonly events: ReadonlyArray<string>
  readonly description: string
}

const wrong = faultsIn({ url: "URL", events: "--event", description: "--description" })

const payloadOf = Schema.decodeUnknownEffect(Contract.NewWebhook)

/** The secret alone goes to standard output, and what is said of it to standard error, so that `$(…)` takes the one. */
export const add = (flags: SharedFlags, own: AddFlags) =>
  Effect.gen(function* () {
    if (own.everything && Option.isSome(own.connection)) {
      return yield* usage("TwoPlaces", "Name a connection or say --everything, not both.")
    }
    const connectionId: ConnectionId | null = own.everything ? null : (yield* required(own.connection)).id
    const { description, events, url: address } = own
    const payload = yield* Effect.mapError(payloadOf({ url: address, description, connectionId, events }), (error) =>
      usage("InvalidWebhook", `No webhook can be made of that: ${wrong(error)}`)
    )
    const { api, posted, url } = yield* Client
    const made = yield* Effect.mapError(
      posted((headers) => api.webhooks.create({ headers, payload })),
      saidBy(url, see)
    )
    if (made.secret === null) return yield* lost(`loom-scim webhooks remove ${made.id}`)
    if (flags.json) return yield* Console.log(JSON.stringify(Schema.encodeSync(Contract.MadeWebhook)(made)))
    yield* Console.error(
      `Webhook ${made.id} is made. The secret that its deliveries are signed with is shown this once:`
    )
    return yield* Console.log(made.secret)
  }).pipe((effect) => governed(flags, instead, effect))

const attemptText = ({ attempts, delivery }: Report): string => {
  const last = attempts.at(-1)
  if (last === undefined) return "nothing was sent yet"
  const answer = last.status === null ? `no answer (${last.reason ?? "unknown"})` : `answered ${last.status}`
  return `${answer} after ${last.millis} ms; ${delivery.state}`
}

/** Exits 4 when it did not arrive. */
export const test = (flags: SharedFlags, own: { readonly id: string }) =>
  Effect.gen(function* () {
    const webhook = yield* idFrom(own.id)
    const { api, posted, url } = yield* Client
    const report = yield* Effect.mapError(
      posted((headers) => api.webhooks.test({ params: { webhook }, headers: { ...headers, prefer: "wait=30" } })),
      saidBy(url, see)
    )
    yield* Console.log(
      flags.json ? JSON.stringify(Schema.encodeSync(Contract.DeliveryReport)(report)) : attemptText(report)
    )
    if (report.delivery.state === "delivered") return undefined
    const detail = `The test did not arrive at webhook ${webhook}.`
    return yield* new Ended({ code: codes.checkFailed, reason: "NotDelivered", detail })
  }).pipe((effect) => governed(flags, instead, effect))

export const remove = (flags: SharedFlags, own: { readonly id: string; readonly yes: boolean }) =>
  Effect.gen(function* () {
    const webhook = yield* idFrom(own.id)
    if (!own.yes && !(yield* confirmed(`Forget webhook ${webhook} with its secret and its log? [y/N] `))) {
      return yield* new Ended({ code: codes.refused, reason: "NotConfirmed", detail: "Nothing was removed." })
    }
    const { api, asked, url } = yield* Client
    yield* Effect.mapError(asked(api.webhooks.remove({ params: { webhook } })), saidBy(url, see))
    return yield* Console.log(flags.json ? JSON.stringify({ removed: webhook }) : `Removed webhook ${webhook}.`)
  }).pipe((effect) => governed(flags, instead, effect))
