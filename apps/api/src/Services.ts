/** Composes core over this machine, as the terminal app does, with what an API has to keep from its callers. */
import * as AuditedPorts from "@loom-scim/core/audit/AuditedPorts"
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { WebhookService } from "@loom-scim/core/webhooks/WebhookService"
import * as NodeDomainResolver from "@loom-scim/platform-node/dns/NodeDomainResolver"
import * as ScimHttpClient from "@loom-scim/platform-node/http/ScimHttpClient"
import * as NodeSamlMetadata from "@loom-scim/platform-node/saml/NodeSamlMetadata"
import * as NamedSources from "@loom-scim/platform-node/sources/NamedSources"
import * as Storage from "@loom-scim/platform-node/store/Storage"
import * as WebhookWorker from "@loom-scim/platform-node/webhooks/worker"
import { Layer } from "effect"
import { join, resolve } from "node:path"
import * as Trail from "./audit/Trail.ts"
import * as Carrying from "./Carrying.ts"
import * as Changes from "./Changes.ts"
import * as KeyAtHand from "./KeyAtHand.ts"
import * as NoFiles from "./NoFiles.ts"
import * as Precondition from "./Precondition.ts"
import type { Settings } from "./Settings.ts"

/** Everything a handler may use; `resolver` answers every look-up of a name. */
export const layer = (
  {
    allowPrivateNetwork,
    directory,
    dnsServers,
    lostKey
  }: Pick<Settings, "allowPrivateNetwork" | "directory" | "dnsServers" | "lostKey">,
  resolver = NodeDomainResolver.layer(dnsServers.length === 0 ? {} : { servers: dnsServers })
) => {
  // What was recorded with a change stands over the store, so that nothing reaches the store past it.
  const storage = AuditedPorts.layer({ actor: Trail.actor, recorded: Trail.leave }).pipe(
    Layer.provideMerge(KeyAtHand.layer(lostKey)),
    Layer.provideMerge(Storage.layerFromEnv({ directory, face: "api" }))
  )
  // What a connection was once allowed, this server need not allow.
  const http = ScimHttpClient.layer(allowPrivateNetwork ? {} : { allowPrivateNetwork })
  const probe = ScimProbe.layer.pipe(Layer.provide(http))
  const clients = ConnectedClient.layer.pipe(Layer.provide(http))
  const metadata = NoFiles.metadata.pipe(Layer.provide(NodeSamlMetadata.layer()))
  return Layer.merge(Carrying.layer(clients), WebhookWorker.layer({ allowPrivateNetwork })).pipe(
    Layer.provideMerge(SetupService.layer),
    Layer.provide(NamedSources.layer(join(resolve(directory), "sources"))),
    Layer.provide([Precondition.layer.pipe(Layer.provide(Changes.layerJournal)), metadata]),
    Layer.provideMerge(Layer.mergeAll(probe, clients, NoFiles.members, Changes.Changes.layer, WebhookService.layer)),
    Layer.provideMerge(Layer.merge(resolver, storage))
  )
}
