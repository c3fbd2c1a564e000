import { setTimeout as sleep } from "node:timers/promises"
import type { Request, RequestHandler, Response } from "express"
import type { FaultBoard, FaultEffect, FaultRequest } from "./Faults.ts"
import { SCIM_MEDIA_TYPE, sendScimError } from "./ScimError.ts"

// Faults that answer in the place of the server, so that at most one of them can apply.
const ANSWERING = ["rateLimit", "status", "hang", "reset", "garbage", "html", "redirect"] as const

type Answer = Extract<FaultEffect, { readonly kind: (typeof ANSWERING)[number] }>

const HTML_PAGE = `<!doctype html>
<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>
`

// A list answer cut off in the middle of a string.
const CUT_OFF =
  '{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":3,"Resources":[{"id":"dir'

/** The facts of an Express request that faults are matched against. */
export function faultRequest(req: Request, target: FaultRequest["target"]): FaultRequest {
  return { target, method: req.method, url: req.originalUrl }
}

function retryAfter(answer: Extract<Answer, { kind: "rateLimit" }>): string {
  // Both forms of RFC 9110 §10.2.3.
  if (answer.retryAfter === "seconds") return String(answer.seconds)
  return new Date(Date.now() + answer.seconds * 1000).toUTCString()
}

function give(answer: Answer, req: Request, res: Response): void {
  switch (answer.kind) {
    case "rateLimit":
      if (answer.retryAfter !== "none") res.set("Retry-After", retryAfter(answer))
      return sendScimError(res, { status: 429, detail: "Too many requests." })
    case "status":
      return sendScimError(res, {
        status: answer.status,
        detail: answer.echoToken
          ? `${answer.detail} (authorization: ${req.headers.authorization ?? "none"})`
          : answer.detail,
        ...(answer.scimType === undefined ? {} : { scimType: answer.scimType })
      })
    case "hang":
      return
    case "reset":
      // Closes with RST where the platform can; over TLS the socket only drops.
      if ("encrypted" in req.socket) req.socket.destroy()
      else req.socket.resetAndDestroy()
      return
    case "garbage":
      res.status(200).set("Content-Type", SCIM_MEDIA_TYPE).send(CUT_OFF)
      return
    case "html":
      res.status(answer.status).set("Content-Type", "text/html; charset=utf-8").send(HTML_PAGE)
      return
    case "redirect":
      res.status(answer.status).set("Location", answer.location).end()
      return
  }
}

/** Delays the request or answers in the place of the server, as the faults in force say. */
export function faultAnswers(board: FaultBoard, target: FaultRequest["target"]): RequestHandler {
  return async (req, res, next) => {
    const request = faultRequest(req, target)
    const latency = board.take(["latency"], request)
    // Unreferenced: a delayed answer alone must not keep a finished program alive.
    if (latency !== undefined) await sleep(latency.ms, undefined, { ref: false })
    const answer = board.take(ANSWERING, request)
    if (answer === undefined) next()
    else give(answer, req, res)
  }
}
