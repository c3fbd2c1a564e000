/** Reconciling again and again: the changes often, everybody now and then, less often while it fails. */
import { Clock, Duration, Effect, Result } from "effect"
import * as Quarantine from "../provisioning/Quarantine.ts"
import { isOver, type Run } from "./Run.ts"
import type { Due, Ticked } from "./Sync.ts"

/** What is told of each turn. Times are in milliseconds. */
export type WatchEvent<E> =
  /** `nextAt` is when the next turn comes. */
  | {
      readonly _tag: "Ticked"
      readonly startedAt: number
      readonly endedAt: number
      readonly ticked: Ticked
      readonly nextAt: number
    }
  | {
      readonly _tag: "Failed"
      readonly startedAt: number
      readonly endedAt: number
      readonly error: E
      readonly nextAt: number
    }

/** How to watch. */
export interface Watching<E, R> {
  /** Between the beginnings of two turns. One that takes longer is not caught up with. */
  readonly every: Duration.Duration
  /** How old the last comparison of everybody may become. */
  readonly fullEvery: Duration.Duration
  readonly tick: (due: Due) => Effect.Effect<Ticked, E, R>
  /** Ends when somebody wants everybody to be compared now. Begun anew after each turn. */
  readonly asked: Effect.Effect<void>
  /** Whether a failure is nobody's fault that has to be spared; the next turn then comes as if nothing had been. */
  readonly isHarmless: (error: E) => boolean
  readonly tell: (event: WatchEvent<E>) => Effect.Effect<void>
}

const longestPause = Duration.toMillis(Duration.hours(6))

/** The first failure changes nothing, each further one doubles the time until the next turn, and a success ends that. */
const policyFor = (every: number): Quarantine.QuarantinePolicy => ({
  window: 1,
  minimum: 1,
  rate: 0.5,
  firstPause: every,
  longestPause: Math.max(every, longestPause)
})

/** Whether a turn met something that is better left alone for longer. */
const isTrouble = (ticked: Ticked): boolean => "run" in ticked && ticked.run.status._tag === "Paused"

/** Whether everybody was compared, and so need not be for a while. */
const isFull = (ticked: Ticked): boolean => ticked._tag !== "Busy" && ticked.planned.kind === "reconcile"

const standingOf = ({ id, status }: Run): string => `${id} ${status._tag}`

/**
 * Goes on until it is interrupted; a run that is under way then stops cleanly. Failures are told and end nothing. That a
 * run is not over is told once, and again when it stands differently.
 */
export const watch = Effect.fn("Watch.watch")(function* <E, R>(
  watching: Watching<E, R>
): Effect.fn.Return<never, never, R> {
  const { asked, fullEvery, isHarmless, tell, tick } = watching
  const every = Math.max(1, Math.round(Duration.toMillis(watching.every)))
  const policy = policyFor(every)
  let quarantine: Quarantine.Quarantine = Quarantine.initial
  let lastFull: number | null = null
  let isFullAsked = false
  let told: string | null = null
  while (true) {
    const startedAt = yield* Clock.currentTimeMillis
    const result: Result.Result<Ticked, E> = yield* Effect.result(tick({ isFullAsked, lastFull, fullEvery }))
    const endedAt = yield* Clock.currentTimeMillis
    const isBad = Result.isFailure(result) ? !isHarmless(result.failure) : isTrouble(result.success)
    if (!isBad) quarantine = Result.isSuccess(result) ? Quarantine.initial : quarantine
    else quarantine = Quarantine.record(Quarantine.at(quarantine, endedAt), policy, "failure", endedAt)
    const regular = endedAt + every - ((endedAt - startedAt) % every)
    const nextAt: number = quarantine._tag === "Paused" ? Math.max(regular, quarantine.until) : regular
    if (Result.isFailure(result)) {
      yield* tell({ _tag: "Failed", startedAt, endedAt, error: result.failure, nextAt })
    } else {
      const ticked = result.success
      if (isFull(ticked)) {
        lastFull = startedAt
        isFullAsked = false
      }
      const standing = "run" in ticked && !isOver(ticked.run.status) ? standingOf(ticked.run) : null
      if (ticked._tag !== "Busy" || standing !== told) {
        yield* tell({ _tag: "Ticked", startedAt, endedAt, ticked, nextAt })
      }
      told = standing
    }
    const isNow: boolean = yield* Effect.raceFirst(
      Effect.as(Effect.sleep(nextAt - endedAt), false),
      Effect.as(asked, true)
    )
    isFullAsked ||= isNow
  }
})
