/** One run of a function: the connection's client, over the proxy, with what is known of its server. */
import * as ProxyHttpClient from "@loom-scim/nango/proxy/ProxyHttpClient"
import type { ShapeRefused } from "@loom-scim/nango/Shape"
import { toBridgeUrl } from "@loom-scim/nango/Shape"
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import * as ScimClient from "@loom-scim/core/scim/ScimClient"
import { Effect, Predicate, Redacted } from "effect"
import { HttpClient } from "effect/http"
import type { FunctionNango } from "./FunctionNango.ts"
import { profileOf } from "./Metadata.ts"

/** What an operation works with. */
export interface Session<Nango extends FunctionNango = FunctionNango> {
  readonly nango: Nango
  readonly client: ScimClientOperations
}

// A function that waits is paid for; its caller can wait better, and is told for how long.
const longestPause = 20_000

const tokenOf = (credentials: unknown): Redacted.Redacted => {
  const token = Predicate.hasProperty(credentials, "apiKey") ? credentials.apiKey : undefined
  return Redacted.make(Predicate.isString(token) ? token : "")
}

/**
 * Opens the connection of a function. Its token is read only so that it can be taken out of whatever a server says; what
 * authorises a request is put in by Nango. Reading the connection costs nothing, as the proxy needs it too and Nango
 * keeps it for a minute. `stopped` as in `ProxyHttpClient`.
 */
export const open = Effect.fnUntraced(function* <Nango extends FunctionNango>(
  nango: Nango,
  stopped: (error: unknown) => void
): Effect.fn.Return<Session<Nango>, ShapeRefused> {
  const { connection_config: config, credentials, metadata } = yield* Effect.promise(() => nango.getConnection())
  // Which networks may be reached is for Nango to say: it is Nango that connects.
  const baseUrl = yield* Effect.fromResult(toBridgeUrl(config, { allowPrivateNetwork: true }))
  const client = yield* ScimClient.make({
    baseUrl,
    token: tokenOf(credentials),
    profile: profileOf(metadata),
    maxPause: longestPause,
    // Nobody could read the counts: they end with the run.
    isCounted: false
  }).pipe(Effect.provideService(HttpClient.HttpClient, ProxyHttpClient.make(nango, { baseUrl, stopped })))
  return { nango, client }
})
