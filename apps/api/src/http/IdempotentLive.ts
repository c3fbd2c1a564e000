/** The Idempotency-Key header over the stored answers. */
import {
  header,
  Idempotent,
  IdempotencyKey,
  IdempotentUpload,
  OncePerUpload,
  Withheld
} from "@loom-scim/contract/Idempotency"
import { KeyReusedProblem, StillRunningProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import { Principal } from "@loom-scim/contract/Security"
import type { IdempotentRequest, KeptAnswer } from "@loom-scim/core/ports/Idempotency"
import { Idempotency } from "@loom-scim/core/ports/Idempotency"
import { Context, DateTime, Effect, Fiber, Layer, Predicate, Schedule, Schema } from "effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { HttpServerResponse as Response } from "effect/http/HttpServerResponse"
import { createHash } from "node:crypto"

/** A claim that was not renewed for this long is of a process that died. */
const abandonedAfter = { minutes: 5 } as const
/** How often it is renewed while its request is carried out. */
const renewedEvery = { minutes: 1 } as const
/** How long answers are kept. */
const keptFor = { hours: 24 } as const

const kept = ["etag", "location", "preference-applied"] as const

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
  const type = "contentType" in response.body ? response.body.contentType : undefined
  return {
    status: response.status,
    headers: type === undefined ? headers : { ...headers, "content-type": type },
    body
  }
}

const responseOf = ({ body, headers, status }: KeptAnswer): Response => {
  const { "content-type": contentType = "application/json", ...rest } = headers
  const all = { ...rest, "idempotency-replayed": "true" }
  return body === ""
    ? HttpServerResponse.empty({ status, headers: all })
    : HttpServerResponse.text(body, { status, contentType, headers: all })
}

const stillRunning = new StillRunningProblem({
  detail: "The first request with this Idempotency-Key has not been answered yet.",
  next: "Wait a moment and send it again, with the same key.",
  // Its answer is kept from the moment on that it is there, so nothing is lost by asking often.
  retryAfter: 1
})

const fingerprintOf = ({ method, url }: HttpServerRequest, body: string): string =>
  createHash("sha256").update(`${method} ${url}\n${body}`).digest("hex")

const isKey = Schema.is(IdempotencyKey)

const isMultipart = ({ headers }: HttpServerRequest): boolean => /^multipart\//i.test(headers["content-type"] ?? "")

/** An upload without a key is carried out however often it comes. */
const always: OncePerUpload["Service"] = { once: (_, carryOut) => carryOut }

/**
 * Carries a request out once per caller and key. Answers are kept when something was done; a refusal changed nothing,
 * so it frees the key. A caller who hangs up does not stop what was begun.
 */
const make = Effect.gen(function* () {
  const store = yield* Idempotency
  const abandoned = Effect.map(DateTime.now, DateTime.subtract(abandonedAfter))

  /** A plan of very many people takes longer than a claim lives by itself. */
  const renewing = (which: IdempotentRequest) =>
    Effect.flatMap(DateTime.now, (now) => Effect.ignore(store.renew(which, now))).pipe(
      Effect.schedule(Schedule.spaced(renewedEvery)),
      Effect.interruptible
    )

  /** From the claim on nothing stops it, or a caller who hangs up would leave a key that nobody answers. */
  const once = Effect.fnUntraced(function* <E, R>(
    which: IdempotentRequest,
    app: Effect.Effect<Response, E, R>,
    withheld: ReadonlyArray<string>
  ) {
    const now = yield* DateTime.now
    yield* Effect.mapError(store.prune(DateTime.subtract(now, keptFor)), ofStore)
    const claim = yield* Effect.mapError(store.claim(which, now, yield* abandoned), ofStore)
    switch (claim._tag) {
      case "Answered":
        return responseOf(claim.answer)
      case "Running":
        return yield* stillRunning
      case "OtherRequest":
        return yield* new KeyReusedProblem({
          detail: "This Idempotency-Key was used with another path or body.",
          next: "Take a new key for a new request."
        })
      case "Claimed": {
        const release = Effect.ignore(store.release(which))
        const renewed = yield* Effect.forkChild(renewing(which))
        const response = yield* app.pipe(
          Effect.onError(() => release),
          Effect.ensuring(Fiber.interrupt(renewed))
        )
        if (response.status >= 400) yield* release
        else yield* Effect.mapError(store.keep(which, keptOf(response, withheld)), ofStore)
        return response
      }
    }
  }, Effect.uninterruptible)

  /** What is read whole before anything is done with it. */
  const short = Effect.fnUntraced(function* <E, R>(
    app: Effect.Effect<Response, E, R>,
    key: string,
    withheld: ReadonlyArray<string>
  ) {
    const request = yield* HttpServerRequest
    const { id } = yield* Principal
    const body = yield* Effect.orDie(request.text)
    return yield* once({ owner: id, key, fingerprint: fingerprintOf(request, body) }, app, withheld)
  })

  return { store, abandoned, once, short }
})

// One in the wrong form is refused by the endpoint's own schema.
const keyOf = ({ headers }: HttpServerRequest): string | undefined => {
  const key = headers[header]
  return key !== undefined && isKey(key) ? key : undefined
}

const whole = Layer.effect(
  Idempotent,
  Effect.gen(function* () {
    const { short } = yield* make
    return Idempotent.of(
      Effect.fnUntraced(function* (app, { endpoint }) {
        const key = keyOf(yield* HttpServerRequest)
        if (key === undefined) return yield* app
        return yield* short(app, key, Context.get(endpoint.annotations, Withheld))
      })
    )
  })
)

const uploaded = Layer.effect(
  IdempotentUpload,
  Effect.gen(function* () {
    const { abandoned, once, short, store } = yield* make
    return IdempotentUpload.of(
      Effect.fnUntraced(function* (app, { endpoint }) {
        const request = yield* HttpServerRequest
        const key = keyOf(request)
        if (key === undefined) return yield* Effect.provideService(app, OncePerUpload, always)
        const withheld = Context.get(endpoint.annotations, Withheld)
        if (!isMultipart(request)) return yield* short(Effect.provideService(app, OncePerUpload, always), key, withheld)
        const { id: owner } = yield* Principal
        // Whoever comes again too soon is told before a gigabyte is sent again.
        if (yield* Effect.mapError(store.isRunning({ owner, key }, yield* abandoned), ofStore))
          return yield* stillRunning
        return yield* Effect.provideService(app, OncePerUpload, {
          once: (digest, carryOut) =>
            once({ owner, key, fingerprint: fingerprintOf(request, digest) }, carryOut, withheld)
        })
      })
    )
  })
)

/** Both of them over the same answers. */
export const layer: Layer.Layer<Idempotent | IdempotentUpload, never, Idempotency> = Layer.merge(whole, uploaded)
