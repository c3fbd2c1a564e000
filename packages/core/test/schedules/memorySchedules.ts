/** The Schedules port in memory, for tests of what is above it. It can be made to fail. */
import { DateTime, Effect, Layer, Option } from "effect"
import { JournalFailure } from "../../src/ports/Journal.ts"
import { type Due, Schedules } from "../../src/ports/Schedules.ts"
import type { Firing, Schedule, ScheduleId } from "../../src/schedules/Schedule.ts"

/** A firing with its last sign of life. */
interface Kept {
  firing: Firing
  seenAt: DateTime.Utc
}

/** What is kept; tests look at it and change it. */
export class Memory {
  readonly schedules = new Map<ScheduleId, Schedule>()
  readonly firings = new Map<ScheduleId, ReadonlyArray<Kept>>()
  isBroken = false

  /** The newest first. */
  of(id: ScheduleId): ReadonlyArray<Kept> {
    return (this.firings.get(id) ?? []).toSorted((a, b) =>
      DateTime.isLessThan(a.firing.dueAt, b.firing.dueAt) ? 1 : -1
    )
  }
}

const isSame = (left: DateTime.Utc, right: DateTime.Utc) =>
  DateTime.toEpochMillis(left) === DateTime.toEpochMillis(right)
const isDue = (schedule: Schedule): schedule is Due["schedule"] => schedule.nextDueAt !== null

/** The port over what is kept. */
export const layer = (memory: Memory): Layer.Layer<Schedules> => {
  const broken = new JournalFailure({ reason: "unavailable", detail: "no store", next: "wait." })
  const act = <A>(body: () => A) => Effect.suspend(() => (memory.isBroken ? Effect.fail(broken) : Effect.sync(body)))
  const keep = (id: ScheduleId, firing: Firing): boolean => {
    const all = memory.of(id)
    if (firing.outcome === null && all.some((each) => each.firing.outcome === null)) return false
    memory.firings.set(id, [...all, { firing, seenAt: firing.startedAt }])
    return true
  }
  const open = (id: ScheduleId, dueAt: DateTime.Utc) =>
    memory.of(id).find(({ firing }) => isSame(firing.dueAt, dueAt) && firing.outcome === null)
  const followed = (schedule: Schedule) => ({ schedule, last: memory.of(schedule.id)[0]?.firing ?? null })
  return Layer.succeed(
    Schedules,
    Schedules.of({
      insert: (schedule) => act(() => void memory.schedules.set(schedule.id, schedule)),
      find: (id) => act(() => Option.map(Option.fromNullishOr(memory.schedules.get(id)), followed)),
      list: (of) => act(() => [...memory.schedules.values()].filter((each) => each.connectionId === of).map(followed)),
      update: (seen, schedule) =>
        act(() => {
          if (memory.schedules.get(seen.id)?.version !== seen.version) return false
          memory.schedules.set(seen.id, schedule)
          return true
        }),
      remove: (id) => act(() => memory.schedules.delete(id)),
      due: (now) =>
        act(() =>
          [...memory.schedules.values()].filter(isDue).flatMap((schedule): ReadonlyArray<Due> => {
            if (!schedule.enabled || DateTime.isGreaterThan(schedule.nextDueAt, now)) return []
            const found = memory.of(schedule.id).find(({ firing }) => firing.outcome === null)
            const atWork = found === undefined ? null : { run: found.firing.run, seenAt: found.seenAt }
            return [{ schedule, atWork }]
          })
        ),
      claim: (seen, next, firing) =>
        act(() => {
          const stands = memory.schedules.get(seen.id)
          if (stands?.nextDueAt == null || !isSame(stands.nextDueAt, seen.nextDueAt)) return false
          if (!keep(seen.id, firing)) return false
          memory.schedules.set(seen.id, { ...stands, nextDueAt: next })
          return true
        }),
      ask: (id, firing) => act(() => keep(id, firing)),
      renew: ({ dueAt, id }, at) =>
        act(() => {
          const found = open(id, dueAt)
          if (found !== undefined) found.seenAt = at
          return found !== undefined
        }),
      noteRun: ({ dueAt, id }, run) =>
        act(() => {
          const found = open(id, dueAt)
          if (found !== undefined) found.firing = { ...found.firing, run }
        }),
      noteCompared: (id, comparedAt) =>
        act(() => {
          const found = memory.schedules.get(id)
          if (found !== undefined) memory.schedules.set(id, { ...found, comparedAt })
        }),
      settle: ({ dueAt, id }, outcome, endedAt) =>
        act(() => {
          const found = open(id, dueAt)
          if (found !== undefined) found.firing = { ...found.firing, outcome, endedAt }
          return found !== undefined
        }),
      interrupt: (before, endedAt) =>
        act(() =>
          [...memory.firings.values()].flat().flatMap((kept) => {
            if (kept.firing.outcome !== null || DateTime.isGreaterThanOrEqualTo(kept.seenAt, before)) return []
            kept.firing = { ...kept.firing, endedAt, outcome: { _tag: "Interrupted" } }
            return kept.firing.run === null ? [] : [kept.firing.run]
          })
        ),
      firing: ({ dueAt, id }) =>
        act(() =>
          Option.map(
            Option.fromNullishOr(memory.of(id).find(({ firing }) => isSame(firing.dueAt, dueAt))),
            ({ firing }) => firing
          )
        ),
      firings: (id) => act(() => memory.of(id).map(({ firing }) => firing))
    })
  )
}
