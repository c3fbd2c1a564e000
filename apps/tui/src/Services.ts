/** Composes core over this machine: which store, which resolver, which network. No logic lives here. */
import type { Face } from "@loom-scim/core/setup/Evidence"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as NodeDomainResolver from "@loom-scim/platform-node/dns/NodeDomainResolver"
import * as ScimHttpClient from "@loom-scim/platform-node/http/ScimHttpClient"
import * as NodeMemberList from "@loom-scim/platform-node/members/NodeMemberList"
import * as NodeSamlMetadata from "@loom-scim/platform-node/saml/NodeSamlMetadata"
import * as Storage from "@loom-scim/platform-node/store/Storage"
import { Layer } from "effect"

/** What the flags choose. */
export interface Environment {
  readonly directory: string
  readonly face: typeof Face.Type
  /** Empty for the system's own. */
  readonly dnsServers: ReadonlyArray<string>
}

/** Everything a command may use. */
export const layer = ({ directory, dnsServers, face }: Environment) => {
  const resolver = NodeDomainResolver.layer(dnsServers.length === 0 ? {} : { servers: dnsServers })
  const storage = Storage.layerFromEnv({ directory, face })
  const http = ScimHttpClient.layer()
  const probe = ScimProbe.layer.pipe(Layer.provide(http))
  const setup = SetupService.layer.pipe(Layer.provide(probe), Layer.provide(NodeSamlMetadata.layer()))
  return Layer.mergeAll(setup, NodeMemberList.layer).pipe(Layer.provide(resolver), Layer.provideMerge(storage))
}
