/**
 * A stand-in for Nango's public API on a socket, written from what 0.71 answers: the same strictness about bodies and
 * queries, the same codes, replacement on a second import, and webhooks signed as Nango signs them. It tries no
 * credentials by itself: a test says which connections are dead.
 */
import { createHmac, randomUUID } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { createServer } from "node:http"
import * as Bodies from "./nangoBodies.ts"

/** A connection as the stand-in keeps it. */
export interface Stored {
  readonly integration: string
  readonly connectionId: string
  apiKey: string
  connectionConfig: object
  metadata: object
  tags: Record<string, string>
  webhookUrl?: string | null
  /** Nango tries credentials on reading, and these do not pass. */
  dead: boolean
}

export interface Fault {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export class NangoStandIn {
  readonly secretKey = randomUUID()
  readonly signingKey = randomUUID()
  readonly integrations = new Map([
    ["loom-scim", "loom-scim"],
    ["slack", "slack"]
  ])
  readonly connections: Array<Stored> = []
  /** Method and path with query of every request. */
  readonly requests: Array<string> = []
  /** Credentials with which an import is refused. */
  readonly refusedKeys = new Set<string>()
  readonly faults: Array<Fault> = []
  readonly sessions: Array<Bodies.Json> = []

  find(connectionId: string, integration = "loom-scim"): Stored | undefined {
    return this.connections.find((each) => each.connectionId === connectionId && each.integration === integration)
  }

  /** A webhook as it would be sent: the body, and its signature. */
  webhook(body: object): { readonly body: string; readonly signature: string } {
    const text = JSON.stringify({ from: "nango", ...body })
    return { body: text, signature: createHmac("sha256", this.signingKey).update(text).digest("hex") }
  }

  auth(connectionId: string, more: object = {}) {
    const { tags = {} } = this.find(connectionId) ?? {}
    return this.webhook({
      type: "auth",
      connectionId,
      providerConfigKey: "loom-scim",
      provider: "loom-scim",
      authMode: "API_KEY",
      environment: "dev",
      operation: "creation",
      success: true,
      tags,
      ...more
    })
  }

  answer(request: Asked): Answer {
    this.requests.push(`${request.method} ${request.url.pathname}${request.url.search}`)
    const fault = this.faults.shift()
    if (fault !== undefined) return fault
    if (request.authorization !== `Bearer ${this.secretKey}`) {
      return error(
        401,
        "unknown_account",
        "Authentication failed. The provided authorization header does not match any account."
      )
    }
    const [, root, first, second] = request.url.pathname.split("/")
    const name = first === undefined ? undefined : decodeURIComponent(first)
    const route = `${request.method} ${root}${first === undefined ? "" : second === undefined ? "/:" : "/:/…"}`
    switch (route) {
      case "GET integrations":
        return json(200, { data: [...this.integrations].map(([key, provider]) => integrationOf(key, provider)) })
      case "GET integrations/:": {
        const provider = this.integrations.get(name ?? "")
        return provider === undefined
          ? error(404, "not_found", `Integration "${name}" does not exist`)
          : json(200, { data: integrationOf(name ?? "", provider) })
      }
      case "POST connect/:":
        return name === "sessions" ? this.#session(request.body) : unknownPath
      case "POST connect/:/…":
        return name === "sessions" && second === "reconnect" ? this.#reconnect(request.body) : unknownPath
      case "POST connections":
        return this.#import(request.body)
      case "GET connections":
        return this.#list(request.url.searchParams)
      case "PATCH connections/:":
        return name === "metadata" ? this.#metadata(request.body) : this.#one(request, name ?? "")
      case "GET connections/:":
      case "DELETE connections/:":
        return this.#one(request, name ?? "")
      default:
        return unknownPath
    }
  }

  #import(body: Bodies.Json): Answer {
    const read = Bodies.connection(body)
    if (typeof read === "string") return invalid(read)
    const { apiKey, config, connectionId, integration, metadata, tags, webhookUrl } = read
    if (!this.integrations.has(integration)) return error(404, "not_found", "Integration does not exist")
    if (this.integrations.get(integration) !== "loom-scim") {
      return error(400, "invalid_body", "Provider OAUTH2 does not support API_KEY auth")
    }
    if (this.refusedKeys.has(apiKey)) {
      return error(400, "connection_test_failed", `The credentials ${apiKey} did not pass`)
    }
    const fresh = { apiKey, connectionConfig: config, metadata, tags, webhookUrl, dead: false }
    const before = this.find(connectionId, integration)
    const stored: Stored = Object.assign(before ?? { integration, connectionId }, fresh)
    if (before === undefined) this.connections.push(stored)
    return json(201, full(stored))
  }

