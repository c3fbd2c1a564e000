/** What surrounds every request, known route or not: its id, the body limit, the log line, and the form of errors. */
import { ByteSize, Cause, Clock, Context, Effect, References } from "effect"
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
export const layer = (bodyLimit: number) => {
  const limit = ByteSize.bytes(bodyLimit)
  return HttpRouter.middleware(
    Effect.fnUntraced(function* (app: Effect.Effect<HttpServerResponse, unhandled>) {
      const request = yield* HttpServerRequest
      const id = RequestId.of(request)
      const started = yield* Clock.currentTimeMillis
      const annotations = { request: id, method: request.method, path: pathOf(request.url) }
      const response = yield* app.pipe(
        Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : rendered(cause))),
        // Both at once: each change of a request's context costs the same, however little it changes.
        Effect.updateContext((context: Context.Context<never>) =>
          context.pipe(Context.add(References.CurrentLogAnnotations, annotations), Context.add(MaxBodySize, limit))
        )
      )
      const millis = (yield* Clock.currentTimeMillis) - started
      const { status } = response
      yield* Effect.annotateLogs(Effect.logInfo("answered"), { ...annotations, status, millis })
      yield* Measured.answered(request.method, status, millis)
      return yield* Rendering.finish(response, id)
    }),
    { global: true }
  )
}
