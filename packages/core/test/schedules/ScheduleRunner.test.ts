/** Firing on a clock that the test moves: each moment once, none drifting, nothing lost, nothing at work twice. */
import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Exit, Layer, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { RunId } from "../../src/runs/Run.ts"
import { type Firing, type Outcome, type Schedule, ScheduleId } from "../../src/schedules/Schedule.ts"
import { ScheduleRunner } from "../../src/schedules/ScheduleRunner.ts"
import { ScheduleWork } from "../../src/schedules/ScheduleWork.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { layer as memoryLayer, Memory } from "./memorySchedules.ts"

const id = ScheduleId.make("s20261101-083000-a1b2c3")
const run = RunId.make("20261101-083000-a1b2c3")
const epoch = DateTime.makeUnsafe(0)
const second = (n: number) => DateTime.makeUnsafe(n * 1000)
const unchanged: Outcome = { _tag: "Unchanged", conflicts: 0 }

const schedule = (change: Partial<Schedule> = {}): Schedule => ({
  id,
  connectionId: ConnectionId.make("acme"),
  name: "nightly",
  task: { _tag: "Check" },
  cadence: { _tag: "Every", seconds: 60 },
  enabled: true,
  version: 1,
  createdAt: epoch,
  createdBy: { name: "key ci", face: "api" },
  anchor: epoch,
  comparedAt: null,
  nextDueAt: second(60),
  ...change
})

interface Stage {
  readonly memory: Memory
  /** The second at which each piece of work began, and for whom. */
  readonly begun: Array<readonly [at: number, by: string]>
  /** Runs that were seen to. */
  readonly goneOn: Array<RunId>
  perform: ScheduleWork["Service"]["perform"]
}

const staged = (change: Partial<Schedule> = {}): Stage => {
  const memory = new Memory()
  memory.schedules.set(id, schedule(change))
  return { memory, begun: [], goneOn: [], perform: () => Effect.succeed(unchanged) }
}

/** A process that fires, until the scope of the test or its own is closed. */
const runner = (stage: Stage) =>
  Effect.gen(function* () {
    const scope = yield* Effect.acquireRelease(Scope.make(), (own) => Scope.close(own, Exit.void))
    const work = Layer.succeed(
      ScheduleWork,
      ScheduleWork.of({
        goOn: (left) => Effect.sync(() => void stage.goneOn.push(left)),
        perform: (which, by, notes) =>
          Effect.flatMap(DateTime.now, (now) => {
            stage.begun.push([DateTime.toEpochMillis(now) / 1000, by.name])
            return stage.perform(which, by, notes)
          })
      })
    )
    const layer = Layer.fresh(ScheduleRunner.layer).pipe(Layer.provide([work, memoryLayer(stage.memory)]))
    const context = yield* Layer.buildWithScope(layer, scope)
    return { ...Context.get(context, ScheduleRunner), close: Scope.close(scope, Exit.void) }
  })

const passed = (seconds: number) =>
  Effect.forEach(Array.from({ length: seconds }), () => TestClock.adjust("1 second"), { discard: true })

const told = ({ memory }: Stage): ReadonlyArray<readonly [number, string | undefined]> =>
  memory
    .of(id)
    .toReversed()
    .map(({ firing }) => [DateTime.toEpochMillis(firing.dueAt) / 1000, firing.outcome?._tag])

