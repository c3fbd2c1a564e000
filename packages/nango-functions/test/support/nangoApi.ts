/** The part of Nango's API that functions use: a connection with its metadata. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { Predicate } from "effect"
import type { Connection } from "./connection.ts"
import { shownOf } from "./connection.ts"

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part)
  return parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString("utf8"))
}

const metadataIn = (body: unknown): Record<string, unknown> => {
  const metadata = Predicate.hasProperty(body, "metadata") ? body.metadata : undefined
  return Predicate.isObject(metadata) ? { ...metadata } : {}
}

const answer = async (connection: Connection, request: IncomingMessage): Promise<unknown> => {
  const body = await bodyOf(request)
  switch (`${request.method} ${request.url?.replace(/\?.*/, "")}`) {
    case "GET /connections/connection":
      return shownOf(connection)
    case "POST /connections/metadata":
      return (connection.metadata = metadataIn(body))
    case "PATCH /connections/metadata":
      return (connection.metadata = { ...connection.metadata, ...metadataIn(body) })
    default:
      return undefined
  }
}

/** Starts the API of one connection; `host` is where Nango's client finds it. */
export const startApi = async (connection: Connection): Promise<{ readonly host: string; readonly server: Server }> => {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const found = await answer(connection, request)
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" })
    response.end(JSON.stringify(found ?? { error: { code: "not_found" } }))
  }
  const server = createServer((request, response) => void respond(request, response))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the API has no port")
  return { host: `http://127.0.0.1:${address.port}`, server }
}
