import { assert, describe, it } from "@effect/vitest"
import type { ItemCount } from "@loom-scim/core/ports/Runs"
import type { RunEvent } from "@loom-scim/core/runs/RunEvent"
import type { ItemOutcome, ItemState, Phase } from "@loom-scim/core/runs/RunItem"
import { phases, stateOf } from "@loom-scim/core/runs/RunItem"
import * as Glyphs from "../src/plain/Glyphs.ts"
import { paceText, tell } from "../src/plain/RunLines.ts"
import * as RunProgress from "../src/plain/RunProgress.ts"
import { began, origin, outcomes, pausedUntil, planned, runWith, settled, stands } from "./support/runs.ts"

/** Whole numbers below a limit, the same for the same seed. */
const numbers = (seed: number): ((below: number) => number) => {
  let state = seed * 2_654_435_761 + 1
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * below)
  }
}

const kinds: ReadonlyArray<ItemOutcome["_tag"]> = ["Done", "Doubtful", "Failed", "Dropped"]
const pick = <A>(values: readonly [A, ...ReadonlyArray<A>] | ReadonlyArray<A>, at: number): A => {
  const value = values[at]
  if (value === undefined) throw new Error("nothing there")
  return value
}

/** A run of any shape, carried out to its end, and what its journal counts before and after. */
const history = (seed: number) => {
  const below = numbers(seed)
  const before: Array<ItemCount> = []
  const after = new Map<string, ItemCount>()
  const events: Array<RunEvent> = []
  let millis = 0
  let position = 0
  for (const phase of phases) {
    const total = below(4) === 0 ? 0 : below(40)
    if (total === 0) continue
    const intended = below(total)
    before.push(planned(phase, total - intended))
    if (intended > 0) before.push({ phase, state: "intended", count: intended })
    events.push(began(millis, phase, total))
    for (let item = 0; item < total; item++) {
      if (below(12) === 0) {
        events.push(stands(millis, pausedUntil(millis + 5000)), stands(millis + 5000, { _tag: "Running" }))
        events.push(began(millis + 5000, phase, total - item))
        millis += 5000
      }
      millis += below(900)
      const outcome = pick(kinds, below(kinds.length))
      events.push(settled(millis, phase, outcome, { position: position++ }))
      const state: ItemState = stateOf(outcomes[outcome])
      const key = `${phase} ${state}`
      after.set(key, { phase, state, count: (after.get(key)?.count ?? 0) + 1 })
    }
  }
  return { before, after: [...after.values()], events, millis }
}

const seeds = Array.from({ length: 60 }, (_, seed) => seed)
const fold = (from: RunProgress.RunProgress, events: ReadonlyArray<RunEvent>) => events.reduce(RunProgress.step, from)
const begin = (counts: ReadonlyArray<ItemCount>) => RunProgress.start(runWith(), counts, origin)

describe("any run", () => {
  it("told by its events is the run that its journal counts", () => {
    for (const seed of seeds) {
      const { after, before, events } = history(seed)
      const told = fold(begin(before), events)
      assert.deepStrictEqual(told.phases, begin(after).phases)
      assert.strictEqual(RunProgress.total(told).left, 0)
    }
  })

  it("never counts below nothing or beyond what there is, whatever is missed, repeated or out of order", () => {
    for (const seed of seeds) {
      const { before, events } = history(seed)
      const below = numbers(seed + 7)
      const garbled = events.flatMap((event) => (below(4) === 0 ? [] : below(4) === 0 ? [event, event] : [event]))
      let progress = begin(before)
      for (const event of garbled) {
        progress = RunProgress.step(progress, event)
        for (const { left, total } of progress.phases) assert.isTrue(left >= 0 && left <= total)
      }
    }
  })

  it("is set right about what is left when a phase goes on", () => {
    for (const seed of seeds) {
      const { before, events } = history(seed)
      const missed = fold(begin(before), events.slice(0, Math.floor(events.length / 2)))
      for (const { phase, total } of missed.phases) {
        const again = RunProgress.step(missed, began(0, phase, total))
        assert.strictEqual(again.phases.find((one) => one.phase === phase)?.left, total)
      }
    }
  })

  it("has a rate and a time left that are no less than nothing, and none while it does not work", () => {
    for (const seed of seeds) {
      const { before, events } = history(seed)
      let progress = begin(before)
      for (const event of events) {
        progress = RunProgress.step(progress, event)
        const now = event.at.epochMilliseconds + (seed % 7) * 400
        const speed = RunProgress.speed(progress, now)
        const rest = RunProgress.remaining(progress, now)
        if (progress.status._tag !== "Running") assert.isNull(speed)
        if (speed !== null)
          assert.isTrue(speed.done >= 0 && speed.elapsedMillis >= 1000 && speed.elapsedMillis <= 10_000)
        if (rest !== null) assert.isTrue(rest > 0 && Number.isFinite(rest))
        assert.isAtMost(progress.recent.length, 10)
        assert.isAtMost(progress.troubles.length, RunProgress.maxTroubles)
      }
    }
  })
})

