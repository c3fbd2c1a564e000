/** Two nodes and one run: whoever is cut off has stopped sending before the other begins. On the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, identity, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { JournalFailure } from "../../src/ports/Journal.ts"
import { Runs } from "../../src/ports/Runs.ts"
import { RunId } from "../../src/runs/Run.ts"
import { RunEvents } from "../../src/runs/RunEvent.ts"
import { held, RunLease } from "../../src/runs/Tenure.ts"
import { SendLeave } from "../../src/scim/SendLeave.ts"

const id = RunId.make("20261128-000000-000001")
const lease = 1500
const away = new JournalFailure({ reason: "unavailable", detail: "away", next: "Wait." })

/** What the database holds of the run. */
class Hold {
  epoch = 0
  beat = 0

  renew(epoch: number): boolean {
    if (epoch !== this.epoch) return false
    this.beat++
    return true
  }

  take(seen: { readonly epoch: number; readonly beat: number }): boolean {
    if (seen.epoch !== this.epoch || seen.beat !== this.beat) return false
    this.epoch++
    this.beat = 1
    return true
  }

  release(epoch: number): boolean {
    if (epoch !== this.epoch) return false
    this.beat = 0
    return true
  }
}

/** A node that sends every ten milliseconds while it has the run; when each left. */
class Node {
  readonly sent: Array<number> = []
  isCutOff = false
  readonly #hold: Hold

  constructor(hold: Hold) {
    this.#hold = hold
  }

  #ask<A>(what: () => A): Effect.Effect<A, JournalFailure> {
    return Effect.suspend(() => (this.isCutOff ? Effect.fail(away) : Effect.sync(what)))
  }

  get work() {
    const sending = Effect.gen({ self: this }, function* () {
      while (true) {
        yield* Effect.flatten(SendLeave)
        this.sent.push(yield* Clock.currentTimeMillis)
        yield* Effect.sleep(10)
      }
    })
    const runs = Layer.mock(Runs)({
      hold: () => this.#ask(() => ({ epoch: this.#hold.epoch, beat: this.#hold.beat })),
      take: (_, seen) => this.#ask(() => this.#hold.take(seen)),
      renew: (_, epoch) => this.#ask(() => this.#hold.renew(epoch)),
      release: (_, epoch) => this.#ask(() => this.#hold.release(epoch))
    })
    return held(id, sending, identity).pipe(
      Effect.provide([runs, RunEvents.layer]),
      Effect.provideService(RunLease, lease),
      Effect.forkScoped
    )
  }
}

const lastOf = (node: Node): number => node.sent.at(-1) ?? Number.NaN

describe("the tenure of a run", () => {
  it.effect("ends for a node without the database before another begins, and does not come back with it", () =>
    Effect.gen(function* () {
      const hold = new Hold()
      const first = new Node(hold)
      const second = new Node(hold)
      const logged: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => void logged.push(message))])
      yield* Effect.provide(first.work, logger)
      yield* TestClock.adjust(4000)
      yield* Effect.provide(second.work, logger)
      yield* TestClock.adjust(4000)
      assert.deepStrictEqual(second.sent, [], "the other one is alive")
      assert.deepStrictEqual(logged, [])

      const cutAt = yield* Clock.currentTimeMillis
      first.isCutOff = true
      yield* TestClock.adjust(6000)
      assert.isAtLeast(lastOf(first), cutAt, "it goes on for a moment")
      assert.isAtMost(lastOf(first), cutAt + (lease * 2) / 3)
      assert.isAtLeast(second.sent[0] ?? Number.NaN, lastOf(first) + lease / 3)

      const stoppedAt = lastOf(first)
      first.isCutOff = false
      yield* TestClock.adjust(4000)
      assert.strictEqual(lastOf(first), stoppedAt, "it finds the run taken")
      assert.isAtLeast(lastOf(second), cutAt + 9000)
      assert.deepStrictEqual(logged.flat(), [
        `run ${id} was taken over from a node that fell silent`,
        `run ${id} was taken over by another node, as this one had fallen silent`
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("passes at once from a node that lets go", () =>
    Effect.gen(function* () {
      const hold = new Hold()
      const first = new Node(hold)
      const second = new Node(hold)
      const working = yield* first.work
      yield* TestClock.adjust(1000)
      yield* Fiber.interrupt(working)
      const before = yield* Clock.currentTimeMillis
      yield* second.work
      yield* TestClock.adjust(10)
      assert.strictEqual(second.sent[0], before)
      assert.isBelow(lastOf(first), before + 1)
    }).pipe(Effect.scoped)
  )
})
