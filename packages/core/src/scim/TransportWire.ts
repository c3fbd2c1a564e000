/** The straight way for a platform that can read an answer whole, past the layers of Effect's HTTP client. */
import type { Result } from "effect"
import type { HttpClient } from "effect/http"

/** A request, ready to be sent. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Absolute and encoded. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Longest body to read; the connection of a longer one is closed. */
  readonly maxBodyBytes: number
  /** Whether loopback and private networks may be reached. */
  readonly allowPrivateNetwork: boolean
}

/** An answer with its body. */
export interface WireAnswer {
  readonly status: number
  /** Names in lower case; repeated headers are joined with a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The body without a byte order mark. */
  readonly text: string
  /** The body is longer than was allowed; `text` is the part that was read. */
  readonly isCut: boolean
}

/**
 * Sends and calls back once and never before it returns, with the answer or with whatever error there was; what it
 * returns gives the request up and closes its connection. It knows no spans and no time-out of the whole: both are the caller's.
 */
export type Send = (request: WireRequest, done: (outcome: Result.Result<WireAnswer, unknown>) => void) => () => void

const ways = new WeakMap<HttpClient.HttpClient, Send>()

/** Declares that an HTTP client has a straight way. Clients derived from it have none, so what they add is kept. */
export const attach = (client: HttpClient.HttpClient, send: Send): HttpClient.HttpClient => {
  ways.set(client, send)
  return client
}

/** The straight way of an HTTP client; undefined when it has none. */
export const of = (client: HttpClient.HttpClient): Send | undefined => ways.get(client)
