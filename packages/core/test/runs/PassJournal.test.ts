/** The journal of a pass: what is on the disk at which moment, and how often it is written; on the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { JournalFailure } from "../../src/ports/Journal.ts"
import { type JournalEntry, Runs } from "../../src/ports/Runs.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import * as PassJournal from "../../src/runs/PassJournal.ts"
import { RunId } from "../../src/runs/Run.ts"
import { RunEvents } from "../../src/runs/RunEvent.ts"
import type { RunItem } from "../../src/runs/RunItem.ts"

const id = RunId.make("20261124-000000-000001")
const workers = 32
const ahead: PassJournal.Ahead = { portion: 1, least: 64, most: 512, low: 48 }
const full = new JournalFailure({ reason: "full", detail: "The disk is full", next: "Free some space" })

const itemAt = (position: number): RunItem => {
  const label = `p${position}`
  const action: Action = { _tag: "Create", key: label, label, at: null, reason: "newInSource", resource: {} }
  return { position, phase: "creations", action, state: "planned", intendedAt: null, settledAt: null, outcome: null }
}

const fateOf = (item: RunItem, at: DateTime.Utc): PassJournal.Fate => {
  const { position } = item
  if (position % 10 === 3) return { _tag: "Withdrawn", position }
  if (position % 10 === 4) return { _tag: "Left" }
  const outcome = { _tag: "Done", id: `u${position}`, by: "answer" } as const
  return { _tag: "Settled", item, settlement: { position, at, outcome, managed: [] } }
}

/** A pass over so many items, each of which takes so long, with a disk that is full for the given writes. */
const passed = (people: number, millis: number, failing: ReadonlyArray<number> = []) =>
  Effect.gen(function* () {
    const intended = new Set<number>()
    const kept = new Set<number>()
    const begun: Array<number> = []
    const told: Array<number> = []
    let attempts = 0
    let writes = 0
    let inDoubt = 0
    let latest = 0
    const record = Effect.fnUntraced(function* (_: RunId, entry: JournalEntry) {
      yield* Effect.sleep("5 millis")
      if (failing.includes(attempts++)) return yield* full
      writes++
      for (const { position } of entry.settled) kept.add(position)
      for (const position of entry.withdrawn) intended.delete(position)
      for (const position of entry.intended) intended.add(position)
      inDoubt = Math.max(inDoubt, intended.size - kept.size)
    })
    const events = RunEvents.of({
      publish: (event) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          if (event._tag !== "ItemSettled") return
          assert.isTrue(kept.has(event.position), "told before it was kept")
          told.push(event.position)
          latest = Math.max(latest, now - DateTime.toEpochMillis(event.at))
        }),
      of: () => Stream.never
    })
    const items = Array.from({ length: people }, (_, position) => itemAt(position))
    const journal = PassJournal.make(id, ahead, (after, limit) =>
      Effect.succeed(items.slice(after + 1, after + 1 + limit))
    )
    const worker = Effect.gen(function* () {
      while (true) {
        const [item] = yield* journal.take
        if (item === undefined) return
        assert.isTrue(intended.has(item.position), "begun before it was intended")
        begun.push(item.position)
        yield* Effect.sleep(millis)
        yield* journal.give([fateOf(item, yield* DateTime.now)])
      }
    })
    const work = Effect.all([journal.keep, ...Array.from({ length: workers }, () => worker)], {
      concurrency: "unbounded",
      discard: true
    }).pipe(Effect.provide([Layer.mock(Runs)({ record }), Layer.succeed(RunEvents, events)]))
    // In small steps, so that what is waited for begins and ends when it would.
    const fiber = yield* Effect.forkChild(work)
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust(5)
    yield* Fiber.join(fiber)
    assert.deepStrictEqual(
      begun,
      items.map(({ position }) => position)
    )
    assert.strictEqual(kept.size, (people * 8) / 10)
    assert.deepStrictEqual(new Set(told), kept)
    assert.strictEqual(told.length, kept.size)
    return { writes, inDoubt, latest }
  })

describe("the journal of a pass", () => {
  it.effect("is written about ten times a second, however fast the server is", () =>
    Effect.gen(function* () {
      // 32 at once: 3,200 a second, and 32.
      const fast = yield* passed(6400, 10)
      assert.isAtMost(fast.writes, 30)
      const slow = yield* passed(320, 1000)
      assert.isAtMost(slow.writes, 20)
      for (const { latest } of [fast, slow]) assert.isAtMost(latest, 125)
    })
  )

  it.effect("leaves as few in doubt as are done in a tenth of a second, and what is intended next", () =>
    Effect.gen(function* () {
      const slow = yield* passed(640, 1000)
      // A tenth is left in doubt on purpose.
      assert.isAtMost(slow.inDoubt, ahead.least + ahead.low + workers + 64)
      const fast = yield* passed(6400, 1)
      assert.isAtMost(fast.inDoubt, 2 * ahead.most + 640)
    })
  )

  it.effect("gives out nothing more while it cannot be written, and loses nothing", () =>
    Effect.gen(function* () {
      const { writes } = yield* passed(640, 20, [1, 2, 3, 7])
      assert.isAbove(writes, 1)
    })
  )

  it.effect("of nothing is never written", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* passed(0, 1)).writes, 0)
    })
  )
})
