import express, { Router, type ErrorRequestHandler, type RequestHandler } from "express"
import { decodeDnsChange, type DnsZone } from "./DnsZone.ts"
import { decodeFault, type ActiveFault, type FaultBoard } from "./Faults.ts"
import { IDP_MODES, type IdpMode } from "./Idp.ts"
import { asObject, booleanField, choiceField, InputError } from "./Input.ts"
import type { RequestLog } from "./RequestLog.ts"
import type { Tenant } from "./Tenant.ts"
import type { TokenGate } from "./Token.ts"

/** The parts of a sandbox that its control endpoint reads and changes. */
export interface ControlParts {
  readonly tenant: Tenant
  readonly gate: TokenGate
  readonly faults: FaultBoard
  readonly zone: DnsZone
  readonly log: RequestLog
  readonly idp: { mode: IdpMode }
}

/** The answer of `GET /__control/state`. */
export interface ControlState {
  readonly users: number
  readonly activeUsers: number
  readonly groups: number
  readonly token: { readonly revoked: boolean; readonly expired: boolean; readonly expiresAt: string | null }
  readonly settings: { readonly softDelete: boolean }
  readonly idp: IdpMode
  readonly dns: ReadonlyArray<string>
  readonly faults: ReadonlyArray<ActiveFault>
}

function state({ tenant, gate, faults, zone, idp }: ControlParts): ControlState {
  const { revoked, expiresAt } = gate.snapshot()
  return {
    users: tenant.userCount,
    activeUsers: tenant.users().filter((user) => user.active).length,
    groups: tenant.groupCount,
    token: {
      revoked,
      expired: expiresAt !== undefined && Date.parse(expiresAt) <= Date.now(),
      expiresAt: expiresAt ?? null
    },
    settings: { softDelete: tenant.softDelete },
    idp: idp.mode,
    dns: zone.names(),
    faults: faults.active()
  }
}

// No authentication, so nothing but this machine may reach it, whatever the server is bound to.
const onlyLoopback: RequestHandler = (req, res, next) => {
  const from = req.socket.remoteAddress ?? ""
  if (from === "::1" || /^(::ffff:)?127\./.test(from)) next()
  else res.status(403).json({ error: "The control endpoint answers this machine only." })
}

const badInput: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (error instanceof InputError) res.status(400).json({ error: error.message })
  else if (error instanceof SyntaxError) res.status(400).json({ error: "The body is not valid JSON." })
  else next(error)
}

function tokenAction(gate: TokenGate): RequestHandler {
  return (req, res) => {
    const action = choiceField(asObject(req.body, "The body"), "action", ["revoke", "expire", "restore", "rotate"])
    if (action === "rotate") {
      res.json({ token: gate.rotate() })
      return
    }
    if (action === "revoke") gate.revoke()
    else if (action === "expire") gate.expireAt(new Date())
    else gate.restore()
    res.status(204).end()
  }
}

/** The routes below `/__control`: JSON in and out; wrong input gives 400 with `{"error": …}`. */
export function controlRoutes(parts: ControlParts): Router {
  const { tenant, faults, zone, log, idp } = parts
  const router = Router()
  router.use(onlyLoopback)
  // JSON only: a web page of another origin cannot send that media type without being asked first.
  router.use(express.json({ type: "application/json", limit: "1mb" }))
  router.get("/state", (_req, res) => {
    res.json(state(parts))
  })
  router.post("/faults", (req, res) => {
    faults.add(decodeFault(req.body))
    res.status(201).json({ faults: faults.active() })
  })
  router.delete("/faults", (_req, res) => {
    faults.clear()
    res.status(204).end()
  })
  router.post("/token", tokenAction(parts.gate))
  router.post("/settings", (req, res) => {
    tenant.softDelete = booleanField(asObject(req.body, "The body"), "softDelete")
    res.status(204).end()
  })
  router.post("/idp", (req, res) => {
    idp.mode = choiceField(asObject(req.body, "The body"), "mode", IDP_MODES)
    res.status(204).end()
  })
  router.get("/requests", (_req, res) => {
    res.json({ requests: log.entries() })
  })
  router.delete("/requests", (_req, res) => {
    log.clear()
    res.status(204).end()
  })
  router.post("/dns", (req, res) => {
    zone.apply(decodeDnsChange(req.body))
    res.status(204).end()
  })
  router.delete("/dns", (_req, res) => {
    zone.clear()
    res.status(204).end()
  })
  router.use((_req, res) => {
    res.status(404).json({ error: "There is no such control endpoint." })
  })
  router.use(badInput)
  return router
}
