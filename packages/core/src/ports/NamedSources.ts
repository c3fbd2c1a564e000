/** The port to sources that whoever runs a server has named for its connections. A caller gives a name and never a place. */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { Compiled } from "../provisioning/Mapping.ts"
import type { MappingRefused } from "../provisioning/MappingRead.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { PeopleSource, SourceFailure } from "./PeopleSource.ts"

/** Lower-case letters, digits and inner hyphens, 1 to 48 characters; safe in file names. */
export const SourceName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, {
    message: "a name of 1 to 48 lower-case letters, digits or inner hyphens"
  })
).pipe(Schema.brand("SourceName"))
export type SourceName = typeof SourceName.Type

/** A source with the mapping that belongs to it. */
export interface NamedSource {
  readonly source: PeopleSource
  readonly mapping: Compiled
}

/** The sources of connections, by name. */
export class NamedSources extends Context.Service<
  NamedSources,
  {
    /** Looks it up anew each time. Fails as `notFound` when the connection has none of that name. */
    readonly open: (of: ConnectionId, name: SourceName) => Effect.Effect<NamedSource, SourceFailure | MappingRefused>
  }
>()("@loom-scim/core/ports/NamedSources") {}
