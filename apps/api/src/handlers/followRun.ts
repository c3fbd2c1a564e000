/**
 * The outcomes of a run as they come. Their numbers are kept with them, so that a listener goes on where it broke off,
 * whichever process answers.
 */
import type { RunStreamEvent } from "@loom-scim/contract/Runs"
import { Runs } from "@loom-scim/core/ports/Runs"
import { isOver, type RunId, type RunStatus } from "@loom-scim/core/runs/Run"
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { Effect, Option, Stream } from "effect"
import { Readiness } from "../Readiness.ts"
import { itemOf } from "./itemView.ts"

/** Another process may carry the run out: this often it is looked. */
const lookEvery = "1 second"
/** Of a run at full speed, outcomes are gathered for so long. */
const gathered = "50 millis"
/** So many looks without news make a beat. */
const beatAfter = 15
/** A listener comes back after this long with `Last-Event-ID`, and its key is asked for again. */
const longest = "15 minutes"
const batch = 500

const beat: RunStreamEvent = { event: "beat", data: "{}" }

interface Place {
  readonly after: number
  readonly status: RunStatus | null
  readonly quiet: number
  readonly isEnd: boolean
}

const isSame = (left: RunStatus | null, right: RunStatus): boolean => JSON.stringify(left) === JSON.stringify(right)

/** Follows from behind `after` to the end of the run. */
export const followRun = Effect.fnUntraced(function* (id: RunId, after: number) {
  const runs = yield* Runs
  const events = yield* RunEvents
  const readiness = yield* Readiness

  const wakes = Stream.merge(
    Stream.as(Stream.debounce(events.of(id), gathered), null),
    Stream.as(Stream.tick(lookEvery), null)
  )

  /** Until nothing is new; one batch is sent before the next is read. */
  const look = (
    from: Place
  ): Stream.Stream<readonly [Place, ReadonlyArray<RunStreamEvent>], Effect.Error<ReturnType<typeof runs.find>>> =>
    Stream.paginate(from, (place: Place) =>
      Effect.gen(function* () {
        // Before the outcomes, so that what came with the end is not missed.
        const found = yield* runs.find(id)
        const status = Option.isSome(found) ? found.value.status : place.status
        const rows = yield* runs.outcomes(id, place.after, batch)
        const items = rows.map(({ item, number }): RunStreamEvent => ({
          id: String(number),
          event: "item",
          data: itemOf(item)
        }))
        const isWhole = rows.length < batch
        const isNews = isWhole && status !== null && !isSame(place.status, status)
        const sent = isNews ? [...items, { event: "status", data: status } satisfies RunStreamEvent] : items
        const isBeat = sent.length === 0 && place.quiet + 1 >= beatAfter
        const next: Place = {
          after: rows.at(-1)?.number ?? place.after,
          status: isWhole ? status : place.status,
          quiet: sent.length > 0 || isBeat ? 0 : place.quiet + 1,
          isEnd: isWhole && status !== null && isOver(status)
        }
        const told: ReadonlyArray<RunStreamEvent> = isBeat ? [beat] : sent
        return [[[next, told] as const], isWhole ? Option.none<Place>() : Option.some(next)] as const
      })
    )

  let place: Place = { after, status: null, quiet: 0, isEnd: false }
  return wakes.pipe(
    Stream.flatMap(() => Stream.suspend(() => look(place))),
    Stream.tap(([next]) =>
      Effect.sync(() => {
        place = next
      })
    ),
    Stream.takeUntil(([{ isEnd }]) => isEnd),
    Stream.flatMap(([, told]) => Stream.fromIterable(told)),
    Stream.interruptWhen(Effect.race(readiness.stopped, Effect.sleep(longest))),
    Stream.catch((failure) => Stream.fromEffectDrain(Effect.logError("a listener lost the store", failure.reason)))
  )
})
