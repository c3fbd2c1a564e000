/** Waiting for a store that cannot be written for the moment: nothing is sent meanwhile, and nothing is lost. */
import { DateTime, Effect, Schedule } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import type { RunId } from "./Run.ts"
import { RunEvents } from "./RunEvent.ts"

/** Not for ever: a full disk is emptied, a restarted database answers; a damaged file stays damaged. */
const isPassing = ({ reason }: JournalFailure): boolean => reason !== "corrupt"

const delays = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")])

/**
 * Does something with the store, again and again until it succeeds. While it does not, the run is shown as paused; that
 * cannot be stored, so it is an event only. Damage fails.
 */
export const patiently = <A, R>(
  id: RunId,
  effect: Effect.Effect<A, JournalFailure, R>
): Effect.Effect<A, JournalFailure, R | RunEvents> =>
  Effect.gen(function* () {
    const events = yield* RunEvents
    let isPaused = false
    const tell = Effect.fnUntraced(function* ({ detail, next }: JournalFailure) {
      if (isPaused) return
      isPaused = true
      const status = { _tag: "Paused", reason: "storage", detail, next, until: null } as const
      yield* events.publish({ _tag: "StatusChanged", runId: id, at: yield* DateTime.now, status })
    })
    const told = Effect.tapError(effect, (failure) => (isPassing(failure) ? tell(failure) : Effect.void))
    const value = yield* Effect.retry(told, { schedule: delays, while: (failure) => isPassing(failure) })
    if (isPaused) {
      yield* events.publish({ _tag: "StatusChanged", runId: id, at: yield* DateTime.now, status: { _tag: "Running" } })
    }
    return value
  })
