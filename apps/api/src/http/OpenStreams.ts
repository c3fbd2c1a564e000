/** Answers that would never end by themselves, so that a server that stops can end them. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"

type Answer = ReturnType<typeof NodeHttpServerRequest.toServerResponse>

const open = new WeakSet<Answer>()

/** Takes note of a stream of events. */
export const note = (request: HttpServerRequest, { body }: HttpServerResponse): void => {
  if (body._tag === "Stream" && body.contentType.startsWith("text/event-stream")) {
    open.add(NodeHttpServerRequest.toServerResponse(request))
  }
}

/** Whether this answer is one. */
export const isStream = (answer: Answer): boolean => open.has(answer)
