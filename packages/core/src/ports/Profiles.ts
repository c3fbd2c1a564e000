/** The port that keeps what was learnt of each server. */
import { Context } from "effect"
import type { Effect, Option } from "effect"
import type { Profile } from "../scim/Profile.ts"
import type { BridgeUrl } from "../setup/BridgeUrl.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import type { JournalFailure } from "./Journal.ts"

/** One profile per connection and address: another server is learnt from the beginning. */
export class Profiles extends Context.Service<
  Profiles,
  {
    /** What is known of the server at `url`. A profile that cannot be read is none: it is learnt again. */
    readonly find: (id: ConnectionId, url: BridgeUrl) => Effect.Effect<Option.Option<Profile>, JournalFailure>
    /** Keeps it in place of what was known before. */
    readonly keep: (id: ConnectionId, url: BridgeUrl, profile: Profile) => Effect.Effect<void, JournalFailure>
  }
>()("@loom-scim/core/ports/Profiles") {}
