/** An LDAP server that answers what a test says, for what no real one does on demand. */
import type { Socket } from "node:net"
import { BerReader, BerWriter, PagedResultsControl, ProtocolOperation } from "ldapts"
import { tcp } from "../http/servers.ts"

/** The answer to one search. */
export interface FakePage {
  readonly entries?: ReadonlyArray<{ readonly dn: string; readonly attributes?: Readonly<Record<string, string>> }>
  readonly references?: ReadonlyArray<string>
  /** 0 by default. */
  readonly code?: number
  /** False leaves the paging control out. */
  readonly isPaged?: boolean
  /** Ends the connection after the answer. */
  readonly isLast?: boolean
}

/** How a server takes what is not a search. */
export interface FakeOptions {
  readonly bindCode?: number
  /** Answers StartTLS with this, and goes on in the clear. */
  readonly startTlsCode?: number
  /** What is asked, in the clear. */
  readonly onRequest?: (operation: "bind" | "search" | "startTls" | "other") => void
  /** When the client took its leave and closed the connection. */
  readonly onLeave?: () => void
}

const message = (id: number, operation: number, body: (writer: BerWriter) => void, cookie?: Buffer): Buffer => {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(operation)
  body(writer)
  writer.endSequence()
  if (cookie !== undefined) {
    writer.startSequence(ProtocolOperation.LDAP_CONTROLS)
    new PagedResultsControl({ value: { size: 0, cookie } }).write(writer)
    writer.endSequence()
  }
  writer.endSequence()
  return writer.buffer
}

const result = (code: number) => (writer: BerWriter) => {
  writer.writeEnumeration(code)
  writer.writeString("")
  writer.writeString("what the server says")
}

const respond = (id: number, page: FakePage, hasMore: boolean): Buffer => {
  const entries = (page.entries ?? []).map(({ attributes = {}, dn }) =>
    message(id, ProtocolOperation.LDAP_RES_SEARCH_ENTRY, (writer) => {
      writer.writeString(dn)
      writer.startSequence()
      for (const [name, value] of Object.entries(attributes)) {
        writer.startSequence()
        writer.writeString(name)
        writer.startSequence(ProtocolOperation.LBER_SET)
        writer.writeString(value)
        writer.endSequence()
        writer.endSequence()
      }
      writer.endSequence()
    })
  )
  const references = (page.references ?? []).map((reference) =>
    message(id, ProtocolOperation.LDAP_RES_SEARCH_REF, (writer) => writer.writeString(reference))
  )
  const cookie = page.isPaged === false ? undefined : Buffer.from(hasMore ? "more" : "")
  const end = message(id, ProtocolOperation.LDAP_RES_SEARCH, result(page.code ?? 0), cookie)
  return Buffer.concat([...entries, ...references, end])
}

const nameOf = (operation: number | null) => {
  switch (operation) {
    case ProtocolOperation.LDAP_REQ_BIND:
      return "bind"
    case ProtocolOperation.LDAP_REQ_SEARCH:
      return "search"
    case ProtocolOperation.LDAP_REQ_EXTENSION:
      return "startTls"
    default:
      return "other"
  }
}

/** What a server does instead of answering a search. */
export type Misbehaviour = "hang" | "hangUp" | "babble"

/** Answers the searches of each connection in turn, and every bind as it is told; yields its port. */
export const fakeLdap = (
  pages: ReadonlyArray<FakePage | Misbehaviour>,
  { bindCode = 0, onLeave, onRequest = () => undefined, startTlsCode = 2 }: FakeOptions = {}
) =>
  tcp((socket: Socket) => {
    let asked = 0
    // The requests are small, and only one is under way at a time.
    socket.on("data", (data) => {
      // A handshake is no LDAP.
      if (data[0] !== 0x30) return onRequest("other")
      const reader = new BerReader(data)
      reader.readSequence()
      const id = reader.readInt() ?? 0
      const operation = reader.peek()
      onRequest(nameOf(operation))
      if (operation === ProtocolOperation.LDAP_REQ_EXTENSION) {
        socket.write(message(id, ProtocolOperation.LDAP_RES_EXTENSION, result(startTlsCode)))
      } else if (operation === ProtocolOperation.LDAP_REQ_BIND) {
        socket.write(message(id, ProtocolOperation.LDAP_RES_BIND, result(bindCode)))
      } else if (operation === ProtocolOperation.LDAP_REQ_SEARCH) {
        const page = pages[asked] ?? "hangUp"
        asked++
        if (page === "hangUp") socket.destroy()
        else if (page === "babble") socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")
        else if (page !== "hang") {
          socket.write(respond(id, page, asked < pages.length))
          if (page.isLast === true) socket.end()
        }
      } else if (operation === ProtocolOperation.LDAP_REQ_UNBIND) {
        socket.once("close", () => onLeave?.())
      }
    })
  })
