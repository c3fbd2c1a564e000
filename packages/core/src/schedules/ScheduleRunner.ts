/**
 * Fires schedules when their time has come. Any number of processes may do so on one store: it lets one of them have each
 * due moment. What was missed while none ran is fired once.
 */
import { Cause, Context, DateTime, Duration, Effect, Fiber, FiberSet, Layer, Option, Schedule as Times } from "effect"
import { looking } from "../ports/Looking.ts"
import { type Due, type FiringKey, Schedules } from "../ports/Schedules.ts"
import type { Actor } from "../setup/Evidence.ts"
import { nextDue } from "./NextDue.ts"
import type { Firing, Outcome, Schedule } from "./Schedule.ts"
import { ScheduleWork } from "./ScheduleWork.ts"
import { beatEvery, judge, silence } from "./Standing.ts"

/** Between two looks at what is due. */
const lookEvery = Duration.seconds(1)

// While the store does not answer, asking it more often would not help it.
const resting = Duration.seconds(5)

/** How many due schedules are read at once. */
const batch = 100

/** How long firings are kept. */
const kept = Duration.days(90)

/** How its work is recorded when nobody asked for it. */
const actorOf = ({ createdBy, id, name }: Schedule): Actor => ({
  name: `schedule ${name} (${id}) of ${createdBy.name}`,
  face: "api"
})

const unexpected: Outcome = {
  _tag: "Failed",
  reason: "unexpected",
  detail: "An error of this program.",
  next: "Its log has it; tell whoever runs it the time."
}

