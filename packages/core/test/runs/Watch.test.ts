import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Queue } from "effect"
import { TestClock } from "effect/testing"
import { careful } from "../../src/provisioning/Guard.ts"
import { Digests } from "../../src/provisioning/PersonDigest.ts"
import { type Run, type RunStatus, runIdOf } from "../../src/runs/Run.ts"
import type { Due, Ticked } from "../../src/runs/Sync.ts"
import type { Planned } from "../../src/runs/SyncPlan.ts"
import { watch, type WatchEvent } from "../../src/runs/Watch.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"

const connectionId = ConnectionId.make("acme")
const census = { people: 0, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 }
const plan = { version: 1, census, withheld: [], counts: {}, skipped: {}, actions: [] } as const

const planned = (kind: Planned["kind"]): Planned => ({
  connectionId,
  kind,
  source: "people.csv",
  plan,
  policy: careful,
  judgement: { _tag: "Clear" },
  recognised: [],
  digests: new Digests(),
  after: null,
  reading: { records: 0, excluded: 0, problems: [], repetitions: [], contradictions: 0, failure: null },
  needsFull: null
})

const unchanged: Ticked = { _tag: "Unchanged", planned: planned("incremental"), resumed: [] }
const everybody: Ticked = { _tag: "Unchanged", planned: planned("reconcile"), resumed: [] }

const run = (status: RunStatus): Run => ({
  id: runIdOf(0, 0),
  connectionId,
  kind: "incremental",
  parent: null,
  startedAt: DateTime.makeUnsafe(0),
  startedBy: { name: "ada", face: "cli" },
  endedAt: null,
  source: "people.csv",
  census,
  withheld: [],
  plan: "",
  judgement: { _tag: "Clear" },
  status,
  stops: 0,
  cancelledBy: null
})

const waiting: Ticked = { _tag: "Busy", resumed: [], run: run({ _tag: "Waiting", reasons: ["TooManyLosses"] }) }
const paused: Ticked = {
  _tag: "Busy",
  resumed: [],
  run: run({ _tag: "Paused", reason: "unauthorized", detail: "", next: "", until: null })
}

interface Turn {
  readonly at: number
  readonly due: Due
}

const minutes = (count: number) => count * 60_000

/** Watches with turns that end as told; the last way holds for all further ones. */
const watched = Effect.fnUntraced(function* (
  ways: ReadonlyArray<Ticked | { readonly fails: string } | { readonly takes: number }>
) {
  const turns: Array<Turn> = []
  const events: Array<WatchEvent<string>> = []
  const asks = yield* Queue.sliding<void>(1)
  const fiber = yield* Effect.forkChild(
    watch<string, never>({
      every: Duration.minutes(15),
      fullEvery: Duration.hours(24),
      isHarmless: (error) => error === "store",
      asked: Queue.take(asks),
      tell: (event) => Effect.sync(() => void events.push(event)),
      tick: (due) =>
        Effect.gen(function* () {
          turns.push({ at: DateTime.toEpochMillis(yield* DateTime.now), due })
          const way = ways[Math.min(turns.length, ways.length) - 1] ?? unchanged
          if ("fails" in way) return yield* Effect.fail(way.fails)
          if (!("takes" in way)) return way
          yield* Effect.sleep(way.takes)
          return unchanged
        })
    }),
    { startImmediately: true }
  )
  const at = () => turns.map((turn) => turn.at / 60_000)
  return { turns, events, at, fiber, ask: Queue.offer(asks, undefined) }
})

