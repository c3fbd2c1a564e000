/** What a person is told when a request got no answer: pure functions from an error's cause chain to words. */
import { Predicate } from "effect"
import { DnsFailure } from "../ports/DomainResolver.ts"
import { ForbiddenAddress } from "./NetworkPolicy.ts"

/** Why there was no answer. Never holds anything a server or an error message said, so no secret can be in it. */
export interface TransportFailure {
  readonly outcome: "tls" | "timeout" | "dns" | "forbiddenAddress" | "unreachable"
  readonly message: string
  readonly next: string
}

/** An error and everything it was caused by, nearest first. Bounded, since causes may form a ring. */
const causes = (error: unknown): ReadonlyArray<unknown> => {
  const queue: Array<unknown> = [error]
  for (let index = 0; index < queue.length && queue.length < 50; index++) {
    const current = queue[index]
    for (const key of ["reason", "cause"]) {
      if (Predicate.hasProperty(current, key) && current[key] !== undefined) queue.push(current[key])
    }
    // An AggregateError holds one error per address that was tried.
    if (Predicate.hasProperty(current, "errors") && Array.isArray(current.errors)) queue.push(...current.errors)
  }
  return queue
}

const codeOf = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "code") && Predicate.isString(error.code) && /^[A-Z][A-Z0-9_]{1,60}$/.test(error.code)
    ? error.code
    : undefined

/** The system and library codes along an error's causes, nearest first. Codes only: no text, so no secret. */
export const codesOf = (error: unknown): ReadonlyArray<string> =>
  causes(error)
    .map(codeOf)
    .filter((code) => code !== undefined)

const dnsText: Record<DnsFailure["kind"], readonly [string, string]> = {
  nxdomain: ["does not exist in DNS", "Check the spelling of the host."],
  nodata: ["exists in DNS but has no address", "Add an A or AAAA record for it, or correct the host."],
  servfail: ["cannot be looked up: its name servers fail (SERVFAIL)", "Ask whoever runs its DNS."],
  refused: ["cannot be looked up: the DNS server refuses", "Ask another DNS server with --dns-server."],
  timeout: ["cannot be looked up: DNS does not answer", "Check the network of this machine and try again."],
  unreachable: ["cannot be looked up: the DNS server is unreachable", "Check the network of this machine."]
}

/** The words for a host that DNS did not find. */
export const ofDns = (host: string, failure: DnsFailure): TransportFailure => {
  const [what, next] = dnsText[failure.kind]
  return { outcome: "dns", message: `${host} ${what} (asked through ${failure.server}).`, next }
}

const trust = "Use a certificate of a public authority, or make this machine trust yours with NODE_EXTRA_CA_CERTS."

const tlsText: Readonly<Record<string, readonly [string, string]>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: ["has a self-signed certificate", trust],
  SELF_SIGNED_CERT_IN_CHAIN: ["has a certificate of an authority that is self-signed and not trusted here", trust],
  CERT_HAS_EXPIRED: ["has an expired certificate", "Renew the certificate on that server, then try again."],
  CERT_NOT_YET_VALID: [
    "has a certificate that is not valid yet",
    "Check the clock of this machine, then the certificate's dates."
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "has a certificate for another host name",
    "Use the host name the certificate was issued for, or have it issued for this one."
  ],
  CERT_REVOKED: ["has a revoked certificate", "Have a new certificate issued for that server."],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    "has a certificate whose chain is incomplete",
    `Let the server send its intermediate certificates too. ${trust}`
  ],
  UNABLE_TO_GET_ISSUER_CERT: ["has a certificate of an unknown authority", trust],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["has a certificate of an unknown authority", trust],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    "does not speak TLS on this port",
    "Check the port; a server for plain http cannot be used."
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    "does not speak TLS on this port",
    "Check the port; a server for plain http cannot be used."
  ]
}

const isTls =
  /^(?:ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|CRL_|EPROTO$|INVALID_CA$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$)/

const firewall = "Check the host and port, and whether a firewall lets this machine out."
const reset = [
  "closed the connection in the middle",
  "Try again; if it stays, a firewall, proxy or load balancer in between may cut it."
] as const
const noRoute = ["cannot be reached from here: no route", "Check this machine's network or VPN."] as const
const slow = [
  "accepted the connection, but gave no complete answer in time",
  "Try again; if it stays, the server is overloaded or hangs."
] as const

const networkText: Readonly<Record<string, readonly ["timeout" | "unreachable" | "dns", string, string]>> = {
  UND_ERR_CONNECT_TIMEOUT: ["timeout", "did not accept a connection in time", firewall],
  ETIMEDOUT: ["timeout", "did not accept a connection in time", firewall],
  UND_ERR_HEADERS_TIMEOUT: ["timeout", ...slow],
  UND_ERR_BODY_TIMEOUT: ["timeout", ...slow],
  ECONNREFUSED: ["unreachable", "refuses connections on this port", "Check the port, and that the server runs."],
  ECONNRESET: ["unreachable", ...reset],
  EPIPE: ["unreachable", ...reset],
  UND_ERR_SOCKET: ["unreachable", ...reset],
  EHOSTUNREACH: ["unreachable", ...noRoute],
  ENETUNREACH: ["unreachable", ...noRoute],
  EADDRNOTAVAIL: ["unreachable", ...noRoute],
  ENOTFOUND: ["dns", ...dnsText.nxdomain],
  EAI_AGAIN: ["dns", ...dnsText.timeout]
}

/** undici's parser errors have a name, and a code only sometimes. */
const isParserError = (error: unknown): boolean =>
  (Predicate.hasProperty(error, "name") && error.name === "HTTPParserError") ||
  codeOf(error)?.startsWith("HPE_") === true

/** Judges one error of the chain; undefined when it says nothing by itself. */
const judge = (host: string, error: unknown): TransportFailure | undefined => {
  if (error instanceof ForbiddenAddress) {
    return { outcome: "forbiddenAddress", message: error.detail, next: "Use the public address of the server." }
  }
  if (error instanceof DnsFailure) return ofDns(host, error)
  if (Predicate.isTagged(error, "TimeoutError")) {
    return { outcome: "timeout", message: `${host} ${slow[0]}.`, next: slow[1] }
  }
  if (isParserError(error)) {
    return { outcome: "unreachable", message: `${host} does not speak HTTP on this port.`, next: "Check the port." }
  }
  const code = codeOf(error)
  if (code === undefined) return undefined
  const network = networkText[code]
  if (network !== undefined)
    return { outcome: network[0], message: `${host} ${network[1]} (${code}).`, next: network[2] }
  const tls = tlsText[code] ?? (isTls.test(code) ? (["failed the TLS handshake", trust] as const) : undefined)
  return tls === undefined ? undefined : { outcome: "tls", message: `${host} ${tls[0]} (${code}).`, next: tls[1] }
}

/**
 * Explains an error of the HTTP client. Codes are searched along `reason`, `cause` and `errors`, since each layer wraps
 * the error of the one below.
 */
export const explain = (host: string, error: unknown): TransportFailure => {
  const chain = causes(error)
  for (const candidate of chain) {
    const known = judge(host, candidate)
    if (known !== undefined) return known
  }
  const [code] = codesOf(error)
  const suffix = code === undefined ? "" : ` (${code})`
  return { outcome: "unreachable", message: `The request to ${host} failed${suffix}.`, next: firewall }
}
