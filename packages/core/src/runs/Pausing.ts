/** A run that a person pauses. The wish stands in the store, so that it reaches whichever process carries the run out. */
import { Effect } from "effect"
import { Runs } from "../ports/Runs.ts"
import type { Actor } from "../setup/Evidence.ts"
import type { RunId, RunStatus } from "./Run.ts"

/** How a run stands that somebody paused. */
export const pausedBy = ({ name }: Actor): RunStatus => ({
  _tag: "Paused",
  reason: "interrupted",
  detail: `The run was paused by ${name}.`,
  next: "Let it go on: resume.",
  until: null
})

/** Waits until somebody wants a run to be paused; gives who. A store that does not answer knows of nobody. */
export const pauser = Effect.fnUntraced(function* (id: RunId): Effect.fn.Return<Actor, never, Runs> {
  const runs = yield* Runs
  while (true) {
    const by = yield* Effect.orElseSucceed(runs.pauserOf(id), () => null)
    if (by !== null) return by
    yield* Effect.sleep("500 millis")
  }
})
