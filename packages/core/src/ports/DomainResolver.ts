/** The port through which core asks DNS. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"

/**
 * Why DNS gave no answer. The kinds are told apart because a person does different things about them: `nxdomain` is a
 * misspelt domain, `nodata` a missing record, `servfail` a broken zone (often DNSSEC), the rest the network.
 */
export class DnsFailure extends Schema.TaggedError<DnsFailure>()("DnsFailure", {
  kind: Schema.Literals(["nxdomain", "nodata", "servfail", "refused", "timeout", "unreachable"]),
  name: Schema.String,
  /** The server asked, `address:port`, or `system`. */
  server: Schema.String
}) {
  override get message(): string {
    return `DNS lookup of ${this.name} through ${this.server}: ${this.kind}`
  }
}

/** TXT values and addresses of a name. Answers are never cached by us: a person waits for a record to appear. */
export class DomainResolver extends Context.Service<
  DomainResolver,
  {
    /** Every TXT record of the name, the strings of one record joined (RFC 7208 §3.3). Never empty on success. */
    readonly txt: (name: string) => Effect.Effect<ReadonlyArray<string>, DnsFailure>
    /** IPv4 and IPv6 addresses of a host. An address given as a literal is its own answer. */
    readonly addresses: (host: string) => Effect.Effect<ReadonlyArray<string>, DnsFailure>
    /** Which servers are asked, for messages. */
    readonly servers: string
  }
>()("@loom-scim/core/ports/DomainResolver") {}
