/** What a run tells of itself while it goes on, for screens, lines and event streams. Nothing is decided by it. */
import { Context, Effect, Layer, PubSub, Schema, Stream } from "effect"
import { ActionTag } from "../provisioning/Action.ts"
import { RunId, RunStatus } from "./Run.ts"
import { ItemOutcome, Phase } from "./RunItem.ts"

const of = { runId: RunId, at: Schema.DateTimeUtcFromString }

/** A phase begins, or goes on after a stop; `left` of its items have no outcome yet. */
export const PhaseBegan = Schema.TaggedStruct("PhaseBegan", { ...of, phase: Phase, left: Schema.Int })
/** An item has an outcome. */
export const ItemSettled = Schema.TaggedStruct("ItemSettled", {
  ...of,
  position: Schema.Int,
  action: ActionTag,
  label: Schema.String,
  outcome: ItemOutcome
})
/** The run stands differently than before. */
export const StatusChanged = Schema.TaggedStruct("StatusChanged", { ...of, status: RunStatus })

/** Any of them. */
export const RunEvent = Schema.Union([PhaseBegan, ItemSettled, StatusChanged])
export type RunEvent = typeof RunEvent.Type

/** Events of this process's runs, as they happen. */
export class RunEvents extends Context.Service<
  RunEvents,
  {
    readonly publish: (event: RunEvent) => Effect.Effect<void>
    /** Of one run, from now on; never ends by itself. */
    readonly of: (id: RunId) => Stream.Stream<RunEvent>
  }
>()("@loom-scim/core/runs/RunEvents") {
  /** In memory. Whoever listens too slowly misses the oldest events, and the run does not wait for them. */
  static readonly layer = Layer.effect(
    RunEvents,
    Effect.gen(function* () {
      const events = yield* PubSub.sliding<RunEvent>(16_384)
      return RunEvents.of({
        publish: (event) => Effect.asVoid(PubSub.publish(events, event)),
        of: (id) => Stream.filter(Stream.fromPubSub(events), ({ runId }) => runId === id)
      })
    })
  )
}

/**
 * A moment to look at a run in the store again: soon after this process hears of it, and twice a second for what happens
 * elsewhere.
 */
export const moments = (events: RunEvents["Service"], id: RunId): Stream.Stream<null> =>
  Stream.merge(Stream.as(events.of(id), null), Stream.as(Stream.tick("500 millis"), null)).pipe(
    Stream.debounce("10 millis")
  )
