/** What a run does where the server would rather not, on the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { count, created, driven, refused } from "./Drive.harness.ts"

describe("a run that is refused", () => {
  it.effect("pauses when the server refuses most of what is asked, longer each time, and says so", () =>
    Effect.gen(function* () {
      const { end, paused, posts, seconds, states } = yield* driven(200, () => refused(400))
      assert.strictEqual(end, "over")
      assert.deepStrictEqual([...new Set(paused)], ["refusals"])
      assert.isAtLeast(paused.length, 2)
      assert.isAtLeast(seconds, 15)
      assert.deepStrictEqual([count(states, "failed"), posts.length], [200, 200])
    })
  )

  it.effect("goes on by itself from there once the server takes it again", () =>
    Effect.gen(function* () {
      for (const [status, first] of [
        [400, 0],
        [403, 50]
      ] as const) {
        let asked = 0
        const isRefused = () => asked++ >= first && asked <= first + 60
        const { end, paused, states } = yield* driven(300, (seen) => (isRefused() ? refused(status) : created(seen)))
        assert.strictEqual(end, "over")
        assert.deepStrictEqual(paused, ["refusals"])
        assert.deepStrictEqual([count(states, "failed"), count(states, "done")], [60, 240])
      }
    })
  )

  it.effect("does not pause for a few, nor for less than half", () =>
    Effect.gen(function* () {
      const few = yield* driven(49, () => refused(400))
      assert.deepStrictEqual([few.paused, count(few.states, "failed")], [[], 49])
      let asked = 0
      const half = yield* driven(200, (seen) => (asked++ % 2 === 0 ? refused(400) : created(seen)))
      assert.deepStrictEqual([half.paused, count(half.states, "failed")], [[], 100])
    })
  )
})
