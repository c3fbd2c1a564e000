/** Answers of one turn of the event loop leave one after the other at its end. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { together } from "../src/http/Departures.ts"

const nextTurn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

describe("answers", () => {
  it.live("leave at the end of the turn, in their order, without anything in between", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const leaving = (name: string) =>
        Effect.map(together(name), (left) => {
          seen.push(`${left} left`)
        })
      const fork = <A>(effect: Effect.Effect<A>) => Effect.forkChild(effect, { startImmediately: true })
      yield* nextTurn
      yield* fork(leaving("first"))
      yield* fork(Effect.sync(() => seen.push("worked")))
      yield* fork(leaving("second"))
      assert.deepStrictEqual(seen, ["worked"])
      yield* nextTurn
      assert.deepStrictEqual(seen, ["worked", "first left", "second left"])
      yield* leaving("third")
      assert.deepStrictEqual(seen, ["worked", "first left", "second left", "third left"])
    })
  )

  it.live("leave although one among them is no longer wanted", () =>
    Effect.gen(function* () {
      const unwanted = yield* Effect.forkChild(together("unwanted"), { startImmediately: true })
      const wanted = yield* Effect.forkChild(together("wanted"), { startImmediately: true })
      yield* Fiber.interrupt(unwanted)
      assert.strictEqual(yield* Fiber.join(wanted), "wanted")
    })
  )
})
