/** A link with which one end user gives Nango the token of a set-up's Loom workspace, by pasting it there. */
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect } from "effect"
import type { NewSession } from "../api/Models.ts"
import { NangoApi } from "../api/NangoApi.ts"
import * as Shape from "../Shape.ts"
import { loomIntegration } from "./Integration.ts"
import type { Sought } from "./Locate.ts"
import { locate } from "./Locate.ts"
import * as Marks from "./Marks.ts"

/** Who shall connect which set-up; the connection will say in its tag that it belongs to it. */
export interface SessionOptions extends Sought {
  readonly endUser: NewSession["endUser"]
  /** Which entry for Loom this Nango has. */
  readonly entry: Shape.Entry
}

/**
 * Makes the link. A set-up that has a connection in Nango keeps it: the link then gives it other credentials. The endpoint
 * is filled in when the set-up knows it.
 */
export const session = Effect.fn("Session.session")(function* (options: SessionOptions) {
  const { endUser, entry, id, integration } = options
  const api = yield* NangoApi
  const { state } = yield* (yield* SetupService).get(id)
  yield* loomIntegration(integration)
  const [key, listed] = yield* locate(options)
  const url = state.bridgeUrl?.url ?? state.endpoint
  const connectionConfig = url === null ? {} : yield* Effect.fromResult(Shape.toConnectionConfig(url, entry))
  const made = yield* api.createSession({
    integration,
    endUser,
    tags: Marks.writeTag(listed?.tags, id),
    connectionConfig: { ...connectionConfig },
    ...(listed === undefined ? {} : { connectionId: key.connectionId })
  })
  return { ...made, renews: listed === undefined ? null : key.connectionId }
})
