/** A SCIM server on plain sockets that follows the RFCs, but for the quirks that are switched on. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { isJsonObject, type JsonObject } from "@loom-scim/core/scim/Json"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import { errorAnswer } from "./Errors.ts"
import { Refusal, type Context, type Incoming, type Outgoing } from "./Exchange.ts"
import { Faults } from "./Faults.ts"
import { answer } from "./Routes.ts"
import { Directory, type Entry } from "./Store.ts"
import { Veil } from "./Veil.ts"

/** Which quirks are on. */
export type Switches = Readonly<Partial<Record<Quirk, boolean>>>

/** How a quirk server is started. */
export interface QuirkServerOptions {
  readonly quirks?: Switches
  readonly uniqueEmails?: boolean
  /** Where redirects point. */
  readonly elsewhere?: string
}

/** A request as it came. */
export interface LoggedRequest {
  readonly method: string
  /** Below the base URL, as it was sent, query included. */
  readonly path: string
  readonly ifMatch: string | undefined
  /** Parsed when it is JSON. */
  readonly body: unknown
  readonly status: number
}

/** A running server. */
export interface QuirkServer {
  /** The base URL; with `baseUrlQuery` it has a query. */
  readonly url: string
  readonly token: string
  /** Every request, oldest first. */
  readonly requests: ReadonlyArray<LoggedRequest>
  readonly users: () => ReadonlyArray<Entry>
  readonly groups: () => ReadonlyArray<Entry>
  /** Fills the directory without a request. */
  readonly seed: (kind: "Users" | "Groups", resource: JsonObject) => string
  /** What its name resolves to; with `dnsRebinding` a public address once, and its own from then on. */
  readonly resolve: () => ReadonlyArray<string>
  readonly set: (quirks: Switches) => void
  readonly close: () => Promise<void>
}

const base = "/scim/v2"

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const toIncoming = (request: IncomingMessage, text: string): Incoming => {
  const [path = "", query = ""] = (request.url ?? "").slice(base.length).split("?")
  return {
    method: request.method ?? "GET",
    path: path.split("/").slice(1).map(decodeURIComponent),
    query: new URLSearchParams(query),
    ifMatch: request.headers["if-match"],
    authorization: request.headers.authorization,
    text
  }
}

const handle = (context: Context, incoming: Incoming): Outgoing => {
  try {
    return answer(context, incoming)
  } catch (error) {
    if (error instanceof Refusal) return errorAnswer(context, error)
    throw error
  }
}

/** Sends an answer, all at once or a byte at a time. */
const send = (context: Context, response: ServerResponse, { body, headers, status }: Outgoing): void => {
  const media = context.has("plainJsonMediaType") ? "application/json" : "application/scim+json"
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body)
  response.writeHead(status, { ...(text === "" ? {} : { "content-type": media }), ...headers })
  if (!context.has("slowAnswers")) {
    response.end(text)
    return
  }
  let sent = 0
  const timer = setInterval(() => {
    if (sent < text.length) response.write(text[sent++])
    else response.end()
  }, 50)
  response.on("close", () => clearInterval(timer))
}

const isHidden = ({ body, status }: Outgoing): string | undefined => {
  const id = isJsonObject(body) ? body["id"] : undefined
  return status === 201 && typeof id === "string" ? id : undefined
}

/** Starts a server on a free local port. */
export const startQuirkServer = async (options: QuirkServerOptions = {}): Promise<QuirkServer> => {
  let quirks: Switches = options.quirks ?? {}
  const has = (quirk: Quirk): boolean => quirks[quirk] === true
  const requests: Array<LoggedRequest> = []
  const directory = new Directory()
  const faults = new Faults()
  const token = "tok_quirks-0123456789abcdef"
  let lookups = 0

  const serve = async (context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await read(request)
    const incoming = toIncoming(request, text)
    const fault = faults.next(context, incoming)
    const isDone = fault._tag === "None" || fault._tag === "Lose"
    const outcome = isDone ? handle(context, incoming) : fault._tag === "Answer" ? fault.answer : null
    if (fault._tag === "Lose" && fault.answer === null && outcome !== null) {
      const id = isHidden(outcome)
      if (id !== undefined) context.veil.hide(id, Number.POSITIVE_INFINITY)
    }
    const sent = fault._tag === "Lose" ? fault.answer : outcome
    requests.push({
      method: incoming.method,
      path: (request.url ?? "").slice(base.length),
      ifMatch: incoming.ifMatch,
      body: text === "" ? undefined : parsed(text),
      status: sent?.status ?? 0
    })
    if (sent === null) request.socket.destroy()
    else send(context, response, sent)
  }

  const server = createServer()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const url = `http://127.0.0.1:${port}${base}`
  const context: Context = {
    url,
    token,
    directory,
    veil: new Veil(),
    uniqueEmails: options.uniqueEmails === true,
    elsewhere: options.elsewhere ?? url,
    has
  }
  server.on("request", (request, response) => {
    serve(context, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })

  return {
    url: has("baseUrlQuery") ? `${url}?tenant=acme` : url,
    token,
    requests,
    users: () => directory.all("Users"),
    groups: () => directory.all("Groups"),
    seed: (kind, resource) => {
      const { id } = directory.add(kind, `${kind === "Users" ? "u" : "g"}-${directory.next()}`, resource)
      return id
    },
    resolve: () => (has("dnsRebinding") && ++lookups === 1 ? ["93.184.215.14"] : ["127.0.0.1"]),
    set: (next) => {
      quirks = { ...quirks, ...next }
    },
    close: async () => {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}
