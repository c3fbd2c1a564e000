/**
 * Nango's proxy as we see it: `nango` inside a function, `new Nango({ … })` of `@nangohq/node` outside. Described by its
 * shape, so that neither package is needed.
 */

/** A request as the proxy takes it; the same inside and outside. */
export interface ProxyCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Below the connection's base URL, with its query, encoded. */
  readonly endpoint: string
  /** Names in lower case; inside they are sent as they are, outside `@nangohq/node` prefixes them with `Nango-Proxy-`. */
  readonly headers: Record<string, string>
  /** A JSON value. As text it would reach Nango's server as a form. */
  readonly data?: unknown
  /** Always 0: the proxy would repeat a POST as readily as a GET, and a refused token as readily as a fault. */
  readonly retries: 0
  /** Keeps axios from parsing the body, and so from rounding integers and from hiding what is not JSON. */
  readonly responseType: "text"
  /** Needed outside, where the proxy is not bound to a connection. */
  readonly providerConfigKey?: string
  /** Needed outside. */
  readonly connectionId?: string
}

/** The part of an axios response that is read. */
export interface ProxyResponse {
  readonly status: number
  readonly headers: unknown
  readonly data: unknown
  /** What was asked for, with its `url`; inside functions only. */
  readonly config?: unknown
  /** Node's request, whose `res.responseUrl` is where the answer came from in the end; inside functions only. */
  readonly request?: unknown
}

/** Whatever can send a request over a connection. */
export interface NangoProxy {
  proxy(call: ProxyCall): Promise<ProxyResponse>
}

/** Which connection a proxy outside of functions is to use. */
export interface ProxyConnection {
  readonly providerConfigKey: string
  readonly connectionId: string
}
