/** One request, sent again where that is safe, and its answer or its problem. */
import type { Endpoint, Input } from "./Endpoint.ts"
import { headersOf, urlOf } from "./Endpoint.ts"
import { ProblemError } from "./ProblemError.ts"
import type { CallOptions, ClientOptions } from "./Surface.ts"

/** A client's options, looked at once. */
export interface Target {
  readonly base: string
  readonly options: ClientOptions
}

const isThisMachine = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host)

/** Looks at the options; refuses to send a key in clear to another machine. */
export const targetOf = (options: ClientOptions): Target => {
  const url = new URL(options.url)
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new TypeError(`${url.protocol} is not http or https`)
  if (url.protocol === "http:" && options.allowPlainHttp !== true && !isThisMachine(url.hostname)) {
    throw new TypeError(`over http the key would travel in clear to ${url.host}: use https, or say allowPlainHttp`)
  }
  return { base: `${url.origin}${url.pathname.replace(/\/+$/, "")}`, options }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The problem in an answer; a bare one when something else than the API answered, with whatever status. */
export const problemOf = (status: number, said: string): ProblemError => {
  const body = parsed(said)
  const problem = isObject(body) ? body : {}
  const text = (name: string, otherwise: string): string => {
    const value = problem[name]
    return typeof value === "string" ? value : otherwise
  }
  return new ProblemError(
    {
      type: text("type", "about:blank"),
      title: text("title", `HTTP ${status}`),
      status,
      detail: text("detail", "The answer does not come from the API."),
      next: text("next", "Check the address, and what stands between you and the API."),
      instance: text("instance", "") || undefined
    },
    problem
  )
}

/** Waits, unless the caller has given up. */
export const pause = (millis: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason)
    const given = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", given)
      resolve()
    }, millis)
    return signal?.addEventListener("abort", given, { once: true })
  })

const longestPause = 30_000

/** How long before the next attempt: what the server says, else longer each time, never all callers at once. */
export const delayOf = (attempt: number, retryAfter: string | null): number => {
  const asked = retryAfter === null ? Number.NaN : Number(retryAfter) * 1000
  const grown = 250 * 2 ** attempt * (0.5 + Math.random())
  return Math.min(longestPause, Number.isFinite(asked) ? asked : grown)
}

/** The statuses that a later attempt may change. */
export const isPassing = (status: number): boolean => status === 429 || status === 503

const bodyOf = ({ body }: Endpoint, input: Input): BodyInit | null => {
  const value = input["body"]
  if (body === null || value === undefined) return null
  if (value instanceof FormData) return value
  if (body === "application/json") return JSON.stringify(value)
  if (typeof value === "string" || value instanceof Blob || value instanceof ReadableStream) return value
  if (value instanceof Uint8Array) return new Uint8Array(value)
  throw new TypeError(`the body is ${body}: give a form, a string, bytes, a Blob or a stream`)
}

/** Why nothing was answered, in the platform's words, which it keeps from its own message. */
const unanswered = ({ origin }: URL, error: unknown): TypeError => {
  const { cause } = error instanceof Error ? error : {}
  const words = cause instanceof Error && cause.message !== "" ? cause.message : String(error)
  return new TypeError(`no answer from ${origin}: ${words}`, { cause: error })
}

/** Sends one request until it is answered, and gives the answer when it is a good one. */
export const send = async (
  { base, options }: Target,
  endpoint: Endpoint,
  input: Input,
  { signal }: CallOptions
): Promise<Response> => {
  const { key, retries = 2 } = options
  const fetch = options.fetch ?? globalThis.fetch
  const { method } = endpoint
  const url = urlOf(base, endpoint, input)
  const body = bodyOf(endpoint, input)
  const headers = {
    accept: endpoint.answer === "events" ? "text/event-stream" : "application/json, application/problem+json",
    // The platform writes the type of a form itself, with what separates its parts.
    ...(body === null || body instanceof FormData ? {} : { "content-type": endpoint.body ?? "" }),
    ...(method === "POST" ? { "idempotency-key": crypto.randomUUID() } : {}),
    ...headersOf(endpoint, input)
  }
  // What is read once cannot be sent twice; and of a DELETE that got lost nobody knows whether a second one fails.
  const again = body instanceof ReadableStream || method === "DELETE" ? 0 : retries
  let attempt = 0
  let waits = 0
  for (;;) {
    const authorization = `Bearer ${typeof key === "string" ? key : await key()}`
    const request: RequestInit = {
      method,
      body,
      headers: { ...headers, authorization },
      // A redirect would carry the key to wherever it points.
      redirect: "error",
      ...(signal === undefined ? {} : { signal }),
      ...(body instanceof ReadableStream ? { duplex: "half" } : {})
    }
    let response: Response
    let said: string
    try {
      response = await fetch(url, request)
      if (response.ok) return response
      said = await response.text()
    } catch (error) {
      if (signal?.aborted === true) throw error
      if (attempt >= again) throw unanswered(url, error)
      await pause(delayOf(attempt++, null), signal)
      continue
    }
    const problem = problemOf(response.status, said)
    const retryAfter = response.headers.get("retry-after")
    // An attempt of ours arrived, and its answer got lost: it is kept for whoever asks by the same key once it is there.
    if (attempt > 0 && problem.is("still-running")) await pause(delayOf(waits++, retryAfter), signal)
    else if (isPassing(response.status) && attempt < again) await pause(delayOf(attempt++, retryAfter), signal)
    else throw problem
  }
}
