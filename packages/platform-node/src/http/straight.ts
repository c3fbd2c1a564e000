/** Whole answers straight from undici, as core's `TransportWire` wants them. */
import type { Send, WireAnswer, WireRequest } from "@loom-scim/core/scim/TransportWire"
import type { Cause } from "effect"
import { Result } from "effect"
import type { Dispatcher } from "undici"
import type { GuardedAgent } from "./guardedAgent.ts"

type Done = Parameters<Send>[1]
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2]

/** Repeated headers joined, as Effect's client joins them. Without a prototype, since servers choose the names. */
const flatten = (headers: Headers): WireAnswer["headers"] => {
  const flat: Record<string, string | undefined> = Object.create(null)
  for (const name in headers) {
    const value = headers[name]
    flat[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return flat
}

const toText = (chunks: ReadonlyArray<Buffer>): string => {
  const [first] = chunks
  if (first === undefined) return ""
  const bytes = chunks.length === 1 ? first : Buffer.concat(chunks)
  const text = bytes.toString("utf8")
  return text.startsWith("\uFEFF") ? text.slice(1) : text
}

/** Collects one answer. Whatever undici says after the end, or after giving up, is dropped. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #done: Done
  readonly #limit: number
  #controller: Dispatcher.DispatchController | undefined
  #chunks: Array<Buffer> = []
  #size = 0
  #status = 0
  #headers: WireAnswer["headers"] = {}
  #isOver = false

  constructor(limit: number, done: Done) {
    this.#limit = limit
    this.#done = done
  }

  /** Sends, unless nobody waits any more. */
  begin(dispatcher: Result.Result<Dispatcher, Cause.UnknownError>, request: Dispatcher.DispatchOptions): void {
    if (this.#isOver) return
    if (Result.isSuccess(dispatcher)) dispatcher.success.dispatch(request, this)
    else this.#finish(Result.fail(dispatcher.failure))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) this.#close()
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // An interim answer (RFC 9110 §15.2) is followed by the real one.
    if (status < 200) return
    this.#status = status
    this.#headers = flatten(headers)
    if (Number(this.#headers["content-length"] ?? 0) > this.#limit) this.#cut()
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    this.#size += chunk.length
    if (this.#size > this.#limit) this.#cut()
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#answer(false)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#finish(Result.fail(error))
  }

  /** Nobody waits any more: the connection is closed, at once or as soon as there is one. */
  giveUp(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#close()
  }

  #cut(): void {
    this.#answer(true)
    this.#close()
  }

  #answer(isCut: boolean): void {
    const text = toText(this.#chunks)
    this.#finish(Result.succeed({ status: this.#status, headers: this.#headers, text, isCut }))
  }

  #finish(outcome: Parameters<Done>[0]): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#chunks = []
    // undici lets a connection rest until the event loop's check phase. Going on after that, and not before, the next
    // request takes this connection instead of opening another one.
    process.nextTick(setImmediate, this.#done, outcome)
  }

  #close(): void {
    this.#chunks = []
    this.#controller?.abort(new Error("The answer is not wanted any more"))
  }
}

const originAndPath = /^(https?:\/\/[^/?#]+)([^?#]*(?:\?[^#]*)?)/
const isPlain = /^[\w.~!$&()*+,;=:@%/?-]*$/

/** Where to send and what to ask for, as a URL parser has it; parsing costs more than seeing that it would change nothing. */
const targetOf = (url: string): { readonly origin: string; readonly path: string } => {
  const [, origin, path] = originAndPath.exec(url) ?? []
  if (origin !== undefined && path !== undefined && path.startsWith("/") && isPlain.test(path)) return { origin, path }
  const parsed = new URL(url)
  return { origin: parsed.origin, path: parsed.pathname + parsed.search }
}

/** The straight way over two agents: `lab` for requests that may reach private networks, `strict` for the others. */
export const make =
  (strict: GuardedAgent, lab: GuardedAgent): Send =>
  ({ allowPrivateNetwork, body, headers, maxBodyBytes, method, url }: WireRequest, done) => {
    const collector = new Collector(maxBodyBytes, done)
    const request = { ...targetOf(url), method, headers, body: body ?? null }
    const agent = allowPrivateNetwork ? lab : strict
    agent.use((dispatcher) => collector.begin(dispatcher, request))
    return () => collector.giveUp()
  }
