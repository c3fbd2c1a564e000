/** Asks DNS through Node: the system's servers, or given ones. */
import { lookup, Resolver } from "node:dns/promises"
import { isIP } from "node:net"
import { DnsFailure, DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { Effect, Layer, Predicate, Result, Schema } from "effect"

/** A DNS server was given in a form that cannot be used. */
export class DnsServerRejected extends Schema.TaggedError<DnsServerRejected>()("DnsServerRejected", {
  server: Schema.String
}) {
  override get message(): string {
    return `"${this.server}" is not a DNS server. Give its IP address, with a port if it is not 53: 1.1.1.1, 127.0.0.1:5353 or [::1]:53.`
  }
}

/** How DNS is asked. */
export interface DnsOptions {
  /** `address` or `address:port`, IPv6 with a port in brackets. Without any the system's servers are asked. */
  readonly servers?: ReadonlyArray<string>
  /** For one try; 3000 by default. */
  readonly timeoutMillis?: number
  /** Tries at each server; 2 by default. */
  readonly tries?: number
}

const splitServer = (server: string): readonly [address: string, port: string | undefined] => {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(server)
  if (bracketed !== null) return [isIP(bracketed[1] ?? "") === 6 ? (bracketed[1] ?? "") : "", bracketed[2]]
  const four = /^([\d.]+)(?::(\d+))?$/.exec(server)
  return four === null ? [server, undefined] : [four[1] ?? "", four[2]]
}

/**
 * Takes `1.1.1.1`, `127.0.0.1:5353`, `::1` or `[::1]:53`, spaces around it dropped; refuses names, which would need DNS
 * to be found, and ports outside 1 to 65535.
 */
export const parseServer = (input: string): Result.Result<string, DnsServerRejected> => {
  const server = input.trim()
  const [address, port] = splitServer(server)
  const number = port === undefined ? 53 : Number(port)
  return isIP(address) !== 0 && !address.includes("%") && number >= 1 && number <= 65_535
    ? Result.succeed(server)
    : Result.fail(new DnsServerRejected({ server: input }))
}

/** c-ares' codes; what is not listed (EFORMERR, ENOTIMP, EBADRESP …) is a server that fails to serve. */
const kinds: Readonly<Record<string, DnsFailure["kind"]>> = {
  ENOTFOUND: "nxdomain",
  // A name that cannot be written in a query cannot exist either.
  EBADNAME: "nxdomain",
  ENODATA: "nodata",
  ESERVFAIL: "servfail",
  EREFUSED: "refused",
  ETIMEOUT: "timeout",
  ECANCELLED: "timeout",
  ECONNREFUSED: "unreachable"
}

const kindOf = (error: unknown): DnsFailure["kind"] =>
  Predicate.hasProperty(error, "code") && Predicate.isString(error.code)
    ? (kinds[error.code] ?? "servfail")
    : "servfail"

/** Node hands out the bytes of a string as Latin-1; people write UTF-8. */
const text = (chunks: ReadonlyArray<string>): string => Buffer.from(chunks.join(""), "latin1").toString("utf8")

/** RFC 6761 §6.3: these are this machine, and no server is asked. */
const isLocalhost = (host: string): boolean => /(?:^|\.)localhost\.?$/i.test(host)

const literal = (host: string): string | undefined => {
  const bare = host.replace(/^\[(.*)\]$/, "$1")
  return isIP(bare) === 0 ? undefined : bare
}

/** Of two failures the one that says more: a name without IPv6 addresses is no news when IPv4 timed out. */
const worse = (left: DnsFailure, right: DnsFailure): DnsFailure => (left.kind === "nodata" ? right : left)

const make = (servers: ReadonlyArray<string>, timeoutMillis: number, tries: number): DomainResolver["Service"] => {
  const server = servers.length === 0 ? "system" : servers.join(", ")
  const patience = timeoutMillis * tries * Math.max(1, servers.length) * 2

  /** One query on a resolver of its own, so that an interruption cancels this query and no other. */
  const ask = <A>(name: string, query: (resolver: Resolver) => Promise<A>): Effect.Effect<A, DnsFailure> =>
    Effect.suspend(() => {
      const resolver = new Resolver({ timeout: timeoutMillis, tries, maxTimeout: timeoutMillis })
      if (servers.length > 0) resolver.setServers(servers)
      const failure = (kind: DnsFailure["kind"]) => new DnsFailure({ kind, name, server })
      return Effect.tryPromise({ try: () => query(resolver), catch: (error) => failure(kindOf(error)) }).pipe(
        Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(failure("timeout")) }),
        Effect.ensuring(Effect.sync(() => resolver.cancel()))
      )
    })

  const nonEmpty = <A>(name: string, answers: ReadonlyArray<A>) =>
    answers.length === 0 ? Effect.fail(new DnsFailure({ kind: "nodata", name, server })) : Effect.succeed(answers)

  const txt = Effect.fn("DomainResolver.txt")(function* (name: string) {
    const records = yield* ask(name, (resolver) => resolver.resolveTxt(name))
    return yield* nonEmpty(name, records.map(text))
  })

  const query = Effect.fnUntraced(function* (host: string) {
    const [four, six] = yield* Effect.all(
      [
        Effect.result(ask(host, (resolver) => resolver.resolve4(host))),
        Effect.result(ask(host, (resolver) => resolver.resolve6(host)))
      ],
      { concurrency: 2 }
    )
    if (Result.isFailure(four) && Result.isFailure(six)) return yield* worse(four.failure, six.failure)
    return yield* nonEmpty(
      host,
      [four, six].flatMap((answer) => (Result.isSuccess(answer) ? answer.success : []))
    )
  })

  const addresses = Effect.fn("DomainResolver.addresses")(function* (host: string) {
    const own = literal(host)
    if (own !== undefined) return [own]
    if (isLocalhost(host)) return ["127.0.0.1", "::1"]
    if (servers.length > 0) return yield* query(host)
    // The system's own look-up knows /etc/hosts, but does not say why it failed: then DNS is asked.
    const found = yield* Effect.result(
      Effect.tryPromise(() => lookup(host, { all: true })).pipe(Effect.timeout(patience))
    )
    return Result.isSuccess(found) && found.success.length > 0
      ? found.success.map(({ address }) => address)
      : yield* query(host)
  })

  return DomainResolver.of({ txt, addresses, servers: server })
}

/**
 * DNS through the system's servers or the given ones, which are then asked for addresses too (`/etc/hosts` does not
 * count). Fails with {@link DnsServerRejected} when a server is not an IP address with an optional port.
 */
export const layer = (options: DnsOptions = {}): Layer.Layer<DomainResolver, DnsServerRejected> =>
  Layer.effect(
    DomainResolver,
    Effect.forEach(options.servers ?? [], (server) => Effect.fromResult(parseServer(server))).pipe(
      Effect.map((servers) => make(servers, options.timeoutMillis ?? 3000, options.tries ?? 2))
    )
  )
