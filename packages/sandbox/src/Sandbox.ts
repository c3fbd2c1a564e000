import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { createServer as createTlsServer } from "node:https"
import express, { type Express } from "express"
import { controlRoutes, type ControlParts } from "./Control.ts"
import { readState, StateKeeper, type SandboxState } from "./DataFile.ts"
import { startDns } from "./Dns.ts"
import { DnsZone } from "./DnsZone.ts"
import { faultAnswers } from "./FaultAnswers.ts"
import { FaultBoard } from "./Faults.ts"
import { idpRoutes } from "./Idp.ts"
import { randomId } from "./Ids.ts"
import { RequestLog } from "./RequestLog.ts"
import { sendScimError } from "./ScimError.ts"
import { scimRoutes } from "./ScimRoutes.ts"
import { seedUsers } from "./Seed.ts"
import { Tenant } from "./Tenant.ts"
import { newToken, TokenGate } from "./Token.ts"

/** How a sandbox is started; everything is optional. */
export interface SandboxOptions {
  /** Address to bind to, default 127.0.0.1. The control endpoint answers loopback only in any case. */
  readonly host?: string
  /** HTTP port, default 0: chosen by the system. */
  readonly port?: number
  /** DNS port for UDP and TCP, default 0: chosen by the system. */
  readonly dnsPort?: number
  /** Number of users the directory starts with, default 0; ignored when the data file exists. */
  readonly users?: number
  /** Bearer token; random when absent. Tokens accepted earlier with the same data file stay valid. */
  readonly token?: string
  /** JSON file that keeps the directory, the endpoint's key and digests of the tokens. */
  readonly dataFile?: string
  /** When the token stops being accepted. */
  readonly tokenExpiresAt?: Date
  /** PEM key and certificate: SCIM and metadata are then served over https. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Domain of the seeded users' e-mail addresses, default example.com. */
  readonly domain?: string
}

/** A running sandbox. */
export interface Sandbox {
  /** The SCIM endpoint, in the form of WorkOS: `http://127.0.0.1:PORT/scim/v2.0/KEY`. */
  readonly scimUrl: string
  /** The bearer token that opens it. */
  readonly token: string
  /** Base of the control endpoint; plain http also when `tls` is given, then on a port of its own. */
  readonly controlUrl: string
  /** URL of the identity provider's SAML metadata. */
  readonly idpMetadataUrl: string
  /** Where the DNS server listens, over UDP and TCP. */
  readonly dns: { readonly host: string; readonly port: number }
  /** Drops all connections, stops listening and writes the data file, once. Rejects when that fails. */
  close(): Promise<void>
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  const ready = once(server, "listening")
  server.listen(port, host)
  await ready
  const address = server.address()
  const bound = typeof address === "object" && address !== null ? address.port : port
  return `${host.includes(":") ? `[${host}]` : host}:${bound}`
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, "close")
  server.close()
  // Also those that wait for an answer a fault never gives.
  server.closeAllConnections()
  await closed
}

function newApp(): Express {
  const app = express()
  app.disable("x-powered-by")
  // The tenant says that it has no ETags, so Express must not add its own.
  app.disable("etag")
  return app
}

function page(sandbox: Omit<Sandbox, "close" | "token">): string {
  return `Loom SCIM sandbox

SCIM endpoint  ${sandbox.scimUrl}
Control        ${sandbox.controlUrl}/state
IdP metadata   ${sandbox.idpMetadataUrl}
DNS            ${sandbox.dns.host} port ${sandbox.dns.port} (UDP and TCP)
`
}

function freshState(options: SandboxOptions): SandboxState {
  return {
    key: randomId(25),
    token: { digests: [], revoked: false },
    tenant: {
      softDelete: true,
      users: seedUsers(options.users ?? 0, options.domain ?? "example.com"),
      groups: []
    }
  }
}

/**
 * Starts a stand-in for the SCIM endpoint of a Loom workspace, with a DNS server and an identity
 * provider's metadata beside it. Several can run in one process.
 *
 * Rejects with `DataFileError` when the data file is not one, and with the system's error
 * (EADDRINUSE, EACCES …) when a port or the file cannot be used.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? "127.0.0.1"
  const kept = options.dataFile === undefined ? undefined : await readState(options.dataFile)
  const start = kept ?? freshState(options)
  const keeper =
    options.dataFile === undefined
      ? undefined
      : new StateKeeper(options.dataFile, () => ({
          key: start.key,
          token: gate.snapshot(),
          tenant: tenant.snapshot()
        }))
  const changed = (): void => keeper?.changed()
  const tenant = new Tenant(start.tenant, changed)
  const gate = new TokenGate(start.token, changed)

  const parts: ControlParts = {
    tenant,
    gate,
    faults: new FaultBoard(),
    zone: new DnsZone(),
    log: new RequestLog(),
    idp: { mode: "valid" }
  }
  const app = newApp()
  const server = options.tls === undefined ? createServer(app) : createTlsServer({ ...options.tls }, app)
  const controlApp = newApp()
  const controlServer = options.tls === undefined ? undefined : createServer(controlApp)
  const dns = await startDns(parts.zone, { host, port: options.dnsPort ?? 0 })
  const closeAll = async (): Promise<void> => {
    await Promise.all([stop(server), dns.close(), ...(controlServer === undefined ? [] : [stop(controlServer)])])
  }
  try {
    const origin = `${options.tls === undefined ? "http" : "https"}://${await listen(server, host, options.port ?? 0)}`
    const controlOrigin = controlServer === undefined ? origin : `http://${await listen(controlServer, host, 0)}`
    const token = options.token ?? newToken()
    gate.accept(token)
    if (options.tokenExpiresAt !== undefined) gate.expireAt(options.tokenExpiresAt)
    const shown = {
      scimUrl: `${origin}/scim/v2.0/${start.key}`,
      controlUrl: `${controlOrigin}/__control`,
      idpMetadataUrl: `${origin}/idp/metadata`,
      dns: { host: dns.host, port: dns.port }
    }
    ;(controlServer === undefined ? app : controlApp).use("/__control", controlRoutes(parts))
    app.use(parts.log.middleware())
    app.use(`/scim/v2.0/${start.key}`, scimRoutes({ ...parts, baseUrl: shown.scimUrl }))
    app.use("/scim", (_req, res) => sendScimError(res, { status: 404, detail: "Endpoint Not Found" }))
    app.use(
      "/idp",
      faultAnswers(parts.faults, "idp"),
      idpRoutes(() => parts.idp.mode, origin)
    )
    app.get("/", (_req, res) => {
      res.type("text/plain").send(page(shown))
    })
    const close = async (): Promise<void> => {
      await closeAll()
      await keeper?.close()
    }
    let closing: Promise<void> | undefined
    return { ...shown, token, close: () => (closing ??= close()) }
  } catch (error) {
    await closeAll()
    throw error
  }
}
