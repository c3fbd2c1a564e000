/** What a client that carries a token may connect to. The platform's HTTP client enforces it at connection time. */
import { Context, Schema } from "effect"

/**
 * Whether requests of the current fiber may reach loopback and private networks; false unless somebody provides true.
 *
 * A reference and not an option of the client, because one process serves connections of both kinds.
 */
export const AllowPrivateNetwork = Context.Reference<boolean>(
  "@loom-scim/core/scim/NetworkPolicy/AllowPrivateNetwork",
  {
    defaultValue: () => false
  }
)

/** A host was found at an address that nothing is sent to. It reaches callers as the cause of a transport error. */
export class ForbiddenAddress extends Schema.TaggedError<ForbiddenAddress>()("ForbiddenAddress", {
  host: Schema.String,
  /** The whole sentence, from `BridgeUrl.refuseResolved`. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}
