/** An established connection to a local server, without the journey that leads to one. */
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import { Fingerprint, Vault } from "@loom-scim/core/ports/Vault"
import type { DeprovisioningPolicy } from "@loom-scim/core/setup/Choice"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { initial } from "@loom-scim/core/setup/State"
import { DateTime, Effect, Layer, Redacted, Result } from "effect"
import * as FakeResolver from "../http/fakeResolver.ts"
import * as ScimHttpClient from "../../src/http/ScimHttpClient.ts"

export const id = ConnectionId.make("acme")

const at = DateTime.makeUnsafe("2026-11-24T00:00:00Z")
const evidence = { _tag: "Checked", by: "scim-probe", at, saw: "200" } as const

/** The connection as the set-up would leave it. */
export const connectionTo = (url: string, deprovisioning: DeprovisioningPolicy): Connection => ({
  id,
  state: {
    ...initial,
    name: "Acme",
    bridgeUrl: {
      url: Result.getOrThrow(BridgeUrl.parse(url, { allowPrivateNetwork: true })),
      allowPrivateNetwork: true,
      evidence
    },
    token: {
      fingerprint: Fingerprint.make("0123456789ab"),
      obtainedAt: at,
      expiresAt: null,
      expiryAssumed: false,
      lapsed: null
    },
    deprovisioning,
    connected: { at, evidence }
  }
})

/** The services that open it; the profiles come from the store. */
export const layer = (url: string, token: string, deprovisioning: DeprovisioningPolicy = "deactivate") => {
  const vault = Layer.mock(Vault)({ open: () => Effect.succeed(Redacted.make(token)) })
  const setup = Layer.mock(SetupService)({ get: () => Effect.succeed(connectionTo(url, deprovisioning)) })
  const http = ScimHttpClient.layer().pipe(Layer.provide(FakeResolver.layer(() => ["127.0.0.1"])), Layer.orDie)
  return Layer.merge(setup, ConnectedClient.layer.pipe(Layer.provide([vault, http])))
}
