/** An undici agent that decides at connection time whether an address may be talked to. */
import { X509Certificate } from "node:crypto"
import type { LookupFunction } from "node:net"
import { isIP } from "node:net"
import { getCACertificates } from "node:tls"
import { DnsFailure, DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { ForbiddenAddress } from "@loom-scim/core/scim/NetworkPolicy"
import * as Address from "@loom-scim/core/setup/Address"
import { refuseAddress, refuseResolved } from "@loom-scim/core/setup/BridgeUrl"
import type { Result } from "effect"
import { Cause, Effect, Exit, Schema, Scope } from "effect"
import type * as Undici from "undici"
import type { Agent, buildConnector, Dispatcher } from "undici"

/** The certificate authority given is not a PEM file with certificates. */
export class CaRejected extends Schema.TaggedError<CaRejected>()("CaRejected", { detail: Schema.String }) {
  override get message(): string {
    return `${this.detail}. Give a PEM file with one or more BEGIN CERTIFICATE blocks.`
  }
}

/** How an agent connects. */
export interface GuardedAgentOptions {
  readonly allowPrivateNetwork: boolean
  /** For the connection, for the headers, and between two pieces of a body. */
  readonly timeoutMillis: number
  /** PEM certificates trusted beside the system's. */
  readonly ca?: string
}

/** An agent that is made when it is first used, since undici is a good part of what a program has to load. */
export interface GuardedAgent {
  readonly dispatcher: Effect.Effect<Dispatcher, Cause.UnknownError>
  /** The same without a fiber: calls at once when the agent is made already. */
  readonly use: (take: (dispatcher: Result.Result<Dispatcher, Cause.UnknownError>) => void) => void
}

/** Every certificate authority to trust; undefined for Node's default. */
export const authorities = (ca: string | undefined): Effect.Effect<Array<string> | undefined, CaRejected> => {
  if (ca === undefined) return Effect.succeed(undefined)
  const blocks = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return Effect.try({
    try: () => {
      if (blocks.length === 0) throw new Error("no certificate")
      for (const block of blocks) void new X509Certificate(block)
      return [...getCACertificates("default"), ...blocks]
    },
    catch: () => new CaRejected({ detail: "The certificate authority cannot be read" })
  })
}

/** Addresses of a host, each of them allowed: one forbidden address refuses the host, since which is used is chance. */
const admitted = (resolver: DomainResolver["Service"], allowPrivateNetwork: boolean) =>
  Effect.fnUntraced(function* (host: string): Effect.fn.Return<ReadonlyArray<string>, DnsFailure | ForbiddenAddress> {
    const addresses = yield* resolver.addresses(host)
    for (const address of addresses) {
      const detail = refuseResolved(host, address, allowPrivateNetwork)
      if (detail !== undefined) return yield* new ForbiddenAddress({ host, detail })
    }
    return addresses
  })

/** Puts an agent together from undici, which is handed in. */
type Build = (undici: typeof Undici) => { readonly agent: Agent; readonly dispatcher: Dispatcher }

const load = Effect.tryPromise(() => import("undici"))

/**
 * Loads undici, for a program that has time now and may have lost the file when it needs it: whoever renews a server puts
 * other files in its place before it stops.
 */
export const ahead: Effect.Effect<void> = Effect.ignore(load)

/** Loads undici at the first use, and closes the agent with the scope if there is one by then. */
const later = Effect.fnUntraced(function* (build: Build): Effect.fn.Return<GuardedAgent, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const built = Effect.gen(function* () {
    const { agent, dispatcher } = build(yield* load)
    yield* Scope.addFinalizer(
      scope,
      Effect.promise(() => agent.destroy())
    )
    return dispatcher
  })
  const dispatcher = yield* Effect.cached(Effect.uninterruptible(built))
  let made: Result.Result<Dispatcher, Cause.UnknownError> | undefined
  return {
    dispatcher,
    use: (take) => {
      if (made !== undefined) take(made)
      else Effect.runCallback(Effect.map(Effect.result(dispatcher), (result) => take((made = result))))
    }
  }
})

/**
 * A scoped undici agent for http and https: HTTP/1.1, no redirects, and connections only to allowed addresses. Names are
 * resolved through `DomainResolver` in the moment of connecting and exactly what was judged is connected to, so an answer
 * that changes between a check and its use (DNS rebinding) does not help. A refusal is a {@link ForbiddenAddress}.
 */
export const make = Effect.fnUntraced(function* (
  options: GuardedAgentOptions
): Effect.fn.Return<GuardedAgent, CaRejected, DomainResolver | Scope.Scope> {
  const { allowPrivateNetwork, timeoutMillis } = options
  const ca = yield* authorities(options.ca)
  const resolver = yield* DomainResolver
  const resolve = admitted(resolver, allowPrivateNetwork)

  const lookup: LookupFunction = (host, { all, family }, callback) => {
    const wanted = family === 4 || family === "IPv4" ? 4 : family === 6 || family === "IPv6" ? 6 : undefined
    const answer = (exit: Exit.Exit<ReadonlyArray<string>, DnsFailure | ForbiddenAddress>) => {
      if (Exit.isFailure(exit)) {
        const error = Cause.squash(exit.cause)
        return callback(error instanceof Error ? error : new Error("look-up failed"), [])
      }
      const found = exit.value
        .map((address) => ({ address, family: isIP(address) }))
        .filter((entry) => wanted === undefined || entry.family === wanted)
      const [first] = found
      if (first === undefined) {
        return callback(new DnsFailure({ kind: "nodata", name: host, server: resolver.servers }), [])
      }
      return all === true ? callback(null, found) : callback(null, first.address, first.family)
    }
    Effect.runCallback(resolve(host), { onExit: answer })
  }

  return yield* later((undici) => {
    const connect = undici.buildConnector({
      lookup,
      timeout: timeoutMillis,
      allowH2: false,
      autoSelectFamily: true,
      ...(ca === undefined ? {} : { ca })
    })
    // A literal address is never looked up, and a name such as metadata.google.internal is refused whatever DNS says.
    const guarded: buildConnector.connector = (target, callback) => {
      const host = target.hostname.replace(/^\[(.*)\]$/, "$1")
      const detail = refuseAddress(host, Address.classifyHost(host), allowPrivateNetwork)
      if (detail === undefined) connect(target, callback)
      else queueMicrotask(() => callback(new ForbiddenAddress({ host, detail }), null))
    }
    const agent = new undici.Agent({ connect: guarded, allowH2: false })
    // Set on each request, since Effect's client sets its own, far longer ones there.
    const dispatcher = agent.compose(
      (dispatch) => (request, handler) =>
        dispatch({ ...request, headersTimeout: timeoutMillis, bodyTimeout: timeoutMillis }, handler)
    )
    return { agent, dispatcher }
  })
})
