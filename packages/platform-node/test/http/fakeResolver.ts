/** A DomainResolver whose answers a test decides. */
import { DnsFailure, DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { Effect, Layer } from "effect"

/** `addresses` is called for each look-up; undefined means that the name does not exist. Literals are themselves. */
export const layer = (addresses: (host: string) => ReadonlyArray<string> | undefined): Layer.Layer<DomainResolver> =>
  Layer.succeed(
    DomainResolver,
    DomainResolver.of({
      servers: "test",
      txt: (name) => Effect.fail(new DnsFailure({ kind: "nodata", name, server: "test" })),
      addresses: (host) =>
        Effect.suspend(() => {
          const found = /^[\d.]+$|:/.test(host) ? [host] : addresses(host)
          return found === undefined
            ? Effect.fail(new DnsFailure({ kind: "nxdomain", name: host, server: "test" }))
            : Effect.succeed(found)
        })
    })
  )
