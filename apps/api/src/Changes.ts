/** Who follows a connection is woken by what this process appends to it; what others append is found by looking again. */
import { Journal } from "@loom-scim/core/ports/Journal"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Context, Effect, Layer, PubSub, Stream } from "effect"

/** Wakes that a slow follower may miss are made good by its next look. */
const backlog = 256

/** The connections that just changed. */
export class Changes extends Context.Service<
  Changes,
  {
    readonly publish: (id: ConnectionId) => Effect.Effect<void>
    readonly all: Stream.Stream<ConnectionId>
  }
>()("loom-scim-api/Changes") {
  /** Within this process. */
  static readonly layer = Layer.effect(
    Changes,
    Effect.gen(function* () {
      const hub = yield* PubSub.sliding<ConnectionId>(backlog)
      return Changes.of({ publish: (id) => Effect.asVoid(PubSub.publish(hub, id)), all: Stream.fromPubSub(hub) })
    })
  )
}

/** The journal of the context, which tells of what it appended. */
export const layerJournal: Layer.Layer<Journal, never, Journal | Changes> = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    const changes = yield* Changes
    return Journal.of({
      ...journal,
      append: (id, sequence, entries) => Effect.tap(journal.append(id, sequence, entries), () => changes.publish(id))
    })
  })
)
