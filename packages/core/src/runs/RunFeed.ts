/**
 * What happens to a run, from a cursor on, wherever it is carried out: read from the store, so that nothing is missed or
 * told twice, and read early when this process hears of something.
 */
import { Effect, Option, Stream } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { type Numbered, Runs } from "../ports/Runs.ts"
import { patiently } from "./Patience.ts"
import { isOver, type Run, type RunId } from "./Run.ts"
import { moments, RunEvents, type RunEvent } from "./RunEvent.ts"

/** An event, and where a reader who has seen it goes on. A cursor holds on every node, and for ever. */
export interface Fed {
  readonly cursor: number
  readonly event: RunEvent
}

/** The cursor of who has seen nothing. */
export const beginning = 0

const pageSize = 500

/** What a look at the store found. One without news is told too, so that whoever listens can be told of the silence. */
export interface Look {
  /** Outcomes in the order in which they were kept. */
  readonly outcomes: ReadonlyArray<Numbered>
  /** Behind the last of them. */
  readonly cursor: number
  /** How the run stands, when that is news and everything before it was told. */
  readonly news: Pick<Run, "status" | "startedAt" | "endedAt"> | null
  /** The run is over, and all was told. */
  readonly isEnd: boolean
}

interface Place {
  readonly cursor: number
  /** The standing that was told, as JSON. */
  readonly told: string | null
}

/**
 * Looks at a run in the store at every moment given, from behind the cursor on: every outcome once, and the standing
 * whenever it changed. A look is as many pages as it takes, each told before the next is read. Ends with the run; a run
 * that is not there has no look but the last. `trying` is what is done about a store that fails.
 */
export const looks = <R>(
  id: RunId,
  cursor: number,
  at: Stream.Stream<unknown>,
  trying: <A>(effect: Effect.Effect<A, JournalFailure>) => Effect.Effect<A, JournalFailure, R>
): Stream.Stream<Look, JournalFailure, Runs | R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const runs = yield* Runs
      const place: { now: Place } = { now: { cursor, told: null } }
      const page = Effect.fnUntraced(function* ({ cursor: seen, told }: Place) {
        // Before the outcomes: what is over then gets no more of them afterwards.
        const found = yield* trying(runs.find(id))
        if (Option.isNone(found))
          return [[{ outcomes: [], cursor: seen, news: null, isEnd: true }], Option.none()] as const
        const run = found.value
        const outcomes = yield* trying(runs.outcomes(id, seen, pageSize))
        const isWhole = outcomes.length < pageSize
        const standing = JSON.stringify(run.status)
        const isNews = isWhole && standing !== told
        place.now = { cursor: outcomes.at(-1)?.number ?? seen, told: isNews ? standing : told }
        const news = isNews ? run : null
        const look = { outcomes, cursor: place.now.cursor, news, isEnd: isWhole && isOver(run.status) }
        return [[look], isWhole ? Option.none() : Option.some(place.now)] as const
      })
      return at.pipe(
        Stream.flatMap(() => Stream.suspend(() => Stream.paginate(place.now, page))),
        Stream.takeUntil(({ isEnd }) => isEnd)
      )
    })
  )

const toFed = (runId: RunId, { item, number }: Numbered): ReadonlyArray<Fed> => {
  const { action, outcome, position, settledAt } = item
  if (outcome === null || settledAt === null) return []
  const { _tag, label } = action
  return [
    { cursor: number, event: { _tag: "ItemSettled", runId, at: settledAt, position, action: _tag, label, outcome } }
  ]
}

const standingOf = (runId: RunId, { cursor, news }: Look): ReadonlyArray<Fed> =>
  news === null
    ? []
    : [{ cursor, event: { _tag: "StatusChanged", runId, at: news.endedAt ?? news.startedAt, status: news.status } }]

/**
 * Every outcome after the cursor, once and in the order in which they were kept, and the run's standing whenever it
 * changed: standings in between may be left out, the last one is not. Ends when the run is over and all was told; a run
 * that is not there has no events. A store that does not answer is waited for.
 */
export const from = (id: RunId, cursor: number): Stream.Stream<Fed, JournalFailure, Runs | RunEvents> =>
  Stream.unwrap(
    Effect.map(RunEvents, (events) =>
      looks(id, cursor, moments(events, id), (effect) => patiently(id, effect)).pipe(
        Stream.flatMap((look) =>
          Stream.fromIterable([...look.outcomes.flatMap((one) => toFed(id, one)), ...standingOf(id, look)])
        )
      )
    )
  )
