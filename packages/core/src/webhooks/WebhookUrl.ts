/** Where a webhook lives. Unlike a bridge URL it may have a query, since many receivers are told apart by one. */
import { Result, Schema } from "effect"
import * as Address from "../setup/Address.ts"

/** A normalised absolute URL without user-info or fragment. Made only by {@link parse}. */
export const WebhookUrl = Schema.String.check(
  Schema.isPattern(/^https?:\/\/[^\s?#@/]+\/[^\s#]*$/, { message: "a normalised webhook URL" })
).pipe(Schema.brand("WebhookUrl"))
export type WebhookUrl = typeof WebhookUrl.Type

const longest = 2048

/**
 * Normalises what was given, or says in a sentence why it is refused. What the host's name leads to is judged again each
 * time it is connected to; `allowPrivateNetwork` lets loopback and private networks be used, and there also http.
 */
export const parse = (
  input: string,
  options: { readonly allowPrivateNetwork: boolean }
): Result.Result<WebhookUrl, string> => {
  const trimmed = input.trim()
  if (trimmed.length > longest) return Result.fail(`The URL is longer than ${longest} characters.`)
  if (/\s/.test(trimmed) || !URL.canParse(trimmed)) {
    return Result.fail("That is not a URL. Example: https://hooks.example.com/loom-scim.")
  }
  const url = new URL(trimmed)
  if (url.protocol !== "https:" && url.protocol !== "http:") return Result.fail("A webhook URL starts with https://.")
  if (/^[a-z]+:\/*[^/\\?#]*@/i.test(trimmed)) {
    return Result.fail("The URL holds a user name or password. Remove everything between // and @.")
  }
  if (trimmed.includes("#")) return Result.fail("The URL has a fragment (#…), which is never sent. Remove it.")
  const kind = Address.classifyHost(url.hostname)
  if (kind !== undefined && !Address.isAllowed(kind, options.allowPrivateNetwork)) {
    return Result.fail(`${url.hostname} is not in the public internet; nothing is sent there.`)
  }
  if (!url.hostname.includes(".") && kind === undefined) {
    return Result.fail(`"${url.hostname}" is not a full host name. Example: hooks.example.com.`)
  }
  if (url.protocol === "http:" && (kind === undefined || kind === "public")) {
    return Result.fail("http would send what is told in clear. Use https://.")
  }
  return Result.succeed(WebhookUrl.make(url.href))
}

/** Why nothing is sent to a host that leads to these addresses; undefined when each of them is allowed. */
export const refuseResolved = (
  host: string,
  addresses: ReadonlyArray<string>,
  options: { readonly allowPrivateNetwork: boolean }
): string | undefined =>
  addresses.every((address) => Address.isAllowed(Address.classify(address) ?? "reserved", options.allowPrivateNetwork))
    ? undefined
    : `${host} leads to an address that is not in the public internet; nothing is sent there.`

/** The host of a webhook's URL, without port or brackets. */
export const hostOf = (url: WebhookUrl): string => new URL(url).hostname.replace(/^\[|\]$/g, "")
