/** Shows on standard error how far a command on many objects has come. */
import { Clock, Console, Effect, Schedule } from "effect"
import * as Glyphs from "../plain/Glyphs.ts"
import * as Progress from "../plain/Progress.ts"

/** What the work tells of itself. */
export interface Tracker {
  /** One more is through. */
  readonly step: (isFailed: boolean) => Effect.Effect<void>
  /** Prints a line on standard output, where the bar and it share a terminal only once the bar is gone. */
  readonly print: (text: string) => Effect.Effect<void>
}

/** What is worked on. */
export interface Work {
  /** What is done to each, in the past. */
  readonly label: string
  readonly total: number
  /** Whether the output is for machines; then nothing is said where nothing can be drawn. */
  readonly json: boolean
}

const interval = "100 millis"
const clear = "\r\u001B[K"

/** Whether a line can be drawn again: not in a file, and not on a terminal that has no control sequences. */
const canDraw = (): boolean => process.stderr.isTTY && process.env["TERM"] !== "dumb"

/**
 * Runs the work with a bar on standard error when that is a terminal, else with one line when it has ended. A single
 * object gets neither. However it ends, the bar is gone afterwards, and what was to be printed is printed.
 */
export const track = <A, E, R>(
  { json, label, total }: Work,
  use: (tracker: Tracker) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const isDrawn = total > 1 && canDraw()
    const isSilent = total < 2 || json
    const isHeld = isDrawn && process.stdout.isTTY
    const held: Array<string> = []
    let done = 0
    let failed = 0
    const progress = Effect.map(Clock.currentTimeMillis, (now) => ({
      label,
      done,
      total,
      failed,
      elapsedMillis: now - started
    }))
    const glyphs = Glyphs.of(process.env)
    const draw = Effect.map(progress, (now) => {
      process.stderr.write(clear + Progress.line(now, glyphs, process.stderr.columns))
    })
    const finish = Effect.gen(function* () {
      if (isDrawn) process.stderr.write(clear)
      else if (!isSilent) yield* Console.error(Progress.ended(yield* progress))
      for (const text of held) yield* Console.log(text)
    })
    const tracker: Tracker = {
      step: (isFailed) =>
        Effect.sync(() => {
          done++
          if (isFailed) failed++
        }),
      print: (text) => (isHeld ? Effect.sync(() => void held.push(text)) : Console.log(text))
    }
    const drawn = isDrawn
      ? Effect.raceFirst(use(tracker), Effect.andThen(Effect.repeat(draw, Schedule.spaced(interval)), Effect.never))
      : use(tracker)
    return yield* Effect.ensuring(drawn, finish)
  })
