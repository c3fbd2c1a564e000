/** Small servers on free local ports, closed with the scope of a test. */
import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { Server, Socket } from "node:net"
import { createServer as createTcpServer } from "node:net"
import { Effect } from "effect"
import type { Scope } from "effect"
import type { TestCertificate } from "./certificates.ts"

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

const listening = (server: Server): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      server.on("connection", (socket: Socket) => {
        sockets.add(socket)
        socket.on("error", () => socket.destroy())
        socket.on("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      if (typeof address !== "object" || address === null) throw new Error("no port")
      return { port: address.port, sockets }
    }),
    ({ sockets }) =>
      Effect.promise(async () => {
        const closed = once(server, "close")
        server.close()
        for (const socket of sockets) socket.destroy()
        await closed
      })
  ).pipe(Effect.map(({ port }) => port))

/** An HTTP server; yields its port. */
export const http = (handler: Handler) => listening(createServer(handler))

/** An HTTPS server; yields its port. */
export const https = (certificate: TestCertificate, handler: Handler) =>
  listening(
    createTlsServer({ key: certificate.key, cert: certificate.cert }, handler).on("tlsClientError", () => undefined)
  )

/** A TCP server that does with each connection what it is told. */
export const tcp = (onConnection: (socket: Socket) => void) => listening(createTcpServer(onConnection))

/** A local port where nothing listens. */
export const closedPort = Effect.scoped(tcp((socket) => socket.destroy()))
