/** What the store of schedules must do, whatever database it is on. */
import { assert, describe, it } from "@effect/vitest"
import { type Due, Schedules } from "@loom-scim/core/ports/Schedules"
import { RunId } from "@loom-scim/core/runs/Run"
import { type Firing, type Outcome, type Schedule, ScheduleId } from "@loom-scim/core/schedules/Schedule"
import { DateTime, Effect, Option } from "effect"
import type { Backend } from "./backend.ts"
import { around, opened } from "./contract.ts"
import { acme, beta, start } from "./sample.ts"

const after = (minutes: number) => DateTime.add(start, { minutes })
const idOf = (number: number) => ScheduleId.make(`s20261101-083000-${String(number).padStart(6, "0")}`)
const someRun = RunId.make("20261101-083000-abcdef")

const schedule = (number: number, change: Partial<Schedule> = {}): Schedule => ({
  id: idOf(number),
  connectionId: acme,
  name: `O'Neil's "night" № ${number}`,
  task: {
    _tag: "Sync",
    source: {
      _tag: "Connection",
      connection: beta,
      filter: 'userName sw "a"',
      mapping: { attributes: { externalId: "id" }, list: [1, null, true] }
    },
    policy: { minAdmins: 1 },
    adopt: "unclaimed",
    leftGroups: "delete"
  },
  cadence: { _tag: "Cron", expression: "0 3 * * 1-5", timeZone: "Europe/Berlin" },
  enabled: true,
  version: 1,
  createdAt: start,
  createdBy: { name: 'key O\'Neil "ci"', face: "api" },
  anchor: start,
  comparedAt: null,
  nextDueAt: after(1),
  ...change
})

const dueSchedule = (number: number, minutes: number): Due["schedule"] => ({
  ...schedule(number),
  nextDueAt: after(minutes)
})

const firing = (minutes: number, outcome: Outcome | null = null): Firing => ({
  dueAt: after(minutes),
  startedAt: after(minutes),
  endedAt: outcome === null ? null : after(minutes),
  askedBy: null,
  run: null,
  outcome
})

const unchanged: Outcome = { _tag: "Unchanged", conflicts: 2 }
const long = after(-1000)

