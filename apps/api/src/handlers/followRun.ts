/**
 * The outcomes of a run as they come. Their numbers are kept with them, so that a listener goes on where it broke off,
 * whichever process answers.
 */
import type { RunStreamEvent } from "@loom-scim/contract/Runs"
import { looking } from "@loom-scim/core/ports/Looking"
import { Runs } from "@loom-scim/core/ports/Runs"
import type { RunId } from "@loom-scim/core/runs/Run"
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import * as RunFeed from "@loom-scim/core/runs/RunFeed"
import { Effect, Stream } from "effect"
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

const beat: RunStreamEvent = { event: "beat", data: "{}" }

const told = ({ news, outcomes }: RunFeed.Look): ReadonlyArray<RunStreamEvent> => [
  ...outcomes.map(({ item, number }) => ({ id: String(number), event: "item", data: itemOf(item) }) as const),
  ...(news === null ? [] : [{ event: "status", data: news.status } as const])
]

/** Follows from behind `after` to the end of the run. A store that fails ends the stream; the listener comes back. */
export const followRun = Effect.fnUntraced(function* (id: RunId, after: number) {
  const runs = yield* Runs
  const events = yield* RunEvents
  const readiness = yield* Readiness

  const wakes = Stream.merge(
    Stream.as(Stream.debounce(events.of(id), gathered), null),
    Stream.as(Stream.tick(lookEvery), null)
  )
  return RunFeed.looks<never>(id, after, wakes, looking).pipe(
    Stream.provideService(Runs, runs),
    Stream.mapAccum(
      () => 0,
      (quiet, look): readonly [number, ReadonlyArray<RunStreamEvent>] => {
        const sent = told(look)
        if (sent.length > 0) return [0, sent]
        return quiet + 1 < beatAfter ? [quiet + 1, []] : [0, [beat]]
      }
    ),
    Stream.interruptWhen(Effect.race(readiness.stopped, Effect.sleep(longest))),
    Stream.catch((failure) => Stream.fromEffectDrain(Effect.logError("a listener lost the store", failure.reason)))
  )
})
