/** The HTTP client that carries tokens: guarded addresses, time-outs, no redirects. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { AllowPrivateNetwork } from "@loom-scim/core/scim/NetworkPolicy"
import * as Wire from "@loom-scim/core/scim/TransportWire"
import type { Scope } from "effect"
import { Effect, Layer } from "effect"
import type { HttpClientRequest } from "effect/http"
import { HttpClient, HttpClientError } from "effect/http"
import type { CaRejected } from "./guardedAgent.ts"
import * as GuardedAgent from "./guardedAgent.ts"
import * as Straight from "./straight.ts"

/** How requests are sent. */
export interface ScimHttpOptions {
  /**
   * Allows loopback and private networks to every request, or with false to none. Leave it out to allow them only to the
   * requests that are sent with `AllowPrivateNetwork`.
   */
  readonly allowPrivateNetwork?: boolean
  /** For connecting, for the headers, and between two pieces of a body; 10 000 by default. */
  readonly timeoutMillis?: number
  /** PEM certificates trusted beside the system's. */
  readonly ca?: string
}

/** A client over two agents, so that a connection made for a lab is never reused where private networks are forbidden. */
export const make = Effect.fnUntraced(function* (
  options: ScimHttpOptions
): Effect.fn.Return<HttpClient.HttpClient, CaRejected, DomainResolver | Scope.Scope> {
  const over = Effect.fnUntraced(function* (allowPrivateNetwork: boolean) {
    const agent = yield* GuardedAgent.make({
      allowPrivateNetwork,
      timeoutMillis: options.timeoutMillis ?? 10_000,
      ...(options.ca === undefined ? {} : { ca: options.ca })
    })
    const client = Effect.flatMap(agent.dispatcher, (made) =>
      Effect.provideService(NodeHttpClient.makeUndici, NodeHttpClient.Dispatcher, made)
    )
    return { agent, client: yield* Effect.cached(client) }
  })
  const strict = yield* over(false)
  const lab = options.allowPrivateNetwork === false ? strict : yield* over(true)
  const client = HttpClient.makeWith(
    (sending: Effect.Effect<HttpClientRequest.HttpClientRequest>) =>
      Effect.gen(function* () {
        const request = yield* sending
        const allowed = yield* AllowPrivateNetwork
        const { client } = allowed || options.allowPrivateNetwork === true ? lab : strict
        const ready = yield* Effect.mapError(
          client,
          (cause) =>
            new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
        )
        return yield* ready.execute(request)
      }),
    Effect.succeed
  )
  const first = options.allowPrivateNetwork === true ? lab : strict
  return Wire.attach(client, Straight.make(first.agent, lab.agent))
})

/**
 * `HttpClient` for SCIM. Redirects are answers like any other. A forbidden address, a failed look-up and every other
 * trouble is a `TransportError` that `transportFailure.explain` of core puts into words.
 */
export const layer = (options: ScimHttpOptions = {}): Layer.Layer<HttpClient.HttpClient, CaRejected, DomainResolver> =>
  Layer.effect(HttpClient.HttpClient, make(options))
