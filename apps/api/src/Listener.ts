/** The socket: plain on this machine or behind a proxy, TLS otherwise, with limits on what a stranger may send. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer } from "effect"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import * as OpenStreams from "./http/OpenStreams.ts"
import { Readiness } from "./Readiness.ts"
import type { Settings } from "./Settings.ts"

const limits = {
  /** Bytes of all headers together. */
  maxHeaderSize: 16_384,
  /** Milliseconds to receive the headers. How long a body may take is decided below. */
  headersTimeout: 15_000,
  requestTimeout: 0,
  keepAliveTimeout: 30_000
} as const

/** Headers beyond this many are dropped by Node; nobody sends as many. */
const maxHeaders = 100

type BodyLimits = Pick<Settings, "bodyIdleMillis" | "bodyMillis">

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0

const isUpload = ({ headers }: IncomingMessage): boolean => /^multipart\//i.test(headers["content-type"] ?? "")

/** As Node itself says it of requests that take too long; whoever waits for the body is told that it broke off. */
const cut = ({ socket }: IncomingMessage, { headersSent }: ServerResponse): void => {
  if (headersSent) socket.destroy()
  else socket.end("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n", () => socket.destroy())
}

/**
 * Cuts a body that has stopped coming. An upload may take as long as it goes on; what else is sent has an end of its own,
 * so that nobody holds a connection with a byte now and then.
 */
const watch =
  ({ bodyIdleMillis, bodyMillis }: BodyLimits) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    if (!hasBody(request)) return
    const { socket } = request
    const stop = (): void => {
      if (!request.complete) cut(request, response)
    }
    const whole = isUpload(request) ? undefined : setTimeout(stop, bodyMillis)
    socket.setTimeout(bodyIdleMillis)
    // With a listener Node leaves it to us; a body that came whole and is not read yet is nobody's fault.
    response.on("timeout", stop)
    const over = (): void => {
      clearTimeout(whole)
      // From the answer on the connection waits for the next request, as long as Node was told.
      if (!response.writableFinished) socket.setTimeout(0)
    }
    request.once("close", over)
    response.once("close", () => clearTimeout(whole))
  }

/** How long a listener has to read the end of its stream. Whoever does not read at all would hold the server. */
const streamsEndWithin = "2 seconds"

/** Cuts the streams of events that are still open some time after the server was asked to stop. */
const ending = (answers: ReadonlySet<ServerResponse>) =>
  Effect.gen(function* () {
    const { stopped } = yield* Readiness
    const cutAll = Effect.sync(() => {
      for (const answer of answers) if (OpenStreams.isStream(answer)) answer.destroy()
    })
    yield* Effect.forkScoped(
      Effect.andThen(stopped, Effect.forever(Effect.andThen(Effect.sleep(streamsEndWithin), cutAll)))
    )
  })

/** Listens until the scope closes; requests under way are then given this long. */
export const layer = (
  { bodyIdleMillis, bodyMillis, host, port, tls }: Pick<Settings, "host" | "port" | "tls"> & BodyLimits,
  graceMillis = 20_000
) => {
  const answers = new Set<ServerResponse>()
  const listening = NodeHttpServer.layer(
    () => {
      const server =
        tls === null ? createServer(limits) : createTlsServer({ ...limits, cert: tls.certificate, key: tls.key })
      server.maxHeadersCount = maxHeaders
      const watched = watch({ bodyIdleMillis, bodyMillis })
      server.on("request", watched)
      server.on("request", (_, answer) => {
        answers.add(answer)
        answer.once("close", () => answers.delete(answer))
      })
      // Whoever asks first whether to send a large body is told apart by Node.
      server.on("checkContinue", watched)
      return server
    },
    { host, port, gracefulShutdownTimeout: graceMillis }
  )
  return Layer.provideMerge(Layer.effectDiscard(ending(answers)), listening)
}
