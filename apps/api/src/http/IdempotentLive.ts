/** The Idempotency-Key header over the stored answers. */
import { header, Idempotent, IdempotencyKey, Withheld } from "@loom-scim/contract/Idempotency"
import { KeyReusedProblem, StillRunningProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import type { IdempotentRequest, KeptAnswer } from "@loom-scim/core/ports/Idempotency"
import { Idempotency } from "@loom-scim/core/ports/Idempotency"
import { Context, DateTime, Effect, Layer, Predicate, Schema } from "effect"
import type { Top } from "effect/http-api/HttpApiEndpoint"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { HttpServerResponse as Response } from "effect/http/HttpServerResponse"
import { createHash } from "node:crypto"

/** A claim this old without an answer is of a process that died. No request takes that long. */
const abandonedAfter = { minutes: 5 } as const
/** How long answers are kept. */
const keptFor = { hours: 24 } as const

const kept = ["etag", "location"] as const

/** A body that is streamed is not read for its hash: whoever sends the key vouches that it is the same. */
const isStreamed = ({ payload }: Top): boolean =>
  [...payload.values()].some(({ encoding }) => encoding._tag === "Stream" || encoding._tag === "Multipart")

/** The answer as it is kept: without what is shown only once. */
const keptOf = (response: Response, withheld: ReadonlyArray<string>): KeptAnswer => {
  const text = response.body._tag === "Uint8Array" ? new TextDecoder().decode(response.body.body) : ""
  const value: unknown = withheld.length === 0 || text === "" ? null : JSON.parse(text)
  const body = Predicate.isObject(value)
    ? JSON.stringify({ ...value, ...Object.fromEntries(withheld.map((field) => [field, null])) })
    : text
  const headers = Object.fromEntries(
    kept.flatMap((name) => {
      const value = response.headers[name]
      return value === undefined ? [] : [[name, value]]
    })
  )
  return { status: response.status, headers, body }
}

const responseOf = ({ body, headers, status }: KeptAnswer): Response =>
  body === ""
    ? HttpServerResponse.empty({ status, headers: { ...headers, "idempotency-replayed": "true" } })
    : HttpServerResponse.text(body, {
        status,
        contentType: "application/json",
        headers: { ...headers, "idempotency-replayed": "true" }
      })

const isKey = Schema.is(IdempotencyKey)

/**
 * Carries a request out once per caller and key. Answers are kept when something was done; a refusal changed nothing,
 * so it frees the key. A caller who hangs up does not stop what was begun.
 */
export const layer: Layer.Layer<Idempotent, never, Idempotency> = Layer.effect(
  Idempotent,
  Effect.gen(function* () {
    const store = yield* Idempotency
    /** From the claim on nothing stops it, or a caller who hangs up would leave a key that nobody answers. */
    const once = Effect.fnUntraced(function* <E, R>(
      which: IdempotentRequest,
      app: Effect.Effect<Response, E, R>,
      withheld: ReadonlyArray<string>
    ) {
      const now = yield* DateTime.now
      yield* Effect.mapError(store.prune(DateTime.subtract(now, keptFor)), ofStore)
      const claim = yield* Effect.mapError(store.claim(which, now, DateTime.subtract(now, abandonedAfter)), ofStore)
      switch (claim._tag) {
        case "Answered":
          return responseOf(claim.answer)
        case "Running":
          return yield* new StillRunningProblem({
            detail: "The first request with this Idempotency-Key has not been answered yet.",
            next: "Wait a moment and send it again."
          })
        case "OtherRequest":
          return yield* new KeyReusedProblem({
            detail: "This Idempotency-Key was used with another path or body.",
            next: "Take a new key for a new request."
          })
        case "Claimed": {
          const release = Effect.ignore(store.release(which))
          const response = yield* Effect.onError(app, () => release)
          if (response.status >= 400) yield* release
          else yield* Effect.mapError(store.keep(which, keptOf(response, withheld)), ofStore)
          return response
        }
      }
    }, Effect.uninterruptible)

    return Idempotent.of(
      Effect.fnUntraced(function* (app, { endpoint }) {
        const request = yield* HttpServerRequest
        const key = request.headers[header]
        // One in the wrong form is refused by the endpoint's own schema.
        if (key === undefined || !isKey(key)) return yield* app
        const { id } = yield* Principal
        const body = isStreamed(endpoint) ? "" : yield* Effect.orDie(request.text)
        const fingerprint = createHash("sha256").update(`${request.method} ${request.url}\n${body}`).digest("hex")
        return yield* once({ owner: id, key, fingerprint }, app, Context.get(endpoint.annotations, Withheld))
      })
    )
  })
)
