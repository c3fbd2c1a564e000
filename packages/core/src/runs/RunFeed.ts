/**
 * What happens to a run, from a cursor on, wherever it is carried out: read from the store, so that nothing is missed or
 * told twice, and read early when this process hears of something.
 */
import { Effect, Option, Stream } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { type Numbered, Runs } from "../ports/Runs.ts"
import { patiently } from "./Patience.ts"
import { isOver, type RunId } from "./Run.ts"
import { moments, RunEvents, type RunEvent } from "./RunEvent.ts"

/** An event, and where a reader who has seen it goes on. A cursor holds on every node, and for ever. */
export interface Fed {
  readonly cursor: number
  readonly event: RunEvent
}

/** The cursor of who has seen nothing. */
export const beginning = 0

const pageSize = 500

const toFed = (runId: RunId, { item, number }: Numbered): ReadonlyArray<Fed> => {
  const { action, outcome, position, settledAt } = item
  if (outcome === null || settledAt === null) return []
  const { _tag, label } = action
  return [
    { cursor: number, event: { _tag: "ItemSettled", runId, at: settledAt, position, action: _tag, label, outcome } }
  ]
}

/**
 * Every outcome after the cursor, once and in the order in which they were kept, and the run's standing whenever it
 * changed: standings in between may be left out, the last one is not. Ends when the run is over and all was told; a run
 * that is not there has no events. A store that does not answer is waited for.
 */
export const from = (id: RunId, cursor: number): Stream.Stream<Fed, JournalFailure, Runs | RunEvents> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const runs = yield* Runs
      const events = yield* RunEvents
      let seen = cursor
      let told: string | null = null
      /** The standing is read first: what is over then gets no more outcomes afterwards. */
      const look = Effect.gen(function* () {
        const found = yield* patiently(id, runs.find(id))
        if (Option.isNone(found)) return { fed: [], isEnd: true }
        const { endedAt, startedAt, status } = found.value
        const fed: Array<Fed> = []
        while (true) {
          const page = yield* patiently(id, runs.outcomes(id, seen, pageSize))
          for (const one of page) {
            fed.push(...toFed(id, one))
            seen = one.number
          }
          if (page.length < pageSize) break
        }
        const standing = JSON.stringify(status)
        if (standing !== told) {
          told = standing
          fed.push({ cursor: seen, event: { _tag: "StatusChanged", runId: id, at: endedAt ?? startedAt, status } })
        }
        return { fed, isEnd: isOver(status) }
      })
      return moments(events, id).pipe(
        Stream.mapEffect(() => Effect.provideService(look, RunEvents, events)),
        Stream.takeUntil(({ isEnd }) => isEnd),
        Stream.flatMap(({ fed }) => Stream.fromIterable(fed))
      )
    })
  )
