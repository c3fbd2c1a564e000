/** From the list of endpoints to the client: a function for each, pages and streams as async iterators. */
import type { Endpoint, Input } from "./Endpoint.ts"
import { urlOf } from "./Endpoint.ts"
import { eventsOf } from "./eventsOf.ts"
import { ProblemError } from "./ProblemError.ts"
import type { Target } from "./send.ts"
import { delayOf, isPassing, pause, problemOf, send, targetOf } from "./send.ts"
import type { CallOptions, ClientOptions } from "./Surface.ts"

/** What is in JSON; what is none does not come from the API, whatever its status. */
const valueOf = (status: number, text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    throw problemOf(status, text)
  }
}

const json = async (target: Target, endpoint: Endpoint, input: Input, options: CallOptions): Promise<unknown> => {
  const response = await send(target, endpoint, input, options)
  const text = await response.text()
  return text === "" ? undefined : valueOf(response.status, text)
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {}

async function* pages(
  target: Target,
  endpoint: Endpoint,
  input: Input,
  options: CallOptions,
  atEnd: (verdict: unknown) => void
): AsyncGenerator<unknown> {
  let cursor: unknown
  for (;;) {
    const { items, nextCursor, verdict } = fieldsOf(await json(target, endpoint, { ...input, cursor }, options))
    if (Array.isArray(items)) yield* items
    if (typeof nextCursor !== "string") return atEnd(verdict)
    cursor = nextCursor
  }
}

/** Every item, and the verdict for whoever took the last one. */
const everything = (target: Target, endpoint: Endpoint, input: Input, options: CallOptions): unknown => {
  let verdict: unknown = null
  const items = pages(target, endpoint, input, options, (last) => (verdict = last ?? null))
  return Object.defineProperty(items, "verdict", { get: () => verdict })
}

/** Sent when nothing happens, to keep proxies from cutting the line; no listener needs to see it. */
const beat = "beat"

const stream = "text/event-stream"

/** How a run stands when it is over; after that nothing more comes, and nobody needs to come back. */
const over: ReadonlySet<unknown> = new Set(["Completed", "Cancelled", "Rejected"])

const isFinal = (error: unknown): boolean => error instanceof ProblemError && !isPassing(error.status)

/**
 * The events of a stream. Whenever it breaks off it is asked for again behind the last event that came, for as long as
 * somebody listens; it ends when the server says that it is over, or with a problem that time does not change.
 */
async function* follow(
  target: Target,
  endpoint: Endpoint,
  input: Input,
  options: CallOptions
): AsyncGenerator<unknown> {
  // What cannot be asked for cannot be asked for later either.
  urlOf(target.base, endpoint, input)
  let last: string | undefined
  let wait: number | undefined
  for (let attempt = 0; ; attempt++) {
    try {
      const from = last === undefined ? {} : { lastEventId: last }
      const { body, headers, status } = await send(target, endpoint, { ...input, ...from }, options)
      if (body === null) throw new TypeError("the stream is empty")
      if (headers.get("content-type")?.startsWith(stream) !== true) {
        await body.cancel()
        throw problemOf(status, "")
      }
      for await (const { data, event, id, retry } of eventsOf(body)) {
        attempt = 0
        wait = retry ?? wait
        last = id ?? last
        // Without data it is no event, but a word to the listener: when to come back.
        if (event === beat || data === "") continue
        const value = valueOf(status, data)
        yield { id, event, data: value }
        if (event === "status" && over.has(fieldsOf(value)["_tag"])) return
      }
    } catch (error) {
      if (options.signal?.aborted === true || isFinal(error)) throw error
    }
    await pause(wait ?? delayOf(attempt, null), options.signal)
  }
}

const methodOf = (target: Target, endpoint: Endpoint): unknown => {
  switch (endpoint.answer) {
    case "events":
      return (input: Input = {}, options: CallOptions = {}) => follow(target, endpoint, input, options)
    case "bytes":
      return async (input: Input = {}, options: CallOptions = {}) => (await send(target, endpoint, input, options)).body
    case "page":
      return Object.assign((input: Input = {}, options: CallOptions = {}) => json(target, endpoint, input, options), {
        all: (input: Input = {}, options: CallOptions = {}) => everything(target, endpoint, input, options)
      })
    case "json":
    case "none":
      return (input: Input = {}, options: CallOptions = {}) => json(target, endpoint, input, options)
  }
}

/** Makes the client: an object for each group with a function for each of its endpoints. */
export const bind = (
  endpoints: ReadonlyArray<Endpoint>,
  options: ClientOptions
): Readonly<Record<string, Readonly<Record<string, unknown>>>> => {
  const target = targetOf(options)
  const groups: Record<string, Record<string, unknown>> = {}
  for (const endpoint of endpoints) {
    const group = (groups[endpoint.group] ??= {})
    group[endpoint.name] = methodOf(target, endpoint)
  }
  return groups
}
