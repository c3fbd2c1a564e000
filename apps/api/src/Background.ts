/**
 * What takes a while: behind a 202 it is kept while it goes on, not stopped by a caller who leaves, and found from every
 * node. What a caller waits for has its place among the same jobs.
 */
import type {
  Changing,
  ServerProblem,
  StoreProblem,
  TooLargeProblem,
  TooManyProblem
} from "@loom-scim/contract/Problem"
import { InternalProblem, NotReadyProblem } from "@loom-scim/contract/Problem"
import { ofStore } from "@loom-scim/contract/problemOf"
import type { JobKind, JobProblem, KeptJob } from "@loom-scim/core/ports/Jobs"
import { JobId, Jobs } from "@loom-scim/core/ports/Jobs"
import type { SourceRemarks } from "@loom-scim/core/ports/Plans"
import { randomIds, runIdOf } from "@loom-scim/core/runs/Run"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { Cause, Context, DateTime, Effect, Exit, Fiber, FiberSet, Layer, Option, Random, Schedule } from "effect"
import * as JobRoom from "./JobRoom.ts"

/** One without a sign of life for this long belongs to a process that died. */
const abandonedAfter = { minutes: 1 } as const
/** How often it gives one. */
const beatEvery = { seconds: 10 } as const
/** How long it can be asked about, as a plan. */
const keptFor = { hours: 72 } as const

type Problem = Changing | ServerProblem | TooLargeProblem

/** All that the request would have been answered with, but the request's own id. */
const textOf = (problem: Problem | InternalProblem | NotReadyProblem): JobProblem => {
  const { detail, next, status, title, type } = problem
  return {
    detail,
    next,
    status,
    title,
    type,
    ...("reason" in problem ? { reason: problem.reason } : {}),
    ...("missing" in problem ? { missing: problem.missing } : {}),
    ...("scim" in problem && problem.scim !== undefined ? { scim: problem.scim } : {})
  }
}

const stopped = textOf(
  new NotReadyProblem({
    detail: "The server stopped before it was done; nothing came of it.",
    next: "Send it again, with a new Idempotency-Key."
  })
)

const broken = textOf(
  new InternalProblem({
    detail: "Something went wrong that is not your fault.",
    next: "Look for the job's id in the server's log, and report it."
  })
)

/** One whose process died is not running, whatever it wrote last. */
export const standingOf = (job: KeptJob, now: DateTime.Utc): KeptJob =>
  job.status === "running" && DateTime.isLessThan(job.seenAt, DateTime.subtract(now, abandonedAfter))
    ? { ...job, status: "interrupted", problem: stopped }
    : job

/** What came of a job. */
export interface Came {
  /** Its path; null when there was nothing to do. */
  readonly result: string | null
  readonly remarks?: SourceRemarks
}

/**
 * What a job does. It may be stopped only where it says so by `Effect.interruptible`, so that a job never says of what it
 * has begun that nothing came of it.
 */
export type Work = Effect.Effect<Came, Problem>

/** What came of it, or why nothing. */
const outcomeOf = (exit: Exit.Exit<Came, Problem>): Pick<KeptJob, "status" | "result" | "problem" | "remarks"> => {
  if (Exit.isSuccess(exit)) return { status: "done", ...exit.value, problem: null }
  const failure = Cause.findErrorOption(exit.cause)
  if (Option.isSome(failure)) return { status: "failed", result: null, problem: textOf(failure.value) }
  return Cause.hasInterrupts(exit.cause)
    ? { status: "interrupted", result: null, problem: stopped }
    : { status: "failed", result: null, problem: broken }
}

/** Begins jobs. */
export class Background extends Context.Service<
  Background,
  {
    /** Fails when work for this connection would be refused now, for whoever would read an upload only to refuse it. */
    readonly room: (connection: ConnectionId) => Effect.Effect<void, TooManyProblem>
    /** Holds a place while a caller waits for the work. When as many go on as may, it is not begun. */
    readonly during: <A, E, R>(
      connection: ConnectionId,
      work: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | TooManyProblem, R>
    /**
     * Carries `work` out behind the request. When as many go on as may, nothing is begun or kept; nor when `claim` fails,
     * which is tried once there is a place.
     */
    readonly begin: <E = never>(
      connection: ConnectionId,
      kind: JobKind,
      by: Actor,
      work: Work,
      claim?: Effect.Effect<void, E>
    ) => Effect.Effect<KeptJob, E | StoreProblem | TooManyProblem>
  }
>()("loom-scim-api/Background") {
  /** They end with the layer's scope: what is not done by then is interrupted, and says so. */
  static readonly layer = (limits: JobRoom.JobLimits) =>
    Layer.effect(
      Background,
      Effect.gen(function* () {
        const jobs = yield* Jobs
        const running = yield* FiberSet.make<void>()
        const room = JobRoom.make(limits)

        // The work is worth more than its record: a store that fails for a moment does not end it.
        const keep = (job: KeptJob) => Effect.ignore(jobs.keep(job))

        const carried = Effect.fnUntraced(function* (begun: KeptJob, work: Work) {
          const beat = Effect.flatMap(DateTime.now, (now) => keep({ ...begun, seenAt: now })).pipe(
            Effect.schedule(Schedule.spaced(beatEvery))
          )
          const beating = yield* Effect.forkChild(beat)
          yield* work.pipe(
            Effect.onExit(
              Effect.fnUntraced(function* (exit) {
                yield* Fiber.interrupt(beating)
                const now = yield* DateTime.now
                const outcome = outcomeOf(exit)
                if (outcome.problem === broken && Exit.isFailure(exit)) yield* Effect.logError("defect", exit.cause)
                yield* keep({ ...begun, ...outcome, seenAt: now, endedAt: now })
              })
            ),
            Effect.uninterruptible,
            Effect.exit,
            Effect.annotateLogs({ job: begun.id })
          )
        })

        return Background.of({
          room: room.look,
          during: (connection, work) =>
            Effect.acquireUseRelease(
              room.enter(connection),
              () => work,
              () => room.leave(connection)
            ),
          begin: Effect.fn("Background.begin")(function* <E>(
            connection: ConnectionId,
            kind: JobKind,
            by: Actor,
            work: Work,
            claim: Effect.Effect<void, E> = Effect.void
          ) {
            yield* room.enter(connection)
            const now = yield* DateTime.now
            const random = yield* Random.nextIntBetween(0, randomIds)
            const begun: KeptJob = {
              id: JobId.make(`j${runIdOf(DateTime.toEpochMillis(now), random)}`),
              connectionId: connection,
              kind,
              status: "running",
              begunAt: now,
              endedAt: null,
              seenAt: now,
              by: by.name,
              result: null,
              problem: null
            }
            yield* Effect.mapError(jobs.prune(DateTime.subtract(now, keptFor)), ofStore).pipe(
              Effect.andThen(claim),
              Effect.andThen(Effect.mapError(jobs.keep(begun), ofStore)),
              Effect.onError(() => room.leave(connection))
            )
            yield* FiberSet.run(running, Effect.ensuring(carried(begun, work), room.leave(connection)))
            return begun
          }, Effect.uninterruptible)
        })
      })
    )
}
