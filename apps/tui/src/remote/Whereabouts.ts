/** Which connection a run is of: people name runs alone, the API has them below their connections. */
import { ConnectionCursor } from "@loom-scim/contract/Connections"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { RunId } from "@loom-scim/core/runs/Run"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Context, Effect, Layer, Option, Schema, Stream } from "effect"
import { Client, inFlight, paged, pageSize } from "./Client.ts"
import { unreachable } from "./failures.ts"

const placeOf = Schema.decodeUnknownEffect(ConnectionCursor)

/** Connections and what is of them. */
export class Whereabouts extends Context.Service<
  Whereabouts,
  {
    /** Every connection that the key reaches. */
    readonly connections: Stream.Stream<ConnectionId, JournalFailure>
    /** The connection of a run, if there is such a run. */
    readonly of: (id: RunId) => Effect.Effect<Option.Option<ConnectionId>, JournalFailure>
    /** Notes what is known by the way. */
    readonly note: (id: RunId, connection: ConnectionId) => void
  }
>()("loom-scim/remote/Whereabouts") {
  static readonly layer: Layer.Layer<Whereabouts, never, Client> = Layer.effect(
    Whereabouts,
    Effect.gen(function* () {
      const { api, asked, url } = yield* Client
      const known = new Map<RunId, ConnectionId>()

      const connections = paged((cursor) =>
        Effect.gen(function* () {
          const place = cursor === null ? {} : { cursor: yield* placeOf(cursor) }
          return yield* asked(api.connections.list({ query: { limit: pageSize, ...place } }))
        }).pipe(
          Effect.map(({ items, nextCursor }) => ({ items: items.map(({ id }) => id), nextCursor })),
          Effect.mapError(unreachable(url))
        )
      )

      const has = (connection: ConnectionId, run: RunId) =>
        asked(api.runs.get({ params: { connection, run } })).pipe(
          Effect.as(Option.some(connection)),
          Effect.catchTag("NotFoundProblem", () => Effect.succeed(Option.none<ConnectionId>())),
          Effect.mapError(unreachable(url))
        )

      return Whereabouts.of({
        connections,
        of: Effect.fnUntraced(function* (id) {
          const noted = known.get(id)
          if (noted !== undefined) return Option.some(noted)
          const looked = Stream.mapEffect(connections, (connection) => has(connection, id), { concurrency: inFlight })
          const found = Option.flatten(yield* Stream.runHead(Stream.filter(looked, Option.isSome)))
          if (Option.isSome(found)) known.set(id, found.value)
          return found
        }),
        note: (id, connection) => void known.set(id, connection)
      })
    })
  )
}
