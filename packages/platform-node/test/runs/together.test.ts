/** Several processes that are asked for one run on one PostgreSQL: one carries it out, the others wait for that. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { wroteOnce } from "../cluster/cluster.ts"
import { postgres, postgresAnswers } from "../store/backend.ts"
import { sandbox } from "../scim/harness.ts"
import { Process } from "./process.ts"
import { writesOf } from "./serverState.ts"

const isThere = await Effect.runPromise(postgresAnswers)

const people = 600
const once = { "POST /Users 201": people, "POST /Groups 201": people / 100, "PATCH /Groups 200": people / 100 }

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** A run that one process has begun to carry out, on a server that takes so many milliseconds for everything. */
const begun = Effect.fnUntraced(function* (ms = 100) {
  const place = yield* Effect.orDie(postgres.fresh)
  const server = yield* sandbox()
  const run = yield* Effect.promise(() => new Process(place, server, "begin", String(people)).end())
  yield* server.fault({ kind: "latency", ms })
  const start = (command: string) => new Process(place, server, command, run)
  const first = start("share")
  assert.isTrue(yield* Effect.promise(() => first.said("ItemSettled")))
  return { first, server, start }
})

describe.runIf(isThere).concurrent("processes that share a run", () => {
  it.live(
    "write everything once, when the one that had it was killed and three are asked to go on",
    () =>
      Effect.gen(function* () {
        const { first, server, start } = yield* begun()
        yield* Effect.promise(() => first.kill())
        const others = ["share", "share", "share"].map(start)
        const ends = yield* Effect.promise(() => Promise.all(others.map((other) => other.end())))
        assert.deepStrictEqual(ends, ["end Completed", "end Completed", "end Completed"])
        assert.strictEqual(others.filter((other) => other.lines.includes("ItemSettled")).length, 1)
        wroteOnce(yield* writesOf(server), once)
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "write everything once, when the one that had it was frozen and wakes up again",
    () =>
      Effect.gen(function* () {
        const { first, server, start } = yield* begun()
        first.signal("SIGSTOP")
        const other = start("share")
        assert.isTrue(yield* Effect.promise(() => other.said("ItemSettled")))
        first.signal("SIGCONT")
        const ends = yield* Effect.promise(() => Promise.all([first.end(), other.end()]))
        assert.deepStrictEqual(ends, ["end Completed", "end Completed"])
        wroteOnce(yield* writesOf(server), once)
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "see it cancelled only once the one that has it has settled what it sent",
    () =>
      Effect.gen(function* () {
        const { first, server, start } = yield* begun(800)
        assert.strictEqual(yield* Effect.promise(() => start("cancel").end()), "end Cancelled")
        const then = yield* writesOf(server)
        yield* Effect.promise(() => sleep(1000))
        assert.deepStrictEqual(yield* writesOf(server), then)
        assert.isBelow(then["POST /Users 201"] ?? 0, people)
        assert.strictEqual(yield* Effect.promise(() => first.end()), "end Cancelled")
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "are left without harm by one that only waits",
    () =>
      Effect.gen(function* () {
        const { first, server, start } = yield* begun()
        const waiting = start("share")
        assert.isTrue(yield* Effect.promise(() => waiting.said("following")))
        yield* Effect.promise(() => sleep(1500))
        waiting.signal("SIGINT")
        assert.strictEqual(yield* Effect.promise(() => waiting.end()), "following")
        assert.strictEqual(yield* Effect.promise(() => first.end()), "end Completed")
        wroteOnce(yield* writesOf(server), once)
      }).pipe(Effect.scoped),
    120_000
  )
})
