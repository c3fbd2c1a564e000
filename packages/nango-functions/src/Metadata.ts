/** What is kept in a connection's metadata. */
import * as Profile from "@loom-scim/core/scim/Profile"
import { Option, Predicate, Schema } from "effect"

/** The field of the metadata that is ours; all others belong to whoever uses Nango. */
export const field = "loomScim"

/** What we keep there. */
export const Kept = Schema.Struct({ profile: Profile.Profile })
export type Kept = typeof Kept.Type

const decode = Schema.decodeUnknownOption(Kept)

/** The profile that was learnt earlier; nothing known when there is none, or it is of another version. */
export const profileOf = (metadata: unknown): Profile.Profile =>
  Predicate.hasProperty(metadata, field)
    ? Option.getOrElse(
        Option.map(decode(metadata[field]), ({ profile }) => profile),
        () => Profile.unknown
      )
    : Profile.unknown

/** The metadata to merge in (`nango.updateMetadata`) to keep a profile. */
export const ofProfile = (profile: Profile.Profile): { readonly loomScim: typeof Kept.Encoded } => ({
  [field]: Schema.encodeSync(Kept)({ profile })
})