const make = Effect.gen(function* () {
  const schedules = yield* Schedules
  const work = yield* ScheduleWork
  const firing = yield* FiberSet.make<void>()

  const mine = new Set<FiringKey>()
  let beatAt = 0
  let isResting = false

  /** Before the silent ones are looked for, so that a store that was away makes nobody here look dead. */
  const giveSigns = Effect.fnUntraced(function* (now: DateTime.Utc) {
    if (DateTime.toEpochMillis(now) - beatAt < Duration.toMillis(beatEvery)) return
    yield* Effect.forEach(mine, (key) => schedules.renew(key, now), { discard: true })
    beatAt = DateTime.toEpochMillis(now)
  })

  /** As long as the store does not answer, the outcome is not lost. */
  const settled = (key: FiringKey, outcome: Outcome) =>
    DateTime.now.pipe(
      Effect.flatMap((now) => schedules.settle(key, outcome, now)),
      Effect.tapError(({ reason }) => Effect.logWarning("the outcome of a schedule cannot be kept yet", reason)),
      Effect.retry(Times.spaced(resting)),
      Effect.orDie
    )

  /** A connection that was removed does not come back. */
  const retired = Effect.fnUntraced(function* ({ id }: Schedule) {
    const found = yield* schedules.find(id)
    if (Option.isNone(found)) return
    const seen = found.value.schedule
    yield* schedules.update(seen, { ...seen, enabled: false, nextDueAt: null, version: seen.version + 1 })
  })

  const carriedOut = Effect.fn("ScheduleRunner.fire")(function* (schedule: Schedule, { askedBy, dueAt }: Firing) {
    const key = { id: schedule.id, dueAt }
    yield* Effect.acquireRelease(
      Effect.sync(() => mine.add(key)),
      () => Effect.sync(() => mine.delete(key))
    )
    const notes = {
      begun: (run: NonNullable<Firing["run"]>) => Effect.ignore(schedules.noteRun(key, run)),
      compared: (at: DateTime.Utc) => Effect.ignore(schedules.noteCompared(schedule.id, at))
    }
    const outcome = yield* work
      .perform(schedule, askedBy ?? actorOf(schedule), notes)
      .pipe(
        Effect.catchCause((cause) =>
          Cause.hasInterruptsOnly(cause)
            ? Effect.failCause(cause)
            : Effect.as(Effect.logError(`schedule ${schedule.id} failed`, cause), unexpected)
        )
      )
    yield* settled(key, outcome)
    if (outcome._tag === "Failed")
      yield* Effect.logWarning(`schedule ${schedule.id} did not get to a run`, outcome.reason)
    if (outcome._tag === "Failed" && outcome.reason === "removed") yield* Effect.ignore(retired(schedule))
  }, Effect.scoped)

  /** Behind whoever asks; what is cut off here says so. */
  const begin = (schedule: Schedule, fired: Firing) => {
    const interrupted = Effect.flatMap(DateTime.now, (now) =>
      schedules.settle({ id: schedule.id, dueAt: fired.dueAt }, { _tag: "Interrupted" }, now)
    )
    return FiberSet.run(
      firing,
      Effect.onInterrupt(carriedOut(schedule, fired), () => Effect.ignore(interrupted))
    )
  }

  const take = Effect.fnUntraced(function* ({ atWork, schedule }: Due) {
    const verdict = judge(atWork, schedule.nextDueAt)
    if (verdict === "wait") return
    const now = yield* DateTime.now
    const begun = { dueAt: schedule.nextDueAt, startedAt: now, endedAt: null, askedBy: null, run: null, outcome: null }
    const passed: Outcome = { _tag: "Skipped", reason: "atWork", run: atWork?.run ?? null }
    const fired: Firing = verdict === "skip" ? { ...begun, endedAt: now, outcome: passed } : begun
    const next = nextDue(schedule.cadence, schedule.anchor, now)
    const isMine = yield* schedules.claim(schedule, next, fired, DateTime.subtractDuration(now, kept))
    if (isMine && fired.outcome === null) yield* begin(schedule, fired)
  }, Effect.uninterruptible)

  const look = Effect.gen(function* () {
    const now = yield* DateTime.now
    yield* looking(giveSigns(now))
    if (isResting) return
    const left = yield* looking(schedules.interrupt(DateTime.subtractDuration(now, silence), now))
    yield* Effect.forEach(left, work.goOn, { discard: true })
    yield* Effect.forEach(yield* looking(schedules.due(now, batch)), take, { discard: true })
  })

  yield* look.pipe(
    Effect.as(lookEvery),
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.as(Effect.logWarning("what is due cannot be looked for; it is tried again", cause), resting)
    ),
    Effect.flatMap(Effect.sleep),
    Effect.forever,
    Effect.forkScoped
  )

  return ScheduleRunner.of({
    rest: Effect.sync(() => {
      isResting = true
    }),
    fire: Effect.fn("ScheduleRunner.ask")(function* (schedule, by) {
      const now = yield* DateTime.now
      const asked: Firing = { dueAt: now, startedAt: now, endedAt: null, askedBy: by, run: null, outcome: null }
      if (!(yield* schedules.ask(schedule.id, asked))) return Option.none()
      return Option.some({ firing: asked, ended: Effect.asVoid(Fiber.await(yield* begin(schedule, asked))) })
    }, Effect.uninterruptible)
  })
})

/** A firing that somebody asked for, and how its end is waited for; whoever stops waiting does not stop it. */
export interface Asked {
  readonly firing: Firing
  readonly ended: Effect.Effect<void>
}

/** Fires schedules. */
export class ScheduleRunner extends Context.Service<
  ScheduleRunner,
  {
    /** This process is about to stop: due moments are left to others, or to its next start; what is at work goes on. */
    readonly rest: Effect.Effect<void>
    /** Fires one now, beside its due moments; none while an earlier firing of it is not over. */
    readonly fire: (
      schedule: Schedule,
      by: Actor
    ) => Effect.Effect<Option.Option<Asked>, Effect.Error<ReturnType<Schedules["Service"]["ask"]>>>
  }
>()("@loom-scim/core/schedules/ScheduleRunner") {
  /** Looks for what is due as soon as it is built. When its scope closes, nothing more is begun, and what is cut off is recorded so. */
  static readonly layer: Layer.Layer<ScheduleRunner, never, Schedules | ScheduleWork> = Layer.effect(
    ScheduleRunner,
    make
  )
}
