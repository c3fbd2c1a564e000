/** How the client of a connection behaves. */
import { Duration } from "effect"
import type { Redacted } from "effect"
import type { BridgeUrl } from "../setup/BridgeUrl.ts"
import { unknown, type Profile } from "./Profile.ts"

/** The options of a client; everything but address and token has a default. */
export interface ScimClientOptions {
  /** Where the server is, path included. */
  readonly baseUrl: BridgeUrl
  readonly token: Redacted.Redacted
  /** `none` sends the token alone, as some servers want it. Default: as the profile says. */
  readonly tokenScheme?: "Bearer" | "none"
  /** Whether loopback and private networks may be reached. Default false. */
  readonly allowPrivateNetwork?: boolean
  /** For one attempt, from connecting to the end of the answer. Default 30 seconds. */
  readonly timeout?: Duration.Input
  /** Longest body that is read, in bytes. Default 8 MiB. */
  readonly maxBodyBytes?: number
  /** How often an attempt that may be repeated is repeated after a fault. Default 3. */
  readonly maxRetries?: number
  /** The first wait between such attempts; it doubles, with jitter. Default 500 milliseconds. */
  readonly retryDelay?: Duration.Input
  /**
   * How many 429 answers to one request are waited for. Each of them closes the gate for all requests, for as long as
   * the server says or else for longer each time; then one request goes ahead. Default 5.
   */
  readonly maxWaits?: number
  /** Longest pause that is waited for; a server that asks for more gives RateLimited. Default 5 minutes. */
  readonly maxPause?: Duration.Input
  /**
   * The most requests under way at once. It begins with ten of them, grows with good answers, and shrinks with 429, 5xx,
   * lost connections, time-outs, and answers three times as slow as the quickest of their sort. Default 32.
   */
  readonly maxInFlight?: number
  /**
   * The most requests begun per second. A limit of the server below it is learnt from its refusals (429) and kept to.
   * Without a limit by default.
   */
  readonly requestsPerSecond?: number
  /** Rows per page when a query does not say. Default 100. */
  readonly pageSize?: number
  /**
   * Takes `totalResults` at its word and saves the request past the end that proves it. Default: as the profile
   * says.
   */
  readonly trustTotals?: boolean
  /** Whether requests, their time and answers with 429 are counted in Effect's metrics. Default true. */
  readonly isCounted?: boolean
  /** What is known of the server already; what is learnt goes on from there. Default: nothing. */
  readonly profile?: Profile
}

const defaults = {
  allowPrivateNetwork: false,
  timeout: Duration.seconds(30),
  maxBodyBytes: 8 * 1024 * 1024,
  maxRetries: 3,
  retryDelay: Duration.millis(500),
  maxWaits: 5,
  maxPause: Duration.minutes(5),
  maxInFlight: 32,
  pageSize: 100,
  trustTotals: false,
  isCounted: true,
  profile: unknown
} as const

/** The options with every default filled in. */
export type ResolvedOptions = Required<Omit<ScimClientOptions, "requestsPerSecond">> &
  Pick<ScimClientOptions, "requestsPerSecond">

/** Fills in the defaults. */
export const resolve = (options: ScimClientOptions): ResolvedOptions => {
  const { tokenScheme } = (options.profile ?? unknown).behaviour
  return { ...defaults, tokenScheme, ...options }
}
