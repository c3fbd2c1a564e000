/** Composes core over this machine, as the terminal app does, with what an API has to keep from its callers. */
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as NodeDomainResolver from "@loom-scim/platform-node/dns/NodeDomainResolver"
import * as ScimHttpClient from "@loom-scim/platform-node/http/ScimHttpClient"
import * as NodeSamlMetadata from "@loom-scim/platform-node/saml/NodeSamlMetadata"
import * as Storage from "@loom-scim/platform-node/store/Storage"
import { Layer } from "effect"
import * as Carrying from "./Carrying.ts"
import * as Changes from "./Changes.ts"
import * as NoFiles from "./NoFiles.ts"
import * as Precondition from "./Precondition.ts"
import type { Settings } from "./Settings.ts"

/** Everything a handler may use; `resolver` answers every look-up of a name. */
export const layer = (
  { directory, dnsServers }: Pick<Settings, "directory" | "dnsServers">,
  resolver = NodeDomainResolver.layer(dnsServers.length === 0 ? {} : { servers: dnsServers })
) => {
  const storage = Storage.layerFromEnv({ directory, face: "api" })
  const probe = ScimProbe.layer.pipe(Layer.provide(ScimHttpClient.layer()))
  const clients = ConnectedClient.layer.pipe(Layer.provide(ScimHttpClient.layer()))
  const metadata = NoFiles.metadata.pipe(Layer.provide(NodeSamlMetadata.layer()))
  return Carrying.layer.pipe(
    Layer.provideMerge(SetupService.layer),
    Layer.provide([Precondition.layer.pipe(Layer.provide(Changes.layerJournal)), metadata]),
    Layer.provideMerge(Layer.mergeAll(probe, clients, NoFiles.members, Changes.Changes.layer)),
    Layer.provideMerge(Layer.merge(resolver, storage))
  )
}
