/** What surrounds every request, known route or not: its id, the body limit, the log line, and the form of errors. */
import { Cause, ByteSize, Clock, Effect } from "effect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import { causeResponse } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { unhandled } from "effect/Types"
import * as Measured from "../ops/Measured.ts"
import * as Rendering from "./Rendering.ts"
import * as RequestId from "./RequestId.ts"

/** The path alone: queries may hold what is nobody's business. */
const pathOf = (url: string): string => url.split("?", 1)[0] ?? url

/** The answer to a request that failed. Whatever is our own fault is logged whole; the answer does not tell. */
const rendered = <E>(cause: Cause.Cause<E>) =>
  Effect.flatMap(causeResponse(cause), ([response]) =>
    response.status < 500 ? Effect.succeed(response) : Effect.as(Effect.logError("defect", cause), response)
  )

/** The middleware, for the whole router. */
export const layer = (bodyLimit: number) =>
  HttpRouter.middleware(
    Effect.fnUntraced(function* (app: Effect.Effect<HttpServerResponse, unhandled>) {
      const request = yield* HttpServerRequest
      const id = RequestId.of(request)
      const started = yield* Clock.currentTimeMillis
      const answering = Effect.gen(function* () {
        const response = yield* app.pipe(
          Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : rendered(cause)))
        )
        const millis = (yield* Clock.currentTimeMillis) - started
        yield* Effect.annotateLogs(Effect.logInfo("answered"), { status: response.status, millis })
        yield* Measured.answered(request.method, response.status, millis)
        return yield* Rendering.finish(response, id)
      })
      return yield* answering.pipe(
        Effect.annotateLogs({ request: id, method: request.method, path: pathOf(request.url) }),
        Effect.provideService(MaxBodySize, ByteSize.bytes(bodyLimit))
      )
    }),
    { global: true }
  )
