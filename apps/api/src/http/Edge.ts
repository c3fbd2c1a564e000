/** What surrounds every request, known route or not: its id, the log line, and the form of errors. */
import { Cause, Clock, Context, Effect, References } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { causeResponse } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { unhandled } from "effect/Types"
import { AnswerLines } from "../ops/LogLines.ts"
import * as Measured from "../ops/Measured.ts"
import { together } from "./Departures.ts"
import * as JsonBody from "./JsonBody.ts"
import * as OpenStreams from "./OpenStreams.ts"
import * as Rendering from "./Rendering.ts"
import * as RequestId from "./RequestId.ts"

/** The path alone: queries may hold what is nobody's business. */
/** Without what may hold anything: the router takes what follows a semicolon for a query, too. */
const pathOf = (url: string): string => url.split("?", 1)[0]?.split(";", 1)[0] ?? url

/** Asked all day by what watches the server: that all is well is counted, and only what is not well gets a line. */
const watched: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"])

/** The answer to a request that failed. Whatever is our own fault is logged whole; the answer does not tell. */
const rendered = <E>(cause: Cause.Cause<E>) =>
  Effect.flatMap(causeResponse(cause), ([response]) =>
    response.status < 500 ? Effect.succeed(response) : Effect.as(Effect.logError("defect", cause), response)
  )

/**
 * The middleware, for the whole router. Every request passes here, so it is a few effects and not many small ones: a
 * change of a request's context costs the same, however little it changes.
 */
export const layer = HttpRouter.middleware(
  (app: Effect.Effect<HttpServerResponse, unhandled>) => {
    const guarded = Effect.catchCause(app, (cause) =>
      Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : rendered(cause)
    )
    return Effect.contextWith((around: Context.Context<HttpServerRequest>) => {
      const request = Context.get(around, HttpServerRequest)
      const clock = Context.get(around, Clock.Clock)
      const started = clock.currentTimeMillisUnsafe()
      const about = { request: RequestId.of(request), method: request.method, path: pathOf(request.url) }
      const answered = Effect.updateContext(
        JsonBody.checked(request, guarded),
        (context: Context.Context<HttpServerRequest>) => Context.add(context, References.CurrentLogAnnotations, about)
      )
      return Effect.flatMap(answered, (response) => {
        OpenStreams.note(request, response)
        const { status } = response
        const millis = clock.currentTimeMillisUnsafe() - started
        Measured.answered(around, request.method, status, millis)
        const isUneventful = status < 400 && watched.has(about.path)
        const line = isUneventful ? Effect.void : Context.get(around, AnswerLines)({ ...about, status, millis })
        return Effect.flatMap(
          Effect.flatMap(line, () => Rendering.finish(response, about.request)),
          together
        )
      })
    })
  },
  { global: true }
)