export const schedulesContract = (backend: Backend): void => {
  describe(`schedules on ${backend.name}`, () => {
    it.live("come back as they were kept, by connection, with the last that came of them", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const schedules = yield* Schedules
          const check = schedule(2, { task: { _tag: "Check" }, enabled: false, nextDueAt: null })
          for (const each of [schedule(1), check, schedule(3, { connectionId: beta })]) yield* schedules.insert(each)
          assert.deepStrictEqual(yield* schedules.find(idOf(1)), Option.some({ schedule: schedule(1), last: null }))
          assert.deepStrictEqual(yield* schedules.find(idOf(9)), Option.none())
          const asked = { ...firing(5), askedBy: { name: "O'Neil", face: "api" } } satisfies Firing
          assert.isTrue(yield* schedules.ask(idOf(2), asked))
          assert.isFalse(yield* schedules.ask(idOf(9), asked))
          const all = yield* schedules.list(acme, null, 5)
          assert.deepStrictEqual(all, [
            { schedule: schedule(1), last: null },
            { schedule: check, last: asked }
          ])
          assert.deepStrictEqual(yield* schedules.list(acme, idOf(1), 1), all.slice(1))
          assert.deepStrictEqual(yield* schedules.list(acme, null, 1), all.slice(0, 1))
        })
      )
    )

    it.live("are changed and removed only as they were seen", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const schedules = yield* Schedules
          const seen = schedule(1)
          yield* schedules.insert(seen)
          const next = { ...seen, name: "other", version: 2, nextDueAt: null, enabled: false, comparedAt: start }
          assert.isTrue(yield* schedules.update(seen, next))
          assert.isFalse(yield* schedules.update(seen, { ...seen, version: 3 }))
          assert.isFalse(yield* schedules.update({ ...next, nextDueAt: start }, next), "fired meanwhile")
          assert.deepStrictEqual(yield* schedules.find(seen.id), Option.some({ schedule: next, last: null }))
          assert.deepStrictEqual(yield* schedules.due(after(100), 5), [])
          assert.isTrue(yield* schedules.ask(seen.id, firing(1)))
          assert.isFalse(yield* schedules.remove(seen.id, 1))
          assert.isTrue(yield* schedules.remove(seen.id, 2))
          assert.isFalse(yield* schedules.remove(seen.id, null))
          assert.deepStrictEqual(yield* around(store, "SELECT * FROM schedule_firings"), [])
        })
      )
    )

    it.live("give each due moment to one of all who claim it", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const schedules = yield* Schedules
          const late = dueSchedule(1, 3)
          const early = dueSchedule(2, 2)
          yield* schedules.insert(late)
          yield* schedules.insert(early)
          assert.deepStrictEqual(yield* schedules.due(after(1), 5), [])
          assert.deepStrictEqual(yield* schedules.due(after(3), 5), [
            { schedule: early, atWork: null },
            { schedule: late, atWork: null }
          ])
          assert.lengthOf(yield* schedules.due(after(3), 1), 1)
          const claims = yield* Effect.forEach(
            Array.from({ length: 12 }),
            () => schedules.claim(late, after(18), firing(3), long),
            { concurrency: "unbounded" }
          )
          assert.lengthOf(claims.filter(Boolean), 1)
          const found = Option.getOrThrow(yield* schedules.find(late.id))
          assert.deepStrictEqual(found, { schedule: { ...late, nextDueAt: after(18) }, last: firing(3) })
          assert.lengthOf(yield* schedules.firings(late.id, null, 9), 1)
        })
      )
    )

    it.live("keep one firing at work; a moment that comes meanwhile stays due, or is recorded as let pass", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const schedules = yield* Schedules
          const seen = dueSchedule(1, 1)
          yield* schedules.insert(seen)
          assert.isTrue(yield* schedules.claim(seen, after(2), firing(1), long))
          const key = { id: seen.id, dueAt: after(1) }
          yield* schedules.noteRun(key, someRun)
          yield* schedules.noteCompared(seen.id, after(1))
          assert.isTrue(yield* schedules.renew(key, after(2)))
          const again = { ...seen, comparedAt: after(1), nextDueAt: after(2) }
          const atWork = { run: someRun, seenAt: after(2) }
          assert.deepStrictEqual(yield* schedules.due(after(2), 5), [{ schedule: again, atWork }])
          assert.isFalse(yield* schedules.claim(again, after(3), firing(2), long))
          assert.isFalse(yield* schedules.ask(seen.id, firing(7)))
          assert.lengthOf(yield* schedules.due(after(2), 5), 1, "still due")
          const passed = firing(2, { _tag: "Skipped", reason: "atWork", run: someRun })
          assert.isTrue(yield* schedules.claim(again, after(3), passed, long))
          assert.isTrue(yield* schedules.settle(key, unchanged, after(2)))
          assert.isFalse(yield* schedules.settle(key, { _tag: "Interrupted" }, after(3)), "the first outcome stays")
          assert.isFalse(yield* schedules.renew(key, after(3)))
          const ended = { ...firing(1), endedAt: after(2), run: someRun, outcome: unchanged }
          assert.deepStrictEqual(yield* schedules.firings(seen.id, null, 9), [passed, ended])
          assert.deepStrictEqual(yield* schedules.firings(seen.id, after(2), 9), [ended])
          assert.deepStrictEqual(yield* schedules.firings(seen.id, null, 1), [passed])
          assert.deepStrictEqual(yield* schedules.firing(key), Option.some(ended))
          assert.deepStrictEqual(yield* schedules.firing({ ...key, dueAt: after(9) }), Option.none())
        })
      )
    )

    it.live("are due although another one cannot be read, of which whoever looks at it is told", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const schedules = yield* Schedules
          yield* schedules.insert(dueSchedule(1, 1))
          yield* schedules.insert(dueSchedule(2, 1))
          yield* around(store, `UPDATE schedules SET definition = '{"name":1}' WHERE id = '${idOf(1)}'`)
          assert.deepStrictEqual(yield* schedules.due(after(1), 5), [{ schedule: dueSchedule(2, 1), atWork: null }])
          assert.strictEqual((yield* Effect.flip(schedules.find(idOf(1)))).reason, "corrupt")
        })
      )
    )

    it.live("never stay due for a moment that has its firing already", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const schedules = yield* Schedules
          const seen = dueSchedule(1, 1)
          yield* schedules.insert(seen)
          assert.isTrue(yield* schedules.ask(seen.id, firing(1)))
          yield* schedules.settle({ id: seen.id, dueAt: after(1) }, unchanged, after(1))
          assert.isFalse(yield* schedules.claim(seen, after(2), firing(1), long))
          assert.deepStrictEqual(yield* schedules.due(after(1), 5), [])
        })
      )
    )

    it.live("end what is silent as interrupted, and forget what is old, but not the last of a schedule", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const schedules = yield* Schedules
          const [dead, alive] = [dueSchedule(1, 1), dueSchedule(2, 1)]
          for (const each of [dead, alive]) {
            yield* schedules.insert(each)
            yield* schedules.claim(each, after(2), firing(1), long)
          }
          yield* schedules.renew({ id: alive.id, dueAt: after(1) }, after(4))
          yield* schedules.noteRun({ id: dead.id, dueAt: after(1) }, someRun)
          assert.deepStrictEqual(yield* schedules.interrupt(after(3), after(5)), [someRun])
          assert.deepStrictEqual(yield* schedules.interrupt(after(3), after(5)), [])
          assert.deepStrictEqual(yield* schedules.firings(dead.id, null, 9), [
            { ...firing(1), run: someRun, endedAt: after(5), outcome: { _tag: "Interrupted" } }
          ])
          assert.deepStrictEqual(yield* schedules.firings(alive.id, null, 9), [firing(1)])
          const again = { ...dead, nextDueAt: after(2) }
          assert.isTrue(yield* schedules.claim(again, after(6), firing(2, unchanged), after(1)))
          assert.lengthOf(yield* schedules.firings(dead.id, null, 9), 2)
          const third = { ...dead, nextDueAt: after(6) }
          assert.isTrue(yield* schedules.claim(third, after(9), firing(6, unchanged), after(9)))
          assert.deepStrictEqual(yield* schedules.firings(dead.id, null, 9), [firing(6, unchanged)])
        })
      )
    )
  })
}