describe("schedules", () => {
  it.effect("fire at each of their moments, as themselves", () =>
    Effect.gen(function* () {
      const stage = staged()
      yield* runner(stage)
      yield* passed(59)
      assert.deepStrictEqual(stage.begun, [])
      yield* passed(1)
      const by = `schedule nightly (${id}) of key ci`
      assert.deepStrictEqual(stage.begun, [[60, by]])
      yield* passed(120)
      assert.deepStrictEqual(
        told(stage),
        [60, 120, 180].map((at) => [at, "Unchanged"])
      )
    })
  )

  it.effect("that missed many moments while nothing ran fire once, and then at the next of their moments", () =>
    Effect.gen(function* () {
      const stage = staged()
      yield* passed(630)
      yield* runner(stage)
      yield* passed(31)
      assert.deepStrictEqual(told(stage), [
        [60, "Unchanged"],
        [660, "Unchanged"]
      ])
      assert.deepStrictEqual(
        stage.begun.map(([at]) => at),
        [630, 660]
      )
    })
  )

  it.effect("fire each moment once, however many processes look", () =>
    Effect.gen(function* () {
      const stage = staged()
      for (let n = 0; n < 3; n++) yield* runner(stage)
      yield* passed(20 * 60)
      assert.deepStrictEqual(
        stage.begun.map(([at]) => at),
        Array.from({ length: 20 }, (_, n) => (n + 1) * 60)
      )
    })
  )

  it.effect("let a moment pass while an earlier one is at work, and say so with its run", () =>
    Effect.gen(function* () {
      const stage = staged()
      stage.perform = (_which, _by, { begun, compared }) =>
        Effect.as(Effect.delay(Effect.andThen(compared(second(7)), begun(run)), "90 seconds"), unchanged)
      yield* runner(stage)
      // A moment is let pass once the earlier firing has given a sign of life since.
      yield* passed(119)
      assert.lengthOf(told(stage), 1)
      yield* passed(6)
      const [newest] = stage.memory.of(id)
      assert.deepStrictEqual(newest?.firing.outcome, { _tag: "Skipped", reason: "atWork", run: null })
      yield* passed(55)
      assert.deepStrictEqual(told(stage), [
        [60, "Unchanged"],
        [120, "Skipped"],
        [180, undefined]
      ])
      assert.strictEqual(stage.memory.of(id)[2]?.firing.run, run)
      assert.strictEqual(DateTime.toEpochMillis(stage.memory.schedules.get(id)?.comparedAt ?? epoch), 7000)
    })
  )

  it.effect("fire the moment behind one whose process died, which is recorded as interrupted", () =>
    Effect.gen(function* () {
      const stage = staged({ nextDueAt: second(120) })
      const died: Firing = {
        dueAt: second(60),
        startedAt: second(60),
        endedAt: null,
        askedBy: null,
        run,
        outcome: null
      }
      stage.memory.firings.set(id, [{ firing: died, seenAt: second(110) }])
      yield* passed(119)
      yield* runner(stage)
      yield* passed(10)
      assert.deepStrictEqual(told(stage), [[60, undefined]])
      yield* passed(3)
      assert.deepStrictEqual(told(stage), [
        [60, "Interrupted"],
        [120, "Unchanged"]
      ])
      assert.deepStrictEqual(stage.goneOn, [run])
    })
  )

  it.effect("wait for the store, and lose no outcome to it", () =>
    Effect.gen(function* () {
      const stage = staged()
      stage.perform = () => Effect.delay(Effect.succeed(unchanged), "2 seconds")
      yield* runner(stage)
      yield* passed(61)
      stage.memory.isBroken = true
      yield* passed(90)
      stage.memory.isBroken = false
      yield* passed(10)
      assert.deepStrictEqual(told(stage), [
        [60, "Unchanged"],
        [120, "Unchanged"]
      ])
    })
  )

  it.effect("stop with their process: what is cut off is recorded so, and nothing more is begun", () =>
    Effect.gen(function* () {
      const stage = staged()
      stage.perform = () => Effect.never
      const { close } = yield* runner(stage)
      yield* passed(60)
      yield* close
      yield* passed(120)
      assert.deepStrictEqual(told(stage), [[60, "Interrupted"]])
    })
  )

  it.effect("leave what is due to others while their process is about to stop, and end what is at work", () =>
    Effect.gen(function* () {
      const stage = staged()
      stage.perform = () => Effect.delay(Effect.succeed(unchanged), "90 seconds")
      const { rest } = yield* runner(stage)
      yield* passed(60)
      yield* rest
      yield* passed(120)
      assert.deepStrictEqual(told(stage), [[60, "Unchanged"]])
      yield* runner(stage)
      yield* passed(1)
      assert.deepStrictEqual(told(stage), [
        [60, "Unchanged"],
        [120, undefined]
      ])
    })
  )

  it.effect("outlive an error of the program, and end with their connection", () =>
    Effect.gen(function* () {
      const stage = staged()
      stage.perform = () => Effect.die("no such thing")
      yield* runner(stage)
      yield* passed(60)
      const [first] = stage.memory.of(id)
      assert.deepInclude(first?.firing.outcome, { _tag: "Failed", reason: "unexpected" })
      stage.perform = () => Effect.succeed({ _tag: "Failed", reason: "removed", detail: "gone", next: "" })
      yield* passed(180)
      assert.lengthOf(told(stage), 2)
      assert.deepInclude(stage.memory.schedules.get(id), { enabled: false, nextDueAt: null, version: 2 })
    })
  )

  it.effect("fire when they are asked to, beside their moments, one at a time, as whoever asks", () =>
    Effect.gen(function* () {
      const stage = staged({ enabled: false, nextDueAt: null })
      stage.perform = () => Effect.delay(Effect.succeed(unchanged), "5 seconds")
      const { fire } = yield* runner(stage)
      yield* passed(3)
      const ada = { name: "key ada", face: "api" } as const
      const asked = Option.getOrThrow(yield* fire(schedule(), ada))
      assert.strictEqual(DateTime.toEpochMillis(asked.firing.dueAt), 3000)
      yield* passed(1)
      assert.isTrue(Option.isNone(yield* fire(schedule(), ada)))
      yield* passed(4)
      yield* asked.ended
      assert.deepStrictEqual(told(stage), [[3, "Unchanged"]])
      assert.deepStrictEqual(stage.begun, [[3, "key ada"]])
      assert.isTrue(Option.isSome(yield* fire(schedule(), ada)))
    })
  )
})
