/** Runs and their items over the API of a server, as far as commands look at them. */
import { ItemCursor, RunCursor } from "@loom-scim/contract/Runs"
import type { ItemQuery } from "@loom-scim/core/ports/Runs"
import type { Run, RunId } from "@loom-scim/core/runs/Run"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Array, Effect, Layer, Option, Order, Schema, Stream } from "effect"
import { Looks } from "../commands/looks.ts"
import { Client, inFlight, paged, pageSize } from "./Client.ts"
import { unreachable } from "./failures.ts"
import { Whereabouts } from "./Whereabouts.ts"

const itemPlaceOf = Schema.decodeUnknownEffect(ItemCursor)
const runPlaceOf = Schema.decodeUnknownEffect(RunCursor)

const newestFirst = Order.mapInput(Order.flip(Order.String), ({ id }: Run) => id)

const make = Effect.gen(function* () {
  const { api, asked, url } = yield* Client
  const whereabouts = yield* Whereabouts
  const failed = unreachable(url)

  const reportOf = Effect.fnUntraced(function* (run: RunId) {
    const connection = yield* whereabouts.of(run)
    if (Option.isNone(connection)) return null
    return yield* asked(api.runs.get({ params: { connection: connection.value, run } })).pipe(
      Effect.catchTag("NotFoundProblem", () => Effect.succeed(null)),
      Effect.mapError(failed)
    )
  })

  const ofConnection = (connection: ConnectionId, unfinished: boolean) =>
    paged((cursor) =>
      Effect.gen(function* () {
        const place = cursor === null ? {} : { cursor: yield* runPlaceOf(cursor) }
        const query = { limit: pageSize, ...place, ...(unfinished ? { unfinished: "true" as const } : {}) }
        return yield* asked(api.runs.list({ params: { connection }, query }))
      }).pipe(Effect.mapError(failed))
    ).pipe(Stream.tap(({ id }) => Effect.sync(() => whereabouts.note(id, connection))))

  const streamItems = (run: RunId, { phase, states }: ItemQuery = {}) => {
    const wanted = { limit: pageSize, ...(states === undefined ? {} : { states: states.join(",") }) }
    const ofRun = (connection: ConnectionId) =>
      paged((cursor) =>
        Effect.gen(function* () {
          const place = cursor === null ? {} : { cursor: yield* itemPlaceOf(cursor) }
          return yield* asked(api.runs.journal({ params: { connection, run }, query: { ...wanted, ...place } }))
        }).pipe(Effect.mapError(failed))
      )
    return Stream.fromEffect(whereabouts.of(run)).pipe(
      Stream.flatMap(Option.match({ onNone: () => Stream.empty, onSome: ofRun })),
      Stream.filter((item) => phase === undefined || item.phase === phase)
    )
  }

  const list = Effect.fnUntraced(function* ({
    connectionId,
    limit = Infinity,
    unfinished = false
  }: Parameters<Looks["Service"]["list"]>[0]) {
    const connections = connectionId === undefined ? yield* Stream.runCollect(whereabouts.connections) : [connectionId]
    const each = yield* Effect.forEach(
      connections,
      (id) => Stream.runCollect(Stream.take(ofConnection(id, unfinished), limit)),
      { concurrency: inFlight }
    )
    return Array.sort(each.flat(), newestFirst).slice(0, limit)
  })

  return Looks.of({
    list,
    find: (id: RunId) => Effect.map(reportOf(id), (report) => Option.map(Option.fromNullOr(report), ({ run }) => run)),
    counts: (id: RunId) => Effect.map(reportOf(id), (report) => report?.counts ?? []),
    decisions: (id: RunId) => Effect.map(reportOf(id), (report) => report?.decisions ?? []),
    streamItems
  })
})

/** Over a server, which keeps the journals itself. */
export const layer: Layer.Layer<Looks, never, Client | Whereabouts> = Layer.effect(Looks, make)
