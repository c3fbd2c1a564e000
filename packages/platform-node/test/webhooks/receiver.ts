/** A receiver of webhooks over real sockets, and the worker that tells it things. */
import { Webhooks } from "@loom-scim/core/ports/Webhooks"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Webhook } from "@loom-scim/core/webhooks/Webhook"
import { deliveryOf, WebhookService, type WebhookSettings } from "@loom-scim/core/webhooks/WebhookService"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import { Webhook as Verifier } from "standardwebhooks"
import * as FakeResolver from "../http/fakeResolver.ts"
import * as Servers from "../http/servers.ts"
import * as Worker from "../../src/webhooks/worker.ts"

/** What came. */
export interface Received {
  readonly id: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers as it is told, 204 by default, and keeps what came. */
export const receiver = Effect.fnUntraced(function* (
  answer: (response: ServerResponse, received: Received) => void = (response) => void response.writeHead(204).end()
) {
  const received: Array<Received> = []
  const port = yield* Servers.http((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (text: string) => (body += text))
    request.on("end", () => {
      const { headers, url = "" } = request
      const one = { id: String(headers["webhook-id"]), path: url, headers, body }
      received.push(one)
      answer(response, one)
    })
  })
  return { received, url: `http://127.0.0.1:${port}/hook?key=1` }
})

const headersOf = ({ headers }: Received) => ({
  "webhook-id": String(headers["webhook-id"]),
  "webhook-timestamp": String(headers["webhook-timestamp"]),
  "webhook-signature": String(headers["webhook-signature"])
})

/** What was told, if the specification's own library believes it; throws otherwise. */
export const verify = (secret: Redacted.Redacted, received: Received) =>
  new Verifier(Redacted.value(secret)).verify(received.body, headersOf(received))

/** Asks for everything that a test tells. */
export const settings = (url: string, allowPrivateNetwork = true): WebhookSettings => ({
  url,
  description: "",
  connectionId: null,
  events: ["setup.step_completed", "run.started"],
  allowPrivateNetwork
})

/** The service over the store of the context. */
export const service = Effect.provide(
  Effect.service(WebhookService),
  WebhookService.layer.pipe(
    Layer.provide(FakeResolver.layer((host) => [host.startsWith("inside.") ? "10.0.0.1" : "93.184.216.34"]))
  )
)

/** Puts an event on its way to a webhook, as the outbox does. */
export const told = Effect.fnUntraced(function* (webhook: Webhook) {
  const at = yield* DateTime.now
  const data = { connectionId: ConnectionId.make("acme") }
  const event = { type: "connection.removed", timestamp: at, data } as const
  const delivery = yield* Effect.provide(deliveryOf(webhook, event, at), layerWebCrypto)
  yield* (yield* Webhooks).send([delivery])
  return delivery
})

/** Starts a worker that looks often, until the scope ends; every name leads to `address`. */
export const working = (options: Worker.WorkerOptions = {}, address = "127.0.0.1") =>
  Layer.build(
    Layer.fresh(Worker.layer({ pollMillis: 20, allowPrivateNetwork: true, ...options })).pipe(
      Layer.provide(FakeResolver.layer(() => [address]))
    )
  )

/** Looks again and again until it is so; the time limit of the test ends it otherwise. */
export const until = <A, E, R>(look: Effect.Effect<A, E, R>, isSo: (seen: A) => boolean) =>
  Effect.gen(function* () {
    let seen = yield* look
    while (!isSo(seen)) {
      yield* Effect.sleep(20)
      seen = yield* look
    }
    return seen
  })
