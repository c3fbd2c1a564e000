/**
 * Where a connection of the provider `loom-scim` sends its requests: from a SCIM base URL to Nango's
 * `connection_config`, and back.
 *
 * Says the same as `provider/loom-scim.yaml`, which Nango renders: `scimEndpoint` is the base URL, and without one it is
 * `https://<domain>/scim`, the only form of Nango's official entry.
 */
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { Result, Schema } from "effect"

/** The two fields of a connection that say where its server is; Nango takes the first that is not empty. */
export const Shape = Schema.Struct({
  scimEndpoint: Schema.optionalKey(Schema.String),
  domain: Schema.optionalKey(Schema.String)
})
export type Shape = typeof Shape.Type

/** Which entry the Nango has: ours, or the official one, which knows `domain` only. */
export const Entry = Schema.Literals(["loom-scim", "official"])
export type Entry = typeof Entry.Type

/** What the entry's form takes as `scimEndpoint`; word for word the pattern in the yaml. */
export const endpointPattern =
  "^https://(?!.*/\\.{1,2}(?:/|$))(?!.*/(?:[Uu]sers|[Gg]roups)$)" +
  "(?:[a-zA-Z0-9_-]+(?:\\.[a-zA-Z0-9_-]+)+\\.?|\\[[0-9a-fA-F:.]+\\])(?::[1-9][0-9]{0,4})?" +
  "(?:/[a-zA-Z0-9._~!$&'()*+,;=:@%/-]*[a-zA-Z0-9._~!$&'()*+,;=:@%-])?$"

/** What both entries' forms take as `domain`. */
export const domainPattern = "^[a-zA-Z0-9.-]+$"

const isEndpoint = new RegExp(endpointPattern)
const officialForm = new RegExp(`^https://(${domainPattern.slice(1, -1)})/scim$`)
// A domain is checked in Nango's form only; one that was imported may have a port, and works.
const isDomain = new RegExp(`${domainPattern.slice(0, -1)}(?::[0-9]+)?$`)

/**
 * Why a base URL or a connection is refused.
 *
 * The first five are about Nango, the others those of `BridgeUrl.parse`:
 * - `config`: `scimEndpoint` or `domain` is not a text, or there is no `connection_config`
 * - `domain`: it holds more than a host and a port
 * - `spelling`: Nango would send requests elsewhere than to the base URL that was meant
 * - `character`: the entry's form does not take it
 * - `official`: Nango's official entry cannot express it
 */
export const ShapeReason = Schema.Literals([
  "config",
  "domain",
  "spelling",
  "character",
  "official",
  "empty",
  "notAUrl",
  "scheme",
  "http",
  "userInfo",
  "query",
  "fragment",
  "address",
  "resourcePath",
  "dotSegments"
])
export type ShapeReason = typeof ShapeReason.Type

/** What is refused: a base URL that no connection can hold, or the part of a connection that is no use. */
export const ShapePart = Schema.Literals([
  "base URL",
  "connection_config",
  "connection_config.scimEndpoint",
  "connection_config.domain"
])
export type ShapePart = typeof ShapePart.Type

/** A base URL that no connection can hold, or a connection that has no usable one. `next` says what a person does. */
export class ShapeRefused extends Schema.TaggedError<ShapeRefused>()("ShapeRefused", {
  reason: ShapeReason,
  part: ShapePart,
  next: Schema.String
}) {
  override get message(): string {
    return `The ${this.part} is refused. ${this.next}`
  }
}

const refuse = (part: ShapePart, reason: ShapeReason, next: string): Result.Result<never, ShapeRefused> =>
  Result.fail(new ShapeRefused({ reason, part, next }))

const refuseHttp = (part: ShapePart) => refuse(part, "http", "http would send the token in clear. Use https://.")

/**
 * The `connection_config` for a base URL. `http`, which a bridge URL may have in a lab, is refused: the entry takes https
 * only.
 */
export const toConnectionConfig = (
  url: BridgeUrl.BridgeUrl,
  entry: Entry = "loom-scim"
): Result.Result<Shape, ShapeRefused> => {
  if (!url.startsWith("https:")) return refuseHttp("base URL")
  if (entry === "official") {
    const domain = officialForm.exec(url)?.[1]
    return domain === undefined
      ? refuse(
          "base URL",
          "official",
          "Nango's own loom-scim entry can only send to https://<host>/scim. Put provider/loom-scim.yaml in its place, or let a host of yours answer at /scim."
        )
      : Result.succeed({ domain })
  }
  return isEndpoint.test(url)
    ? Result.succeed({ scimEndpoint: url })
    : refuse(
        "base URL",
        "character",
        "A host has letters, digits, dots, - and _, a port is above 0, and a path has only what a URL holds unescaped: write the rest in percent form, | as %7C."
      )
}

const Stored = Schema.Struct({
  scimEndpoint: Schema.optionalKey(Schema.NullOr(Schema.String)),
  domain: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const decodeStored = Schema.decodeUnknownResult(Stored)

/** How strict to be: as `BridgeUrl.parse`. */
export interface ShapeOptions {
  readonly allowPrivateNetwork: boolean
}

/** Reads what Nango renders from a field, and makes sure that it is what a person would take it for. */
const read = (
  field: keyof Shape,
  rendered: string,
  options: ShapeOptions
): Result.Result<BridgeUrl.BridgeUrl, ShapeRefused> => {
  const part = `connection_config.${field}` as const
  const parsed = BridgeUrl.parse(rendered, options)
  if (Result.isFailure(parsed)) return refuse(part, parsed.failure.reason, parsed.failure.message)
  const url = parsed.success
  if (!url.startsWith("https:")) return refuseHttp(part)
  const asked = URL.parse(`${rendered}/Users`)?.href
  return asked === `${url}/Users`
    ? Result.succeed(url)
    : refuse(
        part,
        "spelling",
        `As it is written, Nango ${asked === undefined ? "takes it for no URL" : `asks for ${asked}`}. Set scimEndpoint to ${url}.`
      )
}

/**
 * The base URL a connection's requests go to, whichever entry made it; fields of other names do not matter.
 *
 * What is accepted is exact: `<base URL>/Users` is the URL that Nango asks for when `/Users` is proxied.
 */
export const toBridgeUrl = (
  connectionConfig: unknown,
  options: ShapeOptions
): Result.Result<BridgeUrl.BridgeUrl, ShapeRefused> => {
  const stored = decodeStored(connectionConfig)
  if (Result.isFailure(stored)) {
    return refuse("connection_config", "config", "It has to be an object whose scimEndpoint or domain is a text.")
  }
  const { domain, scimEndpoint } = stored.success
  // As Nango chooses: what is empty counts as absent.
  if (scimEndpoint) return read("scimEndpoint", scimEndpoint, options)
  if (!domain) {
    return refuse("connection_config", "empty", "Set scimEndpoint to the endpoint that the set-up console shows.")
  }
  return isDomain.test(domain)
    ? read("domain", `https://${domain}/scim`, options)
    : refuse(
        "connection_config.domain",
        "domain",
        "It may only be a host: Nango puts https:// before it and /scim behind it. Remove it, and set scimEndpoint to the whole endpoint."
      )
}
