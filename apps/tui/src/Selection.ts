/** Which connection a command is about. */
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Option, Schema } from "effect"
import { codes, Ended } from "./Exit.ts"

const ended = (reason: string, detail: string) => new Ended({ code: codes.refused, reason, detail })

/** The named connection; the only one when none is named; nothing when there is none at all. */
export const find = Effect.fn("Selection.find")(function* (named: Option.Option<string>) {
  const setup = yield* SetupService
  const connections = yield* setup.list
  if (Option.isSome(named)) {
    const id = Schema.decodeUnknownOption(ConnectionId)(named.value)
    const found = Option.isSome(id) ? connections.find((connection) => connection.id === id.value) : undefined
    if (found !== undefined) return Option.some(found)
    return yield* ended(
      "NoSuchConnection",
      `There is no connection "${named.value}". See them with: loom-scim connections list`
    )
  }
  const [first, ...others] = connections
  if (others.length > 0) {
    const ids = connections.map(({ id }) => id).join(", ")
    return yield* ended("SeveralConnections", `There are several connections: ${ids}. Name one with --connection.`)
  }
  return Option.fromNullishOr(first)
})

/** The same, for commands that need one. */
export const required = Effect.fn("Selection.required")(function* (
  named: Option.Option<string>
): Effect.fn.Return<Connection, Ended | Effect.Error<ReturnType<typeof find>>, SetupService> {
  const found = yield* find(named)
  return Option.isSome(found)
    ? found.value
    : yield* ended("NoConnection", "There is no connection yet. Begin one with: loom-scim setup")
})
