/** A SCIM server of a test, and Nango's proxy in front of it: as inside a function, and as `@nangohq/node` reaches it. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { createRequire } from "node:module"
import { Nango } from "@nangohq/node"
import { Predicate } from "effect"
import { afterAll } from "vitest"
import type { NangoProxy, ProxyCall, ProxyResponse } from "../../src/proxy/NangoProxy.ts"

export const token = "secret-token-0123456789"

/** A request as the SCIM server saw it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

/** An answer as it is to be sent, byte for byte; `cut` breaks the connection off in the middle. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly cut?: boolean
}

const require = createRequire(createRequire(import.meta.url).resolve("@nangohq/node"))
const axios: { request(config: unknown): Promise<ProxyResponse> } = require("axios")

const listen = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the server has no port")
  return `http://127.0.0.1:${address.port}`
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString("utf8")
}

const give = (response: ServerResponse, { body = "", cut = false, headers = {}, status = 200 }: Reply): void => {
  const length = Buffer.byteLength(body) + (cut ? 100 : 0)
  response.writeHead(status, { "content-type": "application/scim+json", "content-length": length, ...headers })
  response.write(body)
  if (cut) setImmediate(() => response.destroy())
  else response.end()
}

/** A SCIM server that answers as `reply` says at the time. */
export const scimServer = async () => {
  const seen: Array<Seen> = []
  const state: { reply: (seen: Seen) => Reply } = { reply: () => ({ status: 404 }) }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request)
    const asked = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body }
    seen.push(asked)
    give(response, state.reply(asked))
  }
  const url = await listen((request, response) => void answer(request, response))
  return { url, seen, state }
}

/** The proxy inside a function: axios with the connection's token and the caller's headers. */
export const inside = (target: string): NangoProxy & { readonly calls: Array<ProxyCall> } => {
  const calls: Array<ProxyCall> = []
  return {
    calls,
    proxy: (call) => {
      calls.push(call)
      const { data, endpoint, headers, method, responseType } = call
      const sent = { authorization: `Bearer ${token}`, ...headers }
      return axios.request({ method, url: target + endpoint, headers: sent, data, responseType })
    }
  }
}

/** What Nango's server lets through of a success, and of a failure everything. */
const passed = (status: number, headers: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      Predicate.isString(value) && name !== "content-length" && (status >= 400 || name === "content-type")
        ? [[name, value]]
        : []
    )
  )

/** `@nangohq/node` and a Nango server that forwards as the real one does: `Nango-Proxy-` headers, JSON bodies. */
export const outside = async (target: string): Promise<NangoProxy> => {
  const host = await listen((request, response) => {
    void (async () => {
      const forwarded = Object.entries(request.headers).flatMap(([name, value]) =>
        name.startsWith("nango-proxy-") && Predicate.isString(value) ? [[name.slice("nango-proxy-".length), value]] : []
      )
      const body = await textOf(request)
      const isJson = request.headers["content-type"]?.startsWith("application/json") === true
      const answer = await axios.request({
        method: request.method,
        url: target + request.url?.replace(/^\/proxy/, ""),
        headers: { authorization: `Bearer ${token}`, ...Object.fromEntries(forwarded) },
        ...(body === "" ? {} : { data: isJson ? JSON.parse(body) : {} }),
        responseType: "arraybuffer",
        validateStatus: null
      })
      response.writeHead(answer.status, passed(answer.status, Object(answer.headers)))
      response.end(answer.data)
    })()
  })
  return new Nango({ secretKey: "none", host })
}