  #list(query: URLSearchParams): Answer {
    const known =
      /^(?:connectionId|search|endUserId|integrationId|endUserOrganizationId|limit|page|tags\[[a-z][a-z0-9_\-./]*\])$/
    const unknown = [...query.keys()].find((name) => !known.test(name))
    if (unknown !== undefined) return error(400, "invalid_query_params", unknown)
    const limit = Number(query.get("limit") ?? 10_000)
    const page = Number(query.get("page") ?? 0)
    if (limit < 1 || limit > 2000) return error(400, "invalid_query_params", "limit")
    const wanted = [...query].flatMap(([name, value]) => {
      const tag = /^tags\[(.+)\]$/.exec(name)?.[1]
      return tag === undefined ? [] : [[tag, value] as const]
    })
    const fitting = this.connections.filter(
      ({ connectionId, integration, tags }) =>
        (query.get("connectionId") ?? connectionId) === connectionId &&
        (query.get("integrationId")?.split(",") ?? [integration]).includes(integration) &&
        wanted.every(([tag, value]) => tags[tag] === value)
    )
    return json(200, { connections: fitting.slice(page * limit, (page + 1) * limit).map(listed) })
  }

  #one({ body, method, url }: Asked, name: string): Answer {
    const integration = url.searchParams.get("provider_config_key")
    if (integration === null || [...url.searchParams.keys()].length > 1) return error(400, "invalid_query_params", "")
    if (!this.integrations.has(integration)) return error(400, "unknown_provider_config", "Provider does not exists")
    const stored = this.find(name, integration)
    if (method === "DELETE") {
      if (stored === undefined) return json(400, { error: { code: "unknown_connection" } })
      this.connections.splice(this.connections.indexOf(stored), 1)
      return json(200, { success: true })
    }
    if (stored === undefined) return error(404, "not_found", "Failed to find connection")
    if (method === "GET") {
      return stored.dead ? error(424, "invalid_credentials", "The credentials do not pass") : json(200, full(stored))
    }
    const read = Bodies.patch(body)
    if (typeof read === "string") return invalid(read)
    if (read.tags !== undefined) stored.tags = read.tags
    return json(200, { success: true })
  }

  #metadata(body: Bodies.Json): Answer {
    const read = Bodies.metadata(body)
    if (typeof read === "string") return invalid(read)
    const stored = this.find(read.connectionId, read.integration)
    if (stored === undefined) return error(404, "unknown_connection", "Connection not found")
    // Field by field, and only on the first level.
    stored.metadata = { ...stored.metadata, ...read.metadata }
    return json(200, body)
  }

  #session(body: Bodies.Json): Answer {
    const read = Bodies.session(body)
    if (typeof read === "string") return invalid(read)
    if (!read.integrations.every((key) => this.integrations.has(key))) {
      return json(400, {
        error: {
          code: "invalid_body",
          errors: [{ code: "custom", message: "Integration does not exist", path: ["allowed_integrations", 0] }]
        }
      })
    }
    return this.#link(body)
  }

  #reconnect(body: Bodies.Json): Answer {
    const read = Bodies.reconnect(body)
    if (typeof read === "string") return invalid(read)
    return this.find(read.connectionId, read.integration) === undefined
      ? error(400, "invalid_body", "ConnectionID or IntegrationId does not exists")
      : this.#link(body)
  }

  #link(body: Bodies.Json): Answer {
    this.sessions.push(body)
    const token = `nango_connect_session_${randomUUID().replaceAll("-", "").repeat(2)}`
    return json(201, {
      data: {
        token,
        connect_link: `https://connect.nango.dev/?session_token=${token}`,
        expires_at: new Date(Date.now() + 1_800_000).toISOString()
      }
    })
  }
}

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly authorization: string | undefined
  readonly body: Bodies.Json
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const json = (status: number, body: unknown): Answer => ({ status, body: JSON.stringify(body) })
const error = (status: number, code: string, message: string): Answer => json(status, { error: { code, message } })
const invalid = (what: string): Answer =>
  json(400, { error: { code: "invalid_body", errors: [{ code: "custom", message: what, path: [] }] } })
const unknownPath = error(404, "not_found", "endpoint not found")

const integrationOf = (key: string, provider: string) => ({
  unique_key: key,
  provider,
  display_name: key,
  forward_webhooks: true,
  logo: "",
  created_at: "2026-11-28T00:00:00.000Z",
  updated_at: "2026-11-28T00:00:00.000Z"
})

const common = ({ connectionId, dead, integration, metadata, tags }: Stored) => ({
  id: 1,
  connection_id: connectionId,
  provider_config_key: integration,
  provider: "loom-scim",
  errors: dead ? [{ type: "auth", log_id: "x" }] : [],
  end_user: null,
  tags,
  metadata
})

const listed = (stored: Stored) => ({ ...common(stored), created: "2026-11-28T00:00:00.000Z" })

const full = (stored: Stored) => ({
  ...common(stored),
  connection_config: stored.connectionConfig,
  webhook_url_override: stored.webhookUrl ?? null,
  created_at: "2026-11-28T00:00:00.000Z",
  updated_at: "2026-11-28T00:00:00.000Z",
  last_fetched_at: null,
  credentials: { type: "API_KEY", apiKey: stored.apiKey }
})

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString("utf8")
}

/** Starts one on a free port of this machine. */
export const startNango = async () => {
  const nango = new NangoStandIn()
  const server = createServer((request, response) => {
    const reply = async () => {
      const text = await textOf(request)
      const url = new URL(request.url ?? "/", "http://nango")
      const body: Bodies.Json = text === "" ? null : JSON.parse(text)
      const { authorization, "content-type": type = "" } = request.headers
      const answer =
        text !== "" && !type.startsWith("application/json")
          ? error(415, "invalid_content_type", "Content-Type header must be application/json")
          : nango.answer({ method: request.method ?? "", url, authorization, body })
      response.writeHead(answer.status, { "content-type": "application/json; charset=utf-8", ...answer.headers })
      response.end(answer.body)
    }
    void reply()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve)
  })
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return {
    nango,
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    }
  }
}