describe("the rate", () => {
  const steadily = (from: number, seconds: number, perSecond: number) =>
    Array.from({ length: seconds * perSecond }, (_, item) =>
      settled(from + Math.floor((item * 1000) / perSecond), "creations", "Done", { position: item })
    )
  const all = begin([planned("creations", 1000)])

  it("is that of the last ten seconds, and the time left follows from it", () => {
    const slow = fold(all, steadily(0, 30, 2))
    const fast = fold(slow, steadily(30_000, 10, 20))
    const now = origin + 40_000 - 1
    const speed = RunProgress.speed(fast, now)
    assert.isNotNull(speed)
    assert.approximately(((speed?.done ?? 0) * 1000) / (speed?.elapsedMillis ?? 1), 20, 0.1)
    assert.approximately(RunProgress.remaining(fast, now) ?? 0, ((1000 - 260) * 1000) / 20, 500)
    assert.strictEqual(paceText(fast, now), "20/s  37 s left")
  })
  it("is not claimed within the first second, nor after nothing happened for ten", () => {
    assert.isNull(RunProgress.speed(fold(all, steadily(0, 1, 5)), origin + 999))
    assert.strictEqual(paceText(fold(all, steadily(0, 5, 5)), origin + 60_000), "")
  })
  it("begins anew after a stop, which is no slowness", () => {
    const paused = fold(all, [...steadily(0, 10, 10), stands(10_000, pausedUntil(60_000))])
    assert.strictEqual(RunProgress.goesOnIn(paused, origin + 15_000), 45_000)
    assert.strictEqual(RunProgress.goesOnIn(paused, origin + 99_000), 0)
    assert.isNull(RunProgress.remaining(paused, origin + 20_000))
    const again = fold(paused, [stands(60_000, { _tag: "Running" }), ...steadily(60_000, 2, 10)])
    assert.isNull(RunProgress.goesOnIn(again, origin + 62_000))
    assert.strictEqual(paceText(again, origin + 62_000), "10/s  1 min 28 s left")
  })
})

describe("troubles", () => {
  it("keep the newest, failed and doubtful alike, and count conflicts apart", () => {
    const events = Array.from({ length: 80 }, (_, position) =>
      settled(position, "creations", position % 2 === 0 ? "Failed" : "Doubtful", { position })
    )
    const conflicts: ItemCount = { phase: null, state: "dropped", count: 3 }
    const progress = fold(begin([planned("creations", 100), conflicts]), [...events, settled(99, "creations", "Done")])
    assert.strictEqual(progress.troubles.length, RunProgress.maxTroubles)
    assert.strictEqual(progress.troubles.at(-1)?.position, 79)
    assert.strictEqual(progress.troubles.at(0)?.position, 30)
    assert.strictEqual(progress.conflicts, 3)
    assert.deepInclude(RunProgress.total(progress), { failed: 40, doubtful: 40, done: 1, left: 19 })
  })
})

describe("lines for logs", () => {
  const glyphs = Glyphs.of({ LANG: "C" })
  const said = (counts: ReadonlyArray<ItemCount>, events: ReadonlyArray<RunEvent>): ReadonlyArray<string> => {
    let told = { progress: begin(counts), at: origin }
    return events.flatMap((event) => {
      const [after, lines] = tell(told, event, { _tag: "Clear" }, glyphs)
      told = after
      return lines
    })
  }
  it("say the beginning and the end of a phase, each failure and its next step, each stop, and that it goes on", () => {
    const counts = [planned("creations", 3), planned("groups", 1)]
    const lines = said(counts, [
      stands(0, { _tag: "Running" }),
      began(0, "creations", 3),
      settled(1, "creations", "Done"),
      settled(2, "creations", "Failed", { label: "grace\u001B[2J@example.com" }),
      stands(3, pausedUntil(60_000)),
      stands(60_000, { _tag: "Running" }),
      began(60_000, "creations", 1),
      settled(60_001, "creations", "Doubtful"),
      began(60_002, "groups", 1),
      settled(60_003, "groups", "Done"),
      stands(60_004, { _tag: "Completed" })
    ])
    assert.deepStrictEqual(lines, [
      "> Creations: 3 to do",
      "X failed   create grace\u{FFFD}[2J@example.com: The server refuses the request (400). title is too long",
      "    Shorten the title in the source.",
      "Paused: The server asked to be left alone for a while. It goes on by itself at 2026-11-24 19:31:00 UTC.",
      "    The server asked to wait.",
      "    Nothing; it goes on by itself.",
      "Goes on.",
      "> Creations: 1 to do",
      "? doubtful create ada@example.com: The server left the title as it was.",
      "    Look at it on the server; to try again: loom-scim retry 20261124-193000-a1b2c3",
      "+ Creations: 1 done, 1 doubtful, 1 failed",
      "> Groups: 1 to do",
      "+ Groups: 1 done"
    ])
  })
  it("say how far it is no more often than every five seconds, however fast it is", () => {
    const many = 20_000
    const events = Array.from({ length: many - 1 }, (_, item) => settled(item, "creations", "Done", { position: item }))
    const lines = said([planned("creations", many)], [began(0, "creations", many), ...events])
    assert.deepStrictEqual(lines, [
      "> Creations: 20000 to do",
      "  Creations: 5001 of 20000  1000/s  15 s left",
      "  Creations: 10001 of 20000  1000/s  10 s left",
      "  Creations: 15001 of 20000  1000/s  5 s left"
    ])
  })
  it("of any run are one line each, without control characters", () => {
    for (const seed of seeds) {
      const { before, events } = history(seed)
      for (const line of said(before, events)) assert.notMatch(line, /\p{Cc}/u)
    }
  })
  it("know every phase", () => {
    const lines = phases.flatMap((phase: Phase) => said([planned(phase, 1)], [began(0, phase, 1)]))
    assert.strictEqual(new Set(lines).size, phases.length)
  })
})
