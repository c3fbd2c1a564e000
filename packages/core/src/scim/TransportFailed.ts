/** What a request that got no answer means: words, and whether it may have been carried out. */
import * as E from "./ScimError.ts"
import * as Explain from "./transportFailure.ts"

// The connection never stood, so nothing was sent over it.
const neverConnected = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ENOTFOUND",
  "EAI_AGAIN"
])

/** The typed error for an error of the HTTP client, whose own text and cause are left behind: they hold the request. */
export const toTransport = (operation: string, host: string, error: unknown): E.Transport => {
  const { message, next, outcome } = Explain.explain(host, error)
  const isBefore =
    outcome === "tls" ||
    outcome === "dns" ||
    outcome === "forbiddenAddress" ||
    Explain.codesOf(error).some((code) => neverConnected.has(code))
  return new E.Transport({ operation, outcome, explanation: message, next, sent: isBefore ? "no" : "maybe" })
}

/** Whether trying again may help; a wrong certificate or a forbidden address stays what it is. */
export const isPassing = (error: E.Transport): boolean =>
  error.outcome === "timeout" || error.outcome === "unreachable" || error.outcome === "dns"

/** A label for metrics and spans: the status, or why there was none. */
export const outcomeOf = (error: E.ScimError): string =>
  error._tag === "Transport" ? error.outcome : error.status === 0 ? error._tag : String(error.status)
