/** A DNS server on a free local port, for tests. */
import { once } from "node:events"
import { createUDPServer, Packet } from "dns2"
import { Effect } from "effect"
import type { Scope } from "effect"

/** What a name is answered with; a name that is not listed does not exist. */
export type Zone = Readonly<Record<string, DnsReply>>
type Failure = "SERVFAIL" | "REFUSED" | "NOTIMP"
export type DnsReply =
  | {
      readonly txt?: ReadonlyArray<ReadonlyArray<string>>
      readonly a?: ReadonlyArray<string> | Failure
      readonly aaaa?: ReadonlyArray<string> | Failure
    }
  | Failure
  | "silent"

type Question = Packet["questions"][number]

const answersTo = (question: Question, reply: Exclude<DnsReply, string>): Packet["answers"] | Failure => {
  const { name, type } = question
  const common = { name, type, class: Packet.CLASS.IN, ttl: 0 }
  if (type === Packet.TYPE.TXT)
    return (reply.txt ?? []).map((data) => new Packet.Resource({ ...common, data: [...data] }))
  const addresses = type === Packet.TYPE.A ? reply.a : type === Packet.TYPE.AAAA ? reply.aaaa : []
  if (typeof addresses === "string") return addresses
  return (addresses ?? []).map((address) => new Packet.Resource({ ...common, address }))
}

/** Starts the server; yields `127.0.0.1:port`. `zone` is called for each query, so that answers may change. */
export const start = (zone: () => Zone): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createUDPServer((request, send) => {
        const response = Packet.createResponseFromRequest(request)
        const [question] = request.questions
        if (question === undefined) return
        const found = zone()[question.name.toLowerCase()]
        const reply = typeof found === "object" ? answersTo(question, found) : found
        if (reply === "silent") return
        if (reply === undefined) response.header.rcode = Packet.RCODE.NXDOMAIN
        else if (typeof reply === "string") response.header.rcode = Packet.RCODE[reply]
        else response.answers.push(...reply)
        void send(response)
      })
      const ready = once(server, "listening")
      void server.listen(0, "127.0.0.1")
      await ready
      return server
    }),
    (server) =>
      Effect.promise(async () => {
        const closed = once(server, "close")
        server.close()
        await closed
      })
  ).pipe(Effect.map((server) => `127.0.0.1:${server.address().port}`))
