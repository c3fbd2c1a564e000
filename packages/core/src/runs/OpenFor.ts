/** The client of a run's connection, or why there is none, as a pause that says what a person does. */
import { Effect } from "effect"
import { ConnectedClient } from "../operations/ConnectedClient.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ConnectionId } from "../setup/ConnectionId.ts"
import { SetupService } from "../setup/SetupService.ts"
import type { Paused } from "./Run.ts"

/** A client, and how what it learnt is kept. */
interface Opened {
  readonly client: ScimClientOperations
  readonly remember: Effect.Effect<void>
}

const pause = (error: { readonly message: string }): typeof Paused.Type => {
  const next: unknown = Reflect.get(error, "next")
  return {
    _tag: "Paused",
    reason: "misconfigured",
    detail: error.message,
    next: typeof next === "string" ? next : "Mend it, then let the run go on with: loom-scim resume",
    until: null
  }
}

/** Opens the connection, which may have changed since the run was begun. */
export const openFor = (id: ConnectionId): Effect.Effect<Opened, typeof Paused.Type, SetupService | ConnectedClient> =>
  Effect.gen(function* () {
    const connection = yield* SetupService.use(({ get }) => get(id))
    const { open, remember } = yield* ConnectedClient
    const connected = yield* open(connection)
    return { client: connected.client, remember: remember(connected) }
  }).pipe(Effect.mapError(pause))