describe("watch", () => {
  it.effect("takes its turn at once and then every fifteen minutes", () =>
    Effect.gen(function* () {
      const { at, events } = yield* watched([unchanged])
      yield* TestClock.adjust("46 minutes")
      assert.deepStrictEqual(at(), [0, 15, 30, 45])
      assert.deepStrictEqual(
        events.map(({ nextAt }) => nextAt),
        [15, 30, 45, 60].map(minutes)
      )
    })
  )
  it.effect("keeps to its beat when a turn takes longer, and does not catch up", () =>
    Effect.gen(function* () {
      const { at } = yield* watched([{ takes: minutes(4) }, { takes: minutes(32) }, unchanged])
      yield* TestClock.adjust("62 minutes")
      assert.deepStrictEqual(at(), [0, 15, 60])
    })
  )
  it.effect("knows when everybody was compared, also when only the changes were asked for", () =>
    Effect.gen(function* () {
      const { turns } = yield* watched([unchanged, everybody, unchanged])
      yield* TestClock.adjust("31 minutes")
      assert.deepStrictEqual(
        turns.map(({ due }) => due.lastFull),
        [null, null, minutes(15)]
      )
      assert.isTrue(turns.every(({ due }) => Duration.toHours(due.fullEvery) === 24 && !due.isFullAsked))
    })
  )
  it.effect("compares everybody at once when somebody asks, and asks on until it was done", () =>
    Effect.gen(function* () {
      const { ask, at, turns } = yield* watched([unchanged, waiting, { fails: "source" }, everybody, unchanged])
      yield* TestClock.adjust("5 minutes")
      yield* ask
      yield* TestClock.adjust("46 minutes")
      assert.deepStrictEqual(at(), [0, 5, 20, 35, 50])
      assert.deepStrictEqual(
        turns.map(({ due }) => due.isFullAsked),
        [false, true, true, true, false]
      )
    })
  )
  it.effect("takes a wish that comes during a turn for the next one", () =>
    Effect.gen(function* () {
      const { ask, at, turns } = yield* watched([{ takes: minutes(2) }, everybody, unchanged])
      yield* TestClock.adjust("1 minute")
      yield* ask
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(at(), [0, 2])
      assert.isTrue(turns[1]?.due.isFullAsked)
    })
  )
  it.effect("says every failure, comes less and less often while it lasts, and as usual afterwards", () =>
    Effect.gen(function* () {
      const fails = { fails: "source" }
      const { at, events } = yield* watched([fails, fails, fails, unchanged, fails, unchanged])
      yield* TestClock.adjust("151 minutes")
      assert.deepStrictEqual(at(), [0, 15, 45, 105, 120, 135, 150])
      assert.deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["Failed", "Failed", "Failed", "Ticked", "Failed", "Ticked", "Ticked"]
      )
    })
  )
  it.effect("waits six hours at the most, and comes when asked even then", () =>
    Effect.gen(function* () {
      const { ask, at } = yield* watched([{ fails: "server" }])
      yield* TestClock.adjust("3 days")
      const times = at()
      const last = times.at(-1) ?? 0
      assert.strictEqual(last - (times.at(-2) ?? 0), 360)
      yield* ask
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(at().at(-1), 3 * 24 * 60)
    })
  )
  it.effect("does not come less often for a store that somebody else uses", () =>
    Effect.gen(function* () {
      const { at } = yield* watched([{ fails: "store" }])
      yield* TestClock.adjust("46 minutes")
      assert.deepStrictEqual(at(), [0, 15, 30, 45])
    })
  )
  it.effect("says once that a run waits, and less and less often looks at one that is paused", () =>
    Effect.gen(function* () {
      const { at, events } = yield* watched([waiting, waiting, waiting, paused, paused, paused, unchanged])
      yield* TestClock.adjust("166 minutes")
      assert.deepStrictEqual(at(), [0, 15, 30, 45, 60, 90, 150, 165])
      assert.deepStrictEqual(
        events.map((event) =>
          event._tag === "Ticked" && "run" in event.ticked ? event.ticked.run.status._tag : event._tag
        ),
        ["Waiting", "Paused", "Ticked", "Ticked"]
      )
    })
  )
  it.effect("ends when it is interrupted, in a pause as in a turn", () =>
    Effect.gen(function* () {
      for (const way of [unchanged, { takes: minutes(100) }]) {
        const { at, fiber } = yield* watched([way])
        yield* TestClock.adjust("5 minutes")
        yield* Fiber.interrupt(fiber)
        const before = at().length
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(at().length, before)
      }
    })
  )
})
