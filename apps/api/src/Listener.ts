/** The socket: plain on this machine or behind a proxy, TLS otherwise, with limits on what a stranger may send. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { createServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { Settings } from "./Settings.ts"

const limits = {
  /** Bytes of all headers together. */
  maxHeaderSize: 16_384,
  /** Milliseconds to receive the headers, and the whole request. */
  headersTimeout: 15_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 30_000
} as const

/** Headers beyond this many are dropped by Node; nobody sends as many. */
const maxHeaders = 100

/** Listens until the scope closes; requests under way are then given this long. */
export const layer = ({ host, port, tls }: Pick<Settings, "host" | "port" | "tls">, graceMillis = 20_000) =>
  NodeHttpServer.layer(
    () => {
      const server =
        tls === null ? createServer(limits) : createTlsServer({ ...limits, cert: tls.certificate, key: tls.key })
      server.maxHeadersCount = maxHeaders
      return server
    },
    { host, port, gracefulShutdownTimeout: graceMillis }
  )
