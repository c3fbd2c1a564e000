/** What the server is started with, and the rule about where it may listen. */
import { Result } from "effect"
import { isIP } from "node:net"
import type { Oidc } from "./auth/Oidc.ts"
import type { NangoSettings } from "./nango/Access.ts"

/** Everything the flags and the environment choose. */
export interface Settings {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  readonly directory: string
  /** Empty for the system's own. */
  readonly dnsServers: ReadonlyArray<string>
  /** For labs: endpoints and metadata on private networks and this machine. Never a caller's choice. */
  readonly allowPrivateNetwork: boolean
  /** A proxy in front of this server ends TLS. */
  readonly behindProxy: boolean
  /** Both as PEM. */
  readonly tls: { readonly certificate: string; readonly key: string } | null
  /** The largest body taken, in bytes. */
  readonly bodyLimit: number
  /** The largest upload taken, in bytes; it is kept on disk while it is needed. */
  readonly uploadLimit: number
  /** How long a body may pause before its request is cut. */
  readonly bodyIdleMillis: number
  /** How long a body may take that is no upload. */
  readonly bodyMillis: number
  /** Requests per second that a key may keep up; twice as many at once. */
  readonly rate: number
  /** How many plans, checks and examinations go on at once on this server, whoever asked for them, waited for or not. */
  readonly jobLimit: number
  /** How many of them for one connection. */
  readonly connectionJobLimit: number
  /** How long the server still answers after it has said that it is no longer ready, and before it stops listening. */
  readonly drainMillis: number
  /** Whose tokens are taken beside keys; null for nobody's. */
  readonly oidc: Oidc | null
  /** How webhooks of Nango are taken; null when none are. */
  readonly nango: NangoSettings | null
  /** Make a new key for everything at the start. */
  readonly newAdminKey: boolean
  /** Start although nothing that is sealed in the store can be opened. */
  readonly lostKey: boolean
}

/** What stands unless somebody says otherwise. */
export const defaults = {
  host: "127.0.0.1",
  port: 8990,
  dnsServers: [],
  allowPrivateNetwork: false,
  behindProxy: false,
  tls: null,
  bodyLimit: 1_048_576,
  uploadLimit: 1_073_741_824,
  bodyIdleMillis: 30_000,
  bodyMillis: 120_000,
  rate: 50,
  jobLimit: 8,
  connectionJobLimit: 2,
  drainMillis: 0,
  oidc: null,
  nango: null,
  newAdminKey: false,
  lostKey: false
} as const satisfies Omit<Settings, "directory">

const isLoopback = (host: string): boolean => {
  const bare = host.toLowerCase().replace(/^\[|\]$/g, "")
  return isIP(bare) === 4 ? bare.startsWith("127.") : bare === "::1" || bare === "localhost"
}

/** Keys travel with every request, so beyond this machine only TLS will do, here or in a proxy in front. */
export const mayListen = ({
  behindProxy,
  host,
  tls
}: Pick<Settings, "host" | "behindProxy" | "tls">): Result.Result<void, string> =>
  isLoopback(host) || behindProxy || tls !== null
    ? Result.void
    : Result.fail(
        `${host} can be reached from other machines, and without TLS keys would travel in clear. Give --tls-cert and --tls-key, or say --behind-proxy when a proxy in front ends TLS.`
      )

/**
 * Where a program on this machine finds the server; null when only its name leads there, as with TLS on every address,
 * whose certificate is for that name.
 */
export const localUrl = ({ host, tls }: Pick<Settings, "host" | "tls">, port: number): string | null => {
  const isEvery = host === "0.0.0.0" || host === "::" || host === "[::]"
  const bare = host.replace(/^\[|\]$/g, "")
  const name = isEvery ? "127.0.0.1" : isIP(bare) === 6 ? `[${bare}]` : host
  if (tls !== null) return isEvery ? null : `https://${name}:${port}`
  return isEvery || isLoopback(host) ? `http://${name}:${port}` : null
}
