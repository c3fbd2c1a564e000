/** Carries a run out before a person's eyes: on a screen, as lines, or as JSON; and ends with a code for scripts. */
import { RunEvent } from "@loom-scim/core/runs/RunEvent"
import type { RunId } from "@loom-scim/core/runs/Run"
import type { RunReport } from "@loom-scim/core/runs/RunService"
import { RunService } from "@loom-scim/core/runs/RunService"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { Console, DateTime, Effect, Schema } from "effect"
import type { Code } from "../Exit.ts"
import { codes, Ended, errorText } from "../Exit.ts"
import * as RunLines from "../plain/RunLines.ts"
import type { Told } from "../plain/RunLines.ts"
import type { Trouble } from "../plain/RunProgress.ts"
import * as RunProgress from "../plain/RunProgress.ts"
import * as RunReports from "../plain/RunReport.ts"
import { goOn, statusText } from "../plain/RunText.ts"
import { follow } from "./follow.ts"
import { isInteractive } from "./runServices.ts"
import type { SharedFlags } from "./shared.ts"
import { outputOf } from "./shared.ts"

/** How a run is taken up. */
export interface Carrying {
  /** Who acts, should the person at the screen decide something. */
  readonly actor: Actor
  /** Whether a paused run is to try again at once. */
  readonly isResumed: boolean
}

const codeOf = ({ counts, run }: RunReport, isStopped: boolean): Code => {
  switch (run.status._tag) {
    case "Completed":
      return RunReports.undone(counts) === 0 ? codes.ok : codes.checkFailed
    case "Waiting":
      return codes.waiting
    case "Paused":
    case "Running":
      return isStopped ? codes.interrupted : codes.paused
    case "Cancelled":
    case "Rejected":
      return codes.refused
  }
}

const reasons: Partial<Record<Code, string>> = {
  [codes.checkFailed]: "SomeFailed",
  [codes.waiting]: "RunWaits",
  [codes.paused]: "RunPaused",
  [codes.interrupted]: "RunStopped",
  [codes.refused]: "RunEnded"
}

/** The end of the command that a report means; nothing when all is done. */
export const endOf = (report: RunReport, isStopped = false): Effect.Effect<void, Ended> => {
  const code = codeOf(report, isStopped)
  if (code === codes.ok) return Effect.void
  const { id } = report.run
  const detail =
    code === codes.checkFailed
      ? `Not everything of run ${id} was done; see above, or all of it with: loom-scim runs show ${id}`
      : `Run ${id}: ${statusText(report.run)}; see above.`
  return Effect.fail(new Ended({ code, reason: reasons[code] ?? "RunEnded", detail }))
}

/** Says at the end how a run stands. */
export const printEnding = Effect.fnUntraced(function* (flags: SharedFlags, report: RunReport) {
  yield* Console.log(
    flags.json
      ? JSON.stringify({ _tag: "RunReport", ...RunReports.json(report) })
      : RunReports.ending(report, yield* DateTime.now)
  )
})

const encodeEvent = Schema.encodeSync(Schema.fromJsonString(RunEvent))

const endedAtOnce = (id: RunId) =>
  new Ended({
    code: codes.interrupted,
    reason: "EndedAtOnce",
    detail: `ended at once; let the run go on with: ${goOn(id).resume}`
  })

/** The second Ctrl-C ends the process at once; the first one interrupts it, and the run stops cleanly. */
const impatient = <A, E, R>(id: RunId, json: boolean, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      let presses = 0
      const onSignal = () => {
        presses++
        if (presses < 2) {
          if (!json) process.stderr.write("loom-scim: stopping; Ctrl-C again ends at once\n")
          return
        }
        process.stderr.write(errorText(endedAtOnce(id), json))
        process.exit(codes.interrupted)
      }
      process.on("SIGINT", onSignal)
      return onSignal
    }),
    () => effect,
    (onSignal) => Effect.sync(() => process.removeListener("SIGINT", onSignal))
  )

/** Without a screen. However it ends, how the run stands then is said. */
const spoken = Effect.fnUntraced(function* (flags: SharedFlags, before: RunReport, isResumed: boolean) {
  const { report } = yield* RunService
  const { id, judgement } = before.run
  const { glyphs, json } = outputOf(flags)
  const start = DateTime.toEpochMillis(yield* DateTime.now)
  let told: Told = { progress: RunProgress.start(before.run, before.counts, start), at: start }
  const say = (event: RunEvent) => {
    if (json) return Console.log(encodeEvent(event))
    const [after, lines] = RunLines.tell(told, event, judgement, glyphs)
    told = after
    return Effect.forEach(lines, (line) => Console.log(line), { discard: true })
  }
  yield* follow(before.run, { isResumed }, (events) => Effect.forEach(events, say, { discard: true })).pipe(
    (following) => impatient(id, json, following),
    Effect.onInterrupt(() => Effect.ignore(Effect.flatMap(report(id), (stopped) => printEnding(flags, stopped))))
  )
})

const maxShown = 20

const troubleLines = (report: RunReport, troubles: ReadonlyArray<Trouble>): ReadonlyArray<string> =>
  troubles.slice(-maxShown).flatMap((trouble) => RunLines.troubleLines(trouble, report.run.id))

/** Carries a run out from wherever it stands, until it is over or needs a person. Fails with the code of how it ended. */
export const carry = Effect.fn("runs.carry")(function* (flags: SharedFlags, id: RunId, { actor, isResumed }: Carrying) {
  const { report } = yield* RunService
  const before = yield* report(id)
  if (!isInteractive(flags)) {
    yield* spoken(flags, before, isResumed)
    const after = yield* report(id)
    yield* printEnding(flags, after)
    return yield* endOf(after)
  }
  const { showRun } = yield* Effect.promise(() => import("../ui/showRun.tsx"))
  const { isStopped, troubles } = yield* showRun(before, actor, { isResumed })
  const after = yield* report(id)
  for (const line of troubleLines(after, troubles)) yield* Console.log(line)
  yield* printEnding(flags, after)
  return yield* endOf(after, isStopped)
})
