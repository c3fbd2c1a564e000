/** Which connection in Nango a set-up is. */
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Effect, Option } from "effect"
import type { ListedConnection } from "../api/Models.ts"
import type { ConnectionKey } from "../api/NangoApi.ts"
import { NangoApi } from "../api/NangoApi.ts"
import { ConnectRefused } from "./ConnectRefused.ts"
import * as Marks from "./Marks.ts"

/** Where it is looked for. */
export interface Sought {
  readonly id: ConnectionId
  /** The integration's key in Nango. */
  readonly integration: string
  /** Its id in Nango; without it, the one whose tag names the set-up, else the set-up's own id. */
  readonly connectionId?: string
}

/** Its names in Nango, and what a list tells of it: undefined when there is none yet. */
export const locate = Effect.fnUntraced(function* ({ connectionId, id, integration }: Sought) {
  const api = yield* NangoApi
  const named = (name: string) =>
    Effect.map(
      api.list({ integration, connectionId: name }),
      (found): readonly [ConnectionKey, ListedConnection | undefined] => [
        { integration, connectionId: name },
        found.find((each) => each.connection_id === name && each.provider_config_key === integration)
      ]
    )
  if (connectionId !== undefined) return yield* named(connectionId)
  const tagged = yield* api.list({ integration, tags: { [Marks.tagName]: id } })
  const mine = tagged.filter(
    ({ provider_config_key, tags }) => provider_config_key === integration && Option.contains(Marks.setupOf(tags), id)
  )
  const [first, ...others] = mine
  if (others.length > 0) {
    return yield* new ConnectRefused({
      reason: "ambiguous",
      detail: `Several connections in Nango say that they belong to ${id}: ${mine.map((each) => each.connection_id).join(", ")}.`,
      next: "Name one with --nango-connection, and delete those that are not used."
    })
  }
  return first === undefined ? yield* named(id) : ([{ integration, connectionId: first.connection_id }, first] as const)
})
