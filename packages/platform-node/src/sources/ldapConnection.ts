/**
 * One connection to an LDAP server, on the messages of ldapts. Its client is not used: it takes an empty page for the
 * last one even when the server says that more follows, and connects anew, without the bind, when the server hangs up.
 */
import { connect, isIP } from "node:net"
import type { Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import {
  BindRequest,
  ExtendedRequest,
  MessageParser,
  PagedResultsControl,
  SearchEntry,
  SearchReference,
  SearchRequest,
  UnbindRequest
} from "ldapts"
import type { Control, Filter } from "ldapts"

/** Where a server is. */
export interface LdapAddress {
  readonly host: string
  readonly port: number
  /** From the first byte on, as with `ldaps://`. */
  readonly isSecure: boolean
  /** Every authority to trust; undefined for Node's default. */
  readonly ca: ReadonlyArray<string> | undefined
  /** For connecting, and for each further sign of life while an answer is awaited. */
  readonly timeoutMillis: number
}

/** What to look for. */
export interface LdapSearch {
  readonly base: string
  readonly filter: Filter
  readonly attributes: ReadonlyArray<string>
  readonly pageSize: number
}

/** How the server answered: 0 is success (RFC 4511 §4.1.9). */
export interface LdapResult {
  readonly code: number
}

/** One page of a search. */
export interface LdapPage extends LdapResult {
  readonly entries: ReadonlyArray<SearchEntry>
  /** Other servers that have a part of what was asked for. */
  readonly references: ReadonlyArray<string>
  /** For the next page; empty at the end. */
  readonly cookie: Buffer
}

interface Answer {
  readonly status: number
  readonly controls?: ReadonlyArray<Control>
}

/** The request under way, and what came for it before the answer that ends it. */
interface Pending {
  readonly id: number
  readonly entries: Array<SearchEntry>
  readonly references: Array<string>
  readonly resolve: (answer: Answer) => void
  readonly reject: (cause: Error) => void
}

/** No answer came. */
export class LdapConnectionLost extends Error {
  /** Such as `ECONNREFUSED`; null when the connection ended without one. */
  readonly code: string | null
  constructor(code: string | null) {
    super("the connection to the LDAP server is lost")
    this.code = code
  }
}

const lost = (cause: unknown): LdapConnectionLost => {
  if (cause instanceof LdapConnectionLost) return cause
  const code = cause instanceof Error && "code" in cause ? cause.code : null
  return new LdapConnectionLost(typeof code === "string" ? code : null)
}

/** StartTLS (RFC 4511 §4.14.1). */
const startTlsOid = "1.3.6.1.4.1.1466.20037"

/** Connects; over a plain connection when there is one. */
const dial = (
  { ca, host, port, timeoutMillis }: LdapAddress,
  isSecure: boolean,
  plain: Socket | null = null
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = isSecure
      ? connectTls({
          host,
          port,
          ...(plain === null ? {} : { socket: plain }),
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...(ca === undefined ? {} : { ca: [...ca] })
        })
      : connect({ host, port })
    const fail = (cause: Error) => reject(lost(cause))
    const timer = setTimeout(() => socket.destroy(new LdapConnectionLost("ETIMEDOUT")), timeoutMillis)
    socket.once("error", fail)
    socket.once("close", () => clearTimeout(timer))
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      clearTimeout(timer)
      socket.off("error", fail)
      resolve(socket)
    })
  })

/** One request at a time. Once lost it stays lost. */
export class LdapConnection {
  #socket: Socket
  readonly #timeoutMillis: number
  #pending: Pending | undefined
  #lost: LdapConnectionLost | undefined
  #lastId = 0

  private constructor(socket: Socket, timeoutMillis: number) {
    this.#socket = socket
    this.#timeoutMillis = timeoutMillis
    this.#listen(socket)
  }

