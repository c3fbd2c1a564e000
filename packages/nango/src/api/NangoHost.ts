/** Where a Nango server is reached: its cloud, or one that a team runs itself. */
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { Result, Schema } from "effect"
import { NangoFailure } from "./NangoFailure.ts"

/** A normalised absolute URL without query, fragment, user-info or trailing slash. Made only by {@link parse}. */
export const NangoHost = Schema.String.pipe(Schema.brand("NangoHost"))
export type NangoHost = typeof NangoHost.Type

/** Nango's cloud. */
export const cloud = "https://api.nango.dev"

/**
 * Judges an address by the rules for bridge URLs: https, and http or a private address only in labs, since the secret
 * key travels with every request.
 */
export const parse = (
  input: string,
  options: { readonly allowPrivateNetwork: boolean }
): Result.Result<NangoHost, NangoFailure> =>
  Result.mapBoth(BridgeUrl.parse(input, options), {
    onSuccess: (url) => NangoHost.make(url),
    onFailure: ({ message }) =>
      new NangoFailure({
        reason: "hostRefused",
        request: "",
        status: null,
        retryAfterMillis: null,
        detail: `This is no address of a Nango server: ${message}`,
        next: `Nango's cloud is ${cloud}; for a server of your own give its address, for example https://nango.example.com.`
      })
  })
