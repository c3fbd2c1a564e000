/** The base URL that SCIM requests go to: `https://scim.example.com`, or WorkOS's form with a path. */
import { Result, Schema } from "effect"
import * as Address from "./Address.ts"

/** A normalised absolute URL without query, fragment, user-info or trailing slash. Made only by {@link parse}. */
export const BridgeUrl = Schema.String.check(
  Schema.isPattern(/^https?:\/\/[^\s?#@/]+(?:\/[^\s?#]*[^\s?#/])?$/, { message: "a normalised bridge URL" })
).pipe(Schema.brand("BridgeUrl"))
export type BridgeUrl = typeof BridgeUrl.Type

/** Why a URL is refused, and what to do. */
export interface BridgeUrlRefused {
  readonly reason:
    | "empty"
    | "notAUrl"
    | "scheme"
    | "http"
    | "userInfo"
    | "query"
    | "fragment"
    | "address"
    | "resourcePath"
    | "dotSegments"
  readonly message: string
}

const refuse = (reason: BridgeUrlRefused["reason"], message: string): Result.Result<never, BridgeUrlRefused> =>
  Result.fail({ reason, message })

const addressText: Record<Exclude<Address.AddressKind, "public">, string> = {
  loopback: "this machine itself",
  private: "a private network",
  linkLocal: "a link-local network",
  metadata: "a cloud's metadata service",
  reserved: "a reserved range"
}

/** Says why an address may not be used, or undefined when it may. Shared with the check of resolved addresses. */
export const refuseAddress = (
  host: string,
  kind: Address.AddressKind | undefined,
  allowPrivateNetwork: boolean
): string | undefined => {
  if (kind === undefined || kind === "public" || Address.isAllowed(kind, allowPrivateNetwork)) return undefined
  const lab = kind === "loopback" || kind === "private" ? " For a lab, allow it with --allow-private-network." : ""
  return `${host} is in ${addressText[kind]}; nothing is sent there.${lab}`
}

/**
 * Normalises what a person pasted, or refuses it with the reason.
 *
 * A missing scheme is taken as https, a trailing slash is dropped, host and default port are normalised, the path is
 * kept as it is (WorkOS's key is in it). A URL of a resource (`…/Users`) is refused, since every request would go astray.
 * `http` is allowed only together with `allowPrivateNetwork` and a loopback or private host.
 */
export const parse = (
  input: string,
  options: { readonly allowPrivateNetwork: boolean }
): Result.Result<BridgeUrl, BridgeUrlRefused> => {
  const trimmed = input.trim()
  if (trimmed === "") return refuse("empty", "Paste the endpoint, for example https://scim.example.com.")
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== "https" && scheme !== "http") {
    return refuse("scheme", `${scheme} is not https. A bridge URL starts with https://.`)
  }
  const absolute = scheme === undefined ? `https://${trimmed}` : trimmed
  if (/\s/.test(trimmed) || !URL.canParse(absolute)) {
    return refuse("notAUrl", "That is not a URL. Example: https://scim.example.com.")
  }
  const url = new URL(absolute)
  // An empty user-info (https://@host) leaves no trace in the parsed URL, so the text is looked at.
  if (/^[a-z]+:\/\/[^/\\?#]*@/i.test(absolute)) {
    return refuse("userInfo", "The URL holds a user name or password. Remove everything between // and @.")
  }
  if (absolute.includes("?"))
    return refuse("query", "The URL has a query (?…), which would divert the path. Remove it.")
  if (absolute.includes("#")) return refuse("fragment", "The URL has a fragment (#…). Remove it.")
  if (/[/\\](?:\.|%2e){1,2}(?:[/\\]|$)/i.test(absolute.replace(/^[a-z]+:\/\//i, ""))) {
    return refuse("dotSegments", "The path has . or .. in it. Paste the endpoint as it was shown.")
  }
  const kind = Address.classifyHost(url.hostname)
  const forbidden = refuseAddress(url.hostname, kind, options.allowPrivateNetwork)
  if (forbidden !== undefined) return refuse("address", forbidden)
  if (!url.hostname.includes(".") && kind === undefined) {
    return refuse("notAUrl", `"${url.hostname}" is not a full host name. Example: scim.example.com.`)
  }
  if (url.protocol === "http:" && !(options.allowPrivateNetwork && kind !== undefined && kind !== "public")) {
    return refuse("http", "http would send the token in clear. Use https://.")
  }
  const path = url.pathname.replace(/\/+$/, "")
  if (/\/(?:users|groups|serviceproviderconfig|schemas|resourcetypes|bulk|me)$/i.test(path)) {
    return refuse(
      "resourcePath",
      `Remove ${path.slice(path.lastIndexOf("/"))} at the end: the base URL is what stands before it.`
    )
  }
  return Result.succeed(BridgeUrl.make(`${url.protocol}//${url.host}${path}`))
}

/** The host of a bridge URL, without port or brackets. */
export const hostOf = (url: BridgeUrl): string => new URL(url).hostname.replace(/^\[|\]$/g, "")

/** The same judgement for an address that the host resolved to; undefined when it may be used. */
export const refuseResolved = (host: string, address: string, allowPrivateNetwork: boolean): string | undefined =>
  refuseAddress(
    host === address ? host : `${host} (${address})`,
    Address.classify(address) ?? "reserved",
    allowPrivateNetwork
  )
