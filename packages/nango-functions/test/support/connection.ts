/** A Nango connection to a sandbox, and the proxy over it. */
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import type { ProxyConfiguration } from "@nangohq/runner-sdk"
import { Predicate } from "effect"
import { request } from "./nangoPackages.ts"
import type { Checkpoint } from "./records.ts"

/** A call of the proxy, as a function made it. */
export interface ProxyCall {
  readonly method: string
  readonly endpoint: string
  readonly retries: number | undefined
  /** Names in lower case; without the token, which the proxy puts in. */
  readonly headers: Readonly<Record<string, string>>
  readonly data: unknown
  /** What the server answered; undefined as long as it has not. */
  answer: { readonly status: number; readonly headers: unknown; readonly data: unknown } | undefined
}

/** Where a connection points, and what Nango keeps of it. */
export interface Connection {
  readonly scimUrl: string
  token: string
  metadata: Record<string, unknown>
  /** Calls of the proxy, oldest first. */
  readonly calls: Array<ProxyCall>
  /** What its one action that remembers something remembers. */
  readonly checkpoints: { value: Checkpoint | null; version: number }
  /** What is asked for instead, by a proxy that does something to it. */
  rewrite: (endpoint: string) => string
}

/** Nothing else. */
export const asAsked = (endpoint: string): string => endpoint

/** A connection to the sandbox. */
export const connectionTo = ({ scimUrl, token }: Pick<Sandbox, "scimUrl" | "token">): Connection => ({
  scimUrl,
  token,
  metadata: {},
  calls: [],
  checkpoints: { value: null, version: 0 },
  rewrite: asAsked
})

/** The connection as Nango's API shows it. The endpoint has to be https, which the proxy below knows better. */
export const shownOf = ({ metadata, scimUrl, token }: Connection) => ({
  id: 1,
  connection_id: "connection",
  provider_config_key: "loom-scim",
  provider: "loom-scim",
  errors: [],
  connection_config: { scimEndpoint: scimUrl.replace(/^http:/, "https:") },
  credentials: { type: "API_KEY", apiKey: token },
  metadata
})

const withData = new Set(["POST", "PUT", "PATCH", "DELETE"])

const answerIn = (error: unknown): ProxyCall["answer"] => {
  const response = Predicate.hasProperty(error, "response") ? error.response : undefined
  return Predicate.hasProperty(response, "status") && Predicate.isNumber(response.status)
    ? { status: response.status, headers: Object(response).headers, data: Object(response).data }
    : undefined
}

/** Nango's proxy inside a function: the connection's token, the caller's headers over it, axios' own answers and errors. */
export const proxyOver = async <T>(
  connection: Connection,
  { data, endpoint, headers = {}, method = "GET", params, responseType, retries }: ProxyConfiguration
): Promise<Awaited<ReturnType<typeof request<T>>>> => {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const call: ProxyCall = { method, endpoint, retries, headers: lower, data, answer: undefined }
  connection.calls.push(call)
  try {
    const answer = await request<T>({
      method: method.toUpperCase(),
      url: `${connection.scimUrl}/${connection.rewrite(endpoint).replace(/^\/+/, "")}`,
      headers: { authorization: `Bearer ${connection.token}`, "user-agent": "nango-runner", ...lower },
      ...(data !== undefined && withData.has(method.toUpperCase()) ? { data } : {}),
      ...(typeof params === "object" ? { params } : {}),
      ...(responseType === undefined ? {} : { responseType })
    })
    call.answer = answer
    return answer
  } catch (error) {
    call.answer = answerIn(error)
    throw error
  }
}
