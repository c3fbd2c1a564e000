/** From a connection that was set up to a client of its server, with the policies that were chosen. */
import { Context, Effect, Layer, Option, Result } from "effect"
import { HttpClient } from "effect/http"
import { Profiles } from "../ports/Profiles.ts"
import type { VaultFailure } from "../ports/Vault.ts"
import { Vault } from "../ports/Vault.ts"
import * as Profile from "../scim/Profile.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import * as ScimClient from "../scim/ScimClient.ts"
import type { BridgeUrl } from "../setup/BridgeUrl.ts"
import type { DeprovisioningPolicy } from "../setup/Choice.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { Connection } from "../setup/SetupService.ts"
import { SetupRefused } from "../setup/SetupRefused.ts"

/** A client of one connection and what its owner decided. */
export interface Connected {
  readonly id: ConnectionId
  readonly url: BridgeUrl
  readonly deprovisioning: DeprovisioningPolicy
  readonly client: ScimClientOperations
}

/** What an established connection has; refused for any other: operations over an unproven one would be hope again. */
export const established = ({ id, state }: Connection) => {
  const { bridgeUrl, connected, deprovisioning, token } = state
  return connected === null || bridgeUrl === null || token === null || deprovisioning === null
    ? Result.fail(
        new SetupRefused({
          command: "open",
          reason: "notVerified",
          missing: "connect",
          detail: `${id} is not connected.`,
          next: "Complete its setup first: loom-scim setup"
        })
      )
    : Result.succeed({ bridgeUrl, deprovisioning, token })
}

/** Opens the token of an established connection and hands out a client. */
export class ConnectedClient extends Context.Service<
  ConnectedClient,
  {
    /**
     * Refused unless the connection is {@link established}. Whoever opens the same connection gets the same client, and so
     * shares its one rate limit, until its token or address changes.
     */
    readonly open: (connection: Connection) => Effect.Effect<Connected, SetupRefused | VaultFailure>
    /** Keeps what the client learnt of its server, for the next time. It can be learnt again, so this never fails. */
    readonly remember: (connected: Connected) => Effect.Effect<void>
  }
>()("@loom-scim/core/operations/ConnectedClient") {
  /** Over the vault and the platform's HTTP client. */
  static readonly layer = Layer.effect(
    ConnectedClient,
    Effect.gen(function* () {
      const vault = yield* Vault
      const profiles = yield* Profiles
      const http = yield* HttpClient.HttpClient
      const clients = new Map<ConnectionId, { readonly of: string; readonly client: ScimClientOperations }>()
      return ConnectedClient.of({
        open: Effect.fn("ConnectedClient.open")(function* (connection: Connection) {
          const { id } = connection
          const { bridgeUrl, deprovisioning, token } = yield* Effect.fromResult(established(connection))
          const common = { id, url: bridgeUrl.url, deprovisioning }
          const of = `${token.fingerprint} ${bridgeUrl.allowPrivateNetwork} ${bridgeUrl.url}`
          const earlier = clients.get(id)
          if (earlier?.of === of) return { ...common, client: earlier.client }
          const client = yield* ScimClient.make({
            baseUrl: bridgeUrl.url,
            token: yield* vault.open(id, token.fingerprint),
            allowPrivateNetwork: bridgeUrl.allowPrivateNetwork,
            profile: yield* profiles.find(id, bridgeUrl.url).pipe(
              Effect.orElseSucceed(() => Option.none<Profile.Profile>()),
              Effect.map(Option.getOrElse(() => Profile.unknown))
            )
          }).pipe(Effect.provideService(HttpClient.HttpClient, http))
          clients.set(id, { of, client })
          return { ...common, client }
        }),
        remember: Effect.fn("ConnectedClient.remember")(function* ({ client, id, url }: Connected) {
          yield* Effect.ignore(profiles.keep(id, url, yield* client.profile))
        })
      })
    })
  )
}
