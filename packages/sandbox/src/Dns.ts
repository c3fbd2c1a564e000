import { once } from "node:events"
import type { Socket } from "node:net"
import { createTCPServer, createUDPServer, Packet } from "dns2"
import type { DnsAnswer, DnsZone } from "./DnsZone.ts"

/** Where the DNS server listens, over UDP and TCP on the same port. */
export interface DnsServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

const TYPE_NUMBERS = { A: Packet.TYPE.A, AAAA: Packet.TYPE.AAAA, TXT: Packet.TYPE.TXT } as const

// A character-string of a TXT record has a one-byte length, RFC 1035 §3.3.14.
const MAX_CHARACTER_STRING = 255

/** Cuts a text into pieces of at most 255 bytes of UTF-8, never inside a character. */
export function characterStrings(text: string): ReadonlyArray<string> {
  const pieces: Array<string> = []
  let piece = ""
  let size = 0
  for (const character of text) {
    const bytes = Buffer.byteLength(character)
    if (size + bytes > MAX_CHARACTER_STRING) {
      pieces.push(piece)
      piece = ""
      size = 0
    }
    piece += character
    size += bytes
  }
  return [...pieces, piece]
}

function record(question: Packet["questions"][number], value: string): Packet["answers"][number] {
  const data = question.type === Packet.TYPE.TXT ? { data: [...characterStrings(value)] } : { address: value }
  // No caching: what the control endpoint sets must be seen by the next query.
  return new Packet.Resource({ name: question.name, type: question.type, class: Packet.CLASS.IN, ttl: 0, ...data })
}

function respond(request: Packet, zone: DnsZone): Packet | undefined {
  const response = Packet.createResponseFromRequest(request)
  response.header.aa = 1
  response.header.ra = 1
  const [question] = request.questions
  if (question === undefined) {
    response.header.rcode = Packet.RCODE.FORMERR
    return response
  }
  const answer: DnsAnswer = zone.lookup(question.name)
  if (answer.kind === "silent") return undefined
  if (answer.kind === "failure") {
    response.header.rcode = Packet.RCODE[answer.rcode]
    return response
  }
  for (const [type, values] of answer.records) {
    if (TYPE_NUMBERS[type] === question.type) {
      response.answers.push(...values.map((value) => record(question, value)))
    }
  }
  return response
}

async function listen(zone: DnsZone, host: string, port: number): Promise<DnsServer> {
  const handle = (request: Packet, send: (response: Packet) => unknown): void => {
    const response = respond(request, zone)
    if (response === undefined) return
    // The client may be gone by now: then nobody misses the answer.
    void Promise.resolve(send(response)).catch(() => undefined)
  }
  const tcp = createTCPServer(handle)
  const connections = new Set<Socket>()
  tcp.on("connection", (socket: Socket) => {
    connections.add(socket)
    socket.on("error", () => socket.destroy())
    socket.on("close", () => connections.delete(socket))
  })
  const tcpReady = once(tcp, "listening")
  tcp.listen(port, host)
  await tcpReady
  const address = tcp.address()
  const bound = typeof address === "object" && address !== null ? address.port : port
  const udp = createUDPServer({ type: host.includes(":") ? "udp6" : "udp4" })
  udp.on("request", handle)
  try {
    const udpReady = once(udp, "listening")
    udp.bind(bound, host)
    await udpReady
  } catch (error) {
    tcp.close()
    throw error
  }
  // Packets that cannot be delivered come back as errors of the socket.
  udp.on("error", () => undefined)
  return {
    host,
    port: bound,
    close: async () => {
      const closed = Promise.all([once(tcp, "close"), once(udp, "close")])
      for (const socket of connections) socket.destroy()
      tcp.close()
      udp.close()
      await closed
    }
  }
}

/**
 * Starts a DNS server for the zone. With port 0 the system chooses one that is free for TCP and
 * UDP. Rejects with the system's error (EADDRINUSE, EACCES …) when it cannot listen.
 */
export async function startDns(
  zone: DnsZone,
  at: { readonly host: string; readonly port: number }
): Promise<DnsServer> {
  // A port that is free for TCP may be taken for UDP; another try finds another port.
  for (let attempt = 1; at.port === 0 && attempt < 5; attempt++) {
    try {
      return await listen(zone, at.host, 0)
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error
    }
  }
  return listen(zone, at.host, at.port)
}