  #listen(socket: Socket): void {
    const unused = new Map()
    const parser = new MessageParser()
    socket.on("data", (data) => parser.read(data, unused))
    socket.on("timeout", () => socket.destroy(new LdapConnectionLost("ETIMEDOUT")))
    socket.on("error", (cause) => this.#end(lost(cause)))
    socket.on("close", () => this.#end(new LdapConnectionLost(null)))
    parser.on("error", () => socket.destroy(new LdapConnectionLost("EPROTO")))
    parser.on("message", (message) => {
      const pending = this.#pending
      // Such as a notice of disconnection, which has the id 0 (RFC 4511 §4.4.1); the connection then ends by itself.
      if (pending === undefined || message.messageId !== pending.id) return
      if (message instanceof SearchEntry) pending.entries.push(message)
      else if (message instanceof SearchReference) pending.references.push(...message.uris)
      else {
        this.#rest()
        pending.resolve(message)
      }
    })
  }

  /** Connects. Rejects with an `LdapConnectionLost`, as every method does. */
  static async open(address: LdapAddress): Promise<LdapConnection> {
    return new LdapConnection(await dial(address, address.isSecure), address.timeoutMillis)
  }

  /**
   * Encrypts what follows (RFC 4513 §3). What came in the clear behind the answer is not read: whoever is in between may
   * have written it.
   */
  async startTls(address: LdapAddress): Promise<LdapResult> {
    const { answer } = await this.#ask(new ExtendedRequest({ messageId: this.#nextId(), oid: startTlsOid }))
    if (answer.status !== 0) return { code: answer.status }
    const plain = this.#socket
    plain.removeAllListeners("data")
    for (const event of ["timeout", "error", "close"] as const) plain.removeAllListeners(event)
    // Errors of the plain connection are told by the one over it.
    plain.on("error", () => undefined)
    const secure = await dial(address, true, plain).catch((cause: unknown) => {
      plain.destroy()
      this.#end(lost(cause))
      throw cause
    })
    this.#socket = secure
    this.#listen(secure)
    return { code: 0 }
  }

  /** Says who is asking (RFC 4513 §5.1.3). */
  async bind(dn: string, password: string): Promise<LdapResult> {
    const { answer } = await this.#ask(new BindRequest({ messageId: this.#nextId(), dn, password }))
    return { code: answer.status }
  }

  /** Asks for one page (RFC 2696); the first one with an empty cookie. */
  async page({ attributes, base, filter, pageSize }: LdapSearch, cookie: Buffer): Promise<LdapPage> {
    const request = new SearchRequest({
      messageId: this.#nextId(),
      baseDN: base,
      scope: "sub",
      filter,
      attributes: [...attributes],
      // The server's own limit, not the ten seconds of ldapts.
      timeLimit: 0,
      controls: [new PagedResultsControl({ value: { size: pageSize, cookie } })]
    })
    const { answer, entries, references } = await this.#ask(request)
    const paging = answer.controls?.find((control) => control instanceof PagedResultsControl)
    return { code: answer.status, entries, references, cookie: paging?.value?.cookie ?? Buffer.alloc(0) }
  }

  /** Takes leave; does not wait. */
  close(): void {
    if (this.#lost === undefined) this.#socket.write(new UnbindRequest({ messageId: this.#nextId() }).write())
    this.#socket.destroySoon()
  }

  async #ask(request: BindRequest | SearchRequest | ExtendedRequest) {
    const entries: Array<SearchEntry> = []
    const references: Array<string> = []
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost)
      this.#pending = { id: request.messageId, entries, references, resolve, reject }
      // Only now: between two pages the server is silent for as long as nobody asks.
      this.#socket.setTimeout(this.#timeoutMillis)
      this.#socket.write(request.write())
    })
    return { answer, entries, references }
  }

  #rest(): void {
    this.#pending = undefined
    this.#socket.setTimeout(0)
  }

  #end(cause: LdapConnectionLost): void {
    this.#lost ??= cause
    const pending = this.#pending
    this.#rest()
    pending?.reject(this.#lost)
  }

  #nextId(): number {
    this.#lastId++
    return this.#lastId
  }
}
