/**
 * The journal of a pass: intents ahead of the requests and outcomes behind them, both in one write.
 *
 * Whoever carries items out takes only those whose intent is kept, and gives back what became of them; that is told once it
 * is kept. Meanwhile the journal reads and intends the next ones, so that requests seldom wait for it. Since a write costs
 * the disk's time however much is in it, it is made about ten times a second, whatever the server's speed.
 */
import { Clock, DateTime, Effect, Latch } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { Runs, type Settlement } from "../ports/Runs.ts"
import { patiently } from "./Patience.ts"
import type { RunId } from "./Run.ts"
import { RunEvents } from "./RunEvent.ts"
import type { RunItem } from "./RunItem.ts"

/** What becomes of an item in a pass. */
export type Fate =
  | { readonly _tag: "Settled"; readonly item: RunItem; readonly settlement: Settlement }
  /** It surely was not sent, and is planned as before. */
  | { readonly _tag: "Withdrawn"; readonly position: number }
  /** It stays intended, and is looked up the next time. */
  | { readonly _tag: "Left" }

/** How far the journal is ahead. */
export interface Ahead {
  /** Items taken at once. */
  readonly portion: number
  /** Intents written at once: `least` to begin with, up to `most` for a server that is done with so many between writes. */
  readonly least: number
  readonly most: number
  /** The next are intended when fewer than so many are left to be taken. */
  readonly low: number
}

/** The items of a pass, on their way. */
export interface PassJournal<R> {
  /** The next items; none when nothing is left. */
  readonly take: Effect.Effect<ReadonlyArray<RunItem>>
  /** Gives back what became of as many items as were taken at once. */
  readonly give: (fates: ReadonlyArray<Fate>) => Effect.Effect<void>
  /** Reads and writes, until all that was taken is given back and kept. */
  readonly keep: Effect.Effect<void, JournalFailure, R | Runs | RunEvents>
}

/** How long an outcome waits for others to be written with, in milliseconds. */
const span = 100

/** `next` gives the open items after a position, at most so many; none when nothing more is to be begun. */
export const make = <R>(
  id: RunId,
  { least, low, most, portion }: Ahead,
  next: (after: number, limit: number) => Effect.Effect<ReadonlyArray<RunItem>, JournalFailure, R>
): PassJournal<R> => {
  let ready: ReadonlyArray<RunItem> = []
  let taken = 0
  let isOpen = true
  let underWay = 0
  let given: Array<Fate> = []
  let oldest: number | null = null
  const replenished = Latch.makeUnsafe()
  const changed = Latch.makeUnsafe()

  const left = () => ready.length - taken
  const isLow = () => isOpen && left() < low
  const isEnd = () => !isOpen && left() === 0 && underWay === 0

  const take: PassJournal<R>["take"] = Effect.suspend(() => {
    if (left() === 0) {
      if (!isOpen) return Effect.succeed([])
      replenished.closeUnsafe()
      return Effect.andThen(replenished.await, take)
    }
    const some = ready.slice(taken, taken + portion)
    taken += some.length
    underWay += some.length
    if (isLow()) changed.openUnsafe()
    return Effect.succeed(some)
  })

  const give: PassJournal<R>["give"] = (fates) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      given.push(...fates)
      underWay -= fates.length
      const isFirst = oldest === null
      oldest ??= now
      // Last, since whoever waits goes on at once.
      if (isFirst || given.length >= most || isEnd()) changed.openUnsafe()
    })

  /** Waits until there is something to be read or written. */
  const due: Effect.Effect<void> = Effect.gen(function* () {
    while (true) {
      // First, so that no change after the look is missed.
      changed.closeUnsafe()
      if (isLow() || isEnd() || given.length >= most) return
      const wait = oldest === null ? null : oldest + span - (yield* Clock.currentTimeMillis)
      if (wait !== null && wait <= 0) return
      yield* wait === null ? changed.await : Effect.raceFirst(changed.await, Effect.sleep(wait))
    }
  })

  /** Outcomes after, intents before. */
  const write = Effect.fnUntraced(function* (fates: ReadonlyArray<Fate>, following: ReadonlyArray<RunItem>) {
    const runs = yield* Runs
    const events = yield* RunEvents
    const done = fates.flatMap((fate) => (fate._tag === "Settled" ? [fate] : []))
    const settled = done.map(({ settlement }) => settlement)
    const withdrawn = fates.flatMap((fate) => (fate._tag === "Withdrawn" ? [fate.position] : []))
    const intended = following.flatMap(({ position, state }) => (state === "planned" ? [position] : []))
    if (settled.length + withdrawn.length + intended.length === 0) return
    yield* patiently(id, runs.record(id, { settled, withdrawn, intended, at: yield* DateTime.now }))
    for (const { item, settlement } of done) {
      const { at, outcome, position } = settlement
      const { _tag: action, label } = item.action
      yield* events.publish({ _tag: "ItemSettled", runId: id, at, position, action, label, outcome })
    }
  })

  const keep = Effect.gen(function* () {
    let after = -1
    let doneSince = 0
    let readAt = yield* Clock.currentTimeMillis
    while (!isEnd() || given.length > 0) {
      yield* due
      const fates = given
      given = []
      oldest = null
      doneSince += fates.length
      const now = yield* Clock.currentTimeMillis
      const doneInSpan = (doneSince * span) / Math.max(1, now - readAt)
      // So that as many are left when the next write is due. A write that is made anyway takes the reading with it.
      const wanted = Math.round(low + Math.min(most, Math.max(least, doneInSpan)) - left())
      const isReading = isOpen && (isLow() || wanted >= least)
      const following = isReading ? yield* next(after, Math.min(most, wanted)) : []
      yield* write(fates, following)
      if (!isReading) continue
      after = following.at(-1)?.position ?? after
      doneSince = 0
      readAt = now
      isOpen = following.length > 0
      ready = [...ready.slice(taken), ...following]
      taken = 0
      replenished.openUnsafe()
    }
  })

  return { take, give, keep }
}
