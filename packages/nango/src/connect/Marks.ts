/**
 * How a connection in Nango says which set-up it belongs to, and what functions there know of that set-up. The tag is
 * what webhooks carry; only whoever has the environment's secret key can set either.
 */
import { Profile } from "@loom-scim/core/scim/Profile"
import { BridgeUrl } from "@loom-scim/core/setup/BridgeUrl"
import { DeprovisioningPolicy } from "@loom-scim/core/setup/Choice"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Option, Schema } from "effect"
import type { Metadata, Tags } from "../api/Models.ts"

/** The name of the tag, in lower case as Nango keeps it. */
export const tagName = "loom_scim_connection"

/** Where in a connection's metadata our part is; whatever else is there belongs to others. */
export const metadataName = "loomScimSetup"

/** Where what was learnt of the server is. Functions in Nango learn too, and merge field by field: hence a field apart. */
export const profileName = "loomScim"

/** Our part: functions in Nango read the policy by which people leave from it. */
export const SetupMetadata = Schema.Struct({
  connection: ConnectionId,
  bridgeUrl: BridgeUrl,
  deprovisioning: DeprovisioningPolicy
})
export type SetupMetadata = typeof SetupMetadata.Type

const Learnt = Schema.Struct({ profile: Profile })

const decodeMetadata = Schema.decodeUnknownOption(SetupMetadata)
const encodeMetadata = Schema.encodeSync(SetupMetadata)
const isLearnt = Schema.is(Schema.toEncoded(Learnt))
const encodeLearnt = (profile: Profile) => Schema.encodeSync(Learnt)({ profile })
const decodeId = Schema.decodeUnknownOption(ConnectionId)

/** Our part, if it is there and whole. */
export const readMetadata = (metadata: Metadata | null): Option.Option<SetupMetadata> =>
  decodeMetadata(metadata?.[metadataName])

/**
 * Puts our part in the place of what was there, and leaves what others keep. What functions have learnt of the server
 * stays, as they learn more than we do; `profile` is for where there is nothing, or of another server.
 */
export const writeMetadata = (
  metadata: Metadata | null,
  ours: SetupMetadata,
  profile: Option.Option<Profile>
): Metadata => {
  const { [profileName]: learnt, ...others } = metadata ?? {}
  const moved = Option.exists(readMetadata(metadata), ({ bridgeUrl }) => bridgeUrl !== ours.bridgeUrl)
  const known = !moved && isLearnt(learnt) ? Option.some(learnt) : Option.map(profile, encodeLearnt)
  return {
    ...others,
    [metadataName]: encodeMetadata(ours),
    // Fields are merged, so that what is no longer true has to be overwritten.
    ...(Option.isSome(known) ? { [profileName]: known.value } : moved ? { [profileName]: {} } : {})
  }
}

/** The fields of it that are ours to write. */
export const ownFields = (metadata: Metadata): Metadata =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => name === metadataName || name === profileName))

/** Which set-up a connection says it belongs to. */
export const setupOf = (tags: Tags | null | undefined): Option.Option<ConnectionId> => decodeId(tags?.[tagName])

/** Whether a connection is a set-up's: its tag says so or, without one, its id is the set-up's. */
export const belongs = (
  connection: { readonly connection_id: string; readonly tags?: Tags | null },
  id: ConnectionId
): boolean =>
  Option.match(setupOf(connection.tags), {
    onNone: () => connection.connection_id === id,
    onSome: (named) => named === id
  })

/** With our tag. */
export const writeTag = (tags: Tags | null | undefined, id: ConnectionId): Tags => ({ ...tags, [tagName]: id })
