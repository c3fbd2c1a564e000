/** The client over the platform's HTTP client, on real sockets. */
import { DnsFailure, DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import * as Doctor from "@loom-scim/core/scim/Doctor"
import type { Finding } from "@loom-scim/core/scim/DoctorFinding"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import * as ScimClient from "@loom-scim/core/scim/ScimClient"
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import type { ScimClientOptions } from "@loom-scim/core/scim/TransportOptions"
import { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import * as ScimHttpClient from "@loom-scim/platform-node/http/ScimHttpClient"
import { Effect, Layer, Redacted } from "effect"
import type { Scope } from "effect"

/** A server that runs. */
export interface Endpoint {
  readonly url: string
  readonly token: string
  readonly close: () => Promise<void>
}

/** A server for the length of a test. */
export const running = <A extends Endpoint>(start: () => Promise<A>): Effect.Effect<A, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.promise(start), (started) => Effect.promise(() => started.close()))

/** DNS for tests: every name has these addresses, asked anew each time. */
const resolver = (addresses: () => ReadonlyArray<string>): Layer.Layer<DomainResolver> =>
  Layer.succeed(
    DomainResolver,
    DomainResolver.of({
      servers: "test",
      txt: (name) => Effect.fail(new DnsFailure({ kind: "nodata", name, server: "test" })),
      addresses: (host) => Effect.sync(() => (/^[\d.]+$/.test(host) ? [host] : addresses()))
    })
  )

/** The platform as the app has it, but for DNS. */
export const platform = (addresses: () => ReadonlyArray<string> = () => ["127.0.0.1"]) =>
  ScimHttpClient.layer({ timeoutMillis: 5000 }).pipe(Layer.provideMerge(resolver(addresses)))

/** A client of a server. Waits are short, so that tests are. */
export const clientOf = ({ token, url }: Pick<Endpoint, "token" | "url">, options: Partial<ScimClientOptions> = {}) =>
  ScimClient.make({
    baseUrl: BridgeUrl.make(url.split("?")[0] ?? url),
    token: Redacted.make(token),
    allowPrivateNetwork: true,
    retryDelay: "5 millis",
    ...options
  })

/** Runs with a client of a server. */
export const withClient = <A, E, R>(
  endpoint: Pick<Endpoint, "token" | "url">,
  use: (client: ScimClientOperations) => Effect.Effect<A, E, R>,
  options: Partial<ScimClientOptions> = {}
) => Effect.flatMap(clientOf(endpoint, options), use).pipe(Effect.provide(platform()))

/** Runs the whole doctor. */
export const examine = (endpoint: Endpoint): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.gen(function* () {
    const url = BridgeUrl.make(endpoint.url)
    const client = yield* clientOf(endpoint, { maxRetries: 1 })
    const probe = yield* ScimProbe
    return yield* Doctor.run(
      { deprovisioning: "deactivate", client },
      {
        write: true,
        removeLeftovers: false,
        domain: "example.com",
        probe: probe.run({ url, token: Redacted.make(endpoint.token), allowPrivateNetwork: true }),
        readBackDelay: "5 millis"
      }
    )
  }).pipe(Effect.provide(Layer.provideMerge(ScimProbe.layerWith({ deadline: "2 seconds" }), platform())), Effect.orDie)

/** The values of a group's members. */
export const members = ({ members: found }: { readonly members?: unknown }): ReadonlyArray<string> =>
  (Array.isArray(found) ? found : [])
    .flatMap((member: unknown) =>
      typeof member === "object" && member !== null && "value" in member ? [String(member.value)] : []
    )
    .toSorted()

const user = "urn:ietf:params:scim:schemas:core:2.0:User"
const group = "urn:ietf:params:scim:schemas:core:2.0:Group"

/** A user as the program sends one. */
export const person = (name: string, more: Readonly<Record<string, string | boolean>> = {}) => ({
  schemas: [user],
  userName: `${name}@corp.example`,
  emails: [{ value: `${name}@corp.example`, type: "work", primary: true }],
  active: true,
  ...more
})

/** A group as the program sends one. */
export const team = (displayName: string, ids: ReadonlyArray<string> = []) => ({
  schemas: [group],
  displayName,
  ...(ids.length === 0 ? {} : { members: ids.map((value) => ({ value })) })
})
