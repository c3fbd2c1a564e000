/** From a request of the SCIM client to a call of the proxy: pure. */
import type { WireRequest } from "@loom-scim/core/scim/TransportWire"
import type { ProxyCall, ProxyConnection } from "./NangoProxy.ts"

// The proxy puts the connection's own token in; ours would take its place, and axios counts and compresses by itself.
const ofTheProxy = new Set(["authorization", "host", "content-length", "accept-encoding", "connection"])

const withoutProxys = (headers: WireRequest["headers"]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheProxy.has(name)))

// Texts that are no JSON go as they are: only the SCIM client's own bodies are known to be JSON.
const toData = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** What of a request the proxy is asked for. */
export type Request = Pick<WireRequest, "method" | "url" | "headers" | "body">

/**
 * The call for a request to a URL at or below `baseUrl`; null for any other, which the connection's token must not reach
 * by way of the proxy.
 */
export const toCall = (
  { body, headers, method, url }: Request,
  baseUrl: string,
  connection?: ProxyConnection
): ProxyCall | null => {
  const below = url.startsWith(baseUrl) ? url.slice(baseUrl.length) : null
  if (below === null || !/^\/(?!\/)/.test(below)) return null
  return {
    method,
    endpoint: below,
    headers: withoutProxys(headers),
    ...(body === undefined ? {} : { data: toData(body) }),
    retries: 0,
    responseType: "text",
    ...connection
  }
}
