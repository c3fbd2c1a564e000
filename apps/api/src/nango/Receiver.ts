/**
 * `POST /v1/nango/webhooks`: what Nango tells. Its signature is its authentication, so there is no key; without a
 * signing key among the settings there is no such path.
 */
import { InvalidRequestProblem, NotReadyProblem, UnauthenticatedProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import { NangoApi } from "@loom-scim/nango/api/NangoApi"
import { header } from "@loom-scim/nango/webhooks/Signature"
import { WebhookHandler } from "@loom-scim/nango/webhooks/WebhookHandler"
import { Effect, Layer } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpRouter from "effect/http/HttpRouter"
import { toResponse } from "effect/http/HttpServerRespondable"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Settings } from "../Settings.ts"

/** Where it is. */
export const path = "/v1/nango/webhooks"

/** A 5xx makes Nango deliver once more; a 4xx does not, and would not help. */
const receive = Effect.fnUntraced(
  function* (handler: WebhookHandler["Service"]) {
    const request = yield* HttpServerRequest
    const body = new Uint8Array(yield* request.arrayBuffer)
    const handled = yield* handler.handle(body, request.headers[header])
    yield* Effect.annotateLogs(Effect.logInfo("a webhook of Nango"), { ...handled })
    return yield* HttpServerResponse.json(handled)
  },
  Effect.catchTags({
    NotFromNango: ({ detail, next }) => toResponse(new UnauthenticatedProblem({ detail, next })),
    NotAWebhook: ({ detail, next }) => toResponse(new InvalidRequestProblem({ detail, next, errors: [] })),
    JournalFailure: (error) => toResponse(ofStore(error)),
    SequenceConflict: ({ message }) => toResponse(new NotReadyProblem({ detail: message, next: "Deliver it again." })),
    VaultFailure: ({ detail, next }) => toResponse(new NotReadyProblem({ detail, next })),
    NangoFailure: ({ detail, next }) => toResponse(new NotReadyProblem({ detail, next }))
  })
)

const route = HttpRouter.use((router) =>
  Effect.flatMap(WebhookHandler, (handler) => router.add("POST", path, receive(handler)))
)

/** The route, when there is a signing key. */
export const layer = ({ allowPrivateNetwork, nango }: Pick<Settings, "allowPrivateNetwork" | "nango">) => {
  if (nango === null) return Layer.empty
  const { api, integration, signingKey } = nango
  const asked: Layer.Layer<never> =
    api === null ? Layer.empty : NangoApi.layer(api).pipe(Layer.provide(FetchHttpClient.layer))
  return route.pipe(
    Layer.provide(WebhookHandler.layer({ signingKey, integration, allowPrivateNetwork })),
    Layer.provide(asked)
  )
}
