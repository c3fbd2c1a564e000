import express, { Router, type ErrorRequestHandler, type RequestHandler } from "express"
import { SCIMMYRouters } from "scimmy-routers"
import { faultAnswers, faultRequest } from "./FaultAnswers.ts"
import type { FaultBoard } from "./Faults.ts"
import { isObject } from "./Input.ts"
import { requestContext, type RequestContext } from "./RequestContext.ts"
import { SCIM_MEDIA_TYPE, sendScimError } from "./ScimError.ts"
import { MAX_BODY_BYTES } from "./ScimSetup.ts"
import type { Tenant } from "./Tenant.ts"
import type { TokenGate, TokenVerdict } from "./Token.ts"

/** What the SCIM endpoint of one sandbox works with. */
export interface ScimParts {
  readonly tenant: Tenant
  readonly gate: TokenGate
  readonly faults: FaultBoard
  /** URL of the endpoint, without a trailing slash. */
  readonly baseUrl: string
}

const REFUSED: Readonly<Record<Exclude<TokenVerdict, "accepted">, string>> = {
  missing: "A bearer token is required.",
  wrong: "The bearer token is not valid.",
  expired: "The bearer token has expired.",
  revoked: "The bearer token has been revoked."
}

const WRITES = new Set(["POST", "PUT", "PATCH"])

function authenticate({ gate, faults }: ScimParts): RequestHandler {
  return (req, res, next) => {
    const verdict = gate.judge(req.headers.authorization)
    if (verdict === "accepted" || faults.take(["acceptAnyToken"], faultRequest(req, "scim")) !== undefined) {
      next()
      return
    }
    res.set("WWW-Authenticate", 'Bearer realm="scim"')
    sendScimError(res, { status: 401, detail: REFUSED[verdict] })
  }
}

function discoveryFault({ faults }: ScimParts): RequestHandler {
  return (req, res, next) => {
    if (req.path !== "/ServiceProviderConfig" || !faults.take(["noDiscovery"], faultRequest(req, "scim"))) next()
    else sendScimError(res, { status: 404, detail: "Endpoint Not Found" })
  }
}

function contentTypeFault({ faults }: ScimParts): RequestHandler {
  return (req, res, next) => {
    const fault = faults.take(["wrongContentType"], faultRequest(req, "scim"))
    if (fault !== undefined) {
      const setHeader = res.setHeader.bind(res)
      res.setHeader = (name, value) =>
        setHeader(name, name.toLowerCase() === "content-type" ? fault.contentType : value)
    }
    next()
  }
}

function inContext(parts: ScimParts): RequestHandler {
  return (req, _res, next) => {
    const request = faultRequest(req, "scim")
    const lists = (req.method === "GET" && /^\/(Users|Groups)\/?$/.test(req.path)) || req.path.endsWith("/.search")
    const groupWrite = (WRITES.has(req.method) && req.path.startsWith("/Groups") && !lists) || req.path === "/Bulk"
    const total = lists ? parts.faults.take(["lyingTotal"], request) : undefined
    const cap = lists ? parts.faults.take(["cappedPages"], request) : undefined
    const context: RequestContext = {
      tenant: parts.tenant,
      baseUrl: parts.baseUrl,
      dropMembers: groupWrite && parts.faults.take(["droppedMembers"], request) !== undefined,
      ...(cap === undefined ? {} : { pageCap: cap.max }),
      ...(total === undefined ? {} : { toldTotal: total.total })
    }
    requestContext.run(context, () => next())
  }
}

/** Errors of body parsing; what SCIMMY raises it has already answered itself. */
const answerError: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  if (res.headersSent) return
  const type = isObject(error) ? error["type"] : undefined
  // WorkOS's own 413 is no SCIM error body either.
  if (type === "entity.too.large") res.status(413).type("text/plain").send("Payload Too Large\n")
  else if (type === "entity.parse.failed") {
    sendScimError(res, { status: 400, scimType: "invalidSyntax", detail: "The request body is not valid JSON." })
  } else sendScimError(res, { status: 500, detail: "Internal error." })
}

/** The routes below the tenant's SCIM endpoint: faults, authentication, body limit, then SCIMMY. */
export function scimRoutes(parts: ScimParts): Router {
  const router = Router()
  router.use(contentTypeFault(parts))
  router.use(faultAnswers(parts.faults, "scim"))
  router.use(authenticate(parts))
  router.use(discoveryFault(parts))
  // Ahead of SCIMMY's own parser, which answers too large a body in another way.
  router.use(express.json({ type: [SCIM_MEDIA_TYPE, "application/json"], limit: MAX_BODY_BYTES }))
  router.use(inContext(parts))
  // Authentication is over by now; the handler only has to exist.
  router.use(new SCIMMYRouters({ type: "bearer", handler: () => "" }))
  router.use(answerError)
  return router
}
