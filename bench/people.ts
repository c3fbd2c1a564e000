/** People who are created in a run, and a connection to a server that creates them, for what measures runs. */
import { DateTime, Effect, Layer, Redacted } from "effect"
import { ConnectedClient } from "../packages/core/src/operations/ConnectedClient.ts"
import { Fingerprint, Vault } from "../packages/core/src/ports/Vault.ts"
import type { Action } from "../packages/core/src/provisioning/Action.ts"
import type { Plan } from "../packages/core/src/provisioning/Plan.ts"
import { userUrn } from "../packages/core/src/scim/Schemas.ts"
import * as BridgeUrl from "../packages/core/src/setup/BridgeUrl.ts"
import { SetupService } from "../packages/core/src/setup/SetupService.ts"
import { initial } from "../packages/core/src/setup/State.ts"
import * as NodeDomainResolver from "../packages/platform-node/src/dns/NodeDomainResolver.ts"
import * as ScimHttpClient from "../packages/platform-node/src/http/ScimHttpClient.ts"

/** The resource of one person. */
export const resourceOf = (index: number) => ({
  schemas: [userUrn],
  externalId: `e${index}`,
  userName: `person${index}@example.com`,
  name: { givenName: `Given ${index}`, familyName: `Family ${index}` },
  emails: [{ value: `person${index}@example.com`, type: "work", primary: true }],
  active: true
})

/** A plan that creates so many. */
export const planOf = (people: number): Plan => ({
  version: 1,
  census: { people, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 },
  withheld: [],
  counts: { Create: people },
  skipped: {},
  actions: Array.from({ length: people }, (_, index): Action => {
    const label = `person${index}@example.com`
    return { _tag: "Create", key: `e${index}`, label, at: null, reason: "newInSource", resource: resourceOf(index) }
  })
})

const at = DateTime.makeUnsafe("2026-11-24T00:00:00Z")
const evidence = { _tag: "Checked", by: "scim-probe", at, saw: "200" } as const

/** Every connection leads to that server, as the set-up would leave it. */
export const connected = (origin: string) => {
  const url = Effect.runSync(Effect.fromResult(BridgeUrl.parse(origin, { allowPrivateNetwork: true })))
  const state = {
    ...initial,
    bridgeUrl: { url, allowPrivateNetwork: true, evidence },
    token: {
      fingerprint: Fingerprint.make("0123456789ab"),
      obtainedAt: at,
      expiresAt: null,
      expiryAssumed: false,
      lapsed: null
    },
    deprovisioning: "deactivate",
    connected: { at, evidence }
  } as const
  const vault = Layer.mock(Vault)({ open: () => Effect.succeed(Redacted.make("token")) })
  const setup = Layer.mock(SetupService)({ get: (id) => Effect.succeed({ id, state }) })
  const http = ScimHttpClient.layer().pipe(Layer.provide(NodeDomainResolver.layer()), Layer.orDie)
  return Layer.merge(setup, ConnectedClient.layer.pipe(Layer.provide([vault, http])))
}
