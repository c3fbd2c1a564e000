/** What is asked of a node about a run that another node carries out. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { directoryOf, writesOf } from "../runs/serverState.ts"
import { postgresAnswers } from "../store/backend.ts"
import { type Cluster, cluster, wroteOnce } from "./cluster.ts"
import { until } from "./node.ts"

const isThere = await Effect.runPromise(postgresAnswers)

class Shared extends Context.Service<Shared, Effect.Success<typeof cluster>>()("test/Shared") {}

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Begins a run to so many people without the first ones; gives its owner and the two others. */
const begun = async (made: Cluster, count: number, without = 0) => {
  const owning = made.nodes.map((node) => node)
  const run = await made.begin(made.other(), count, without)
  const owner = await until("an owner", () => owning.find((node) => node.owned(run) > 0))
  const one = made.other(owner)
  return { run, one, two: made.other(owner, one) }
}

const waits = (made: Cluster, run: string) =>
  until("a run that waits", async () => ((await made.other().ask("stands", run)) === "Waiting" ? true : undefined))

const inactive = ({ users }: Effect.Success<ReturnType<typeof directoryOf>>) =>
  users.filter((user) => user.includes('["active",false]')).length

describe.runIf(isThere)("a node that does not carry the run out", () => {
  layer(Layer.effect(Shared, cluster), { timeout: 60_000, excludeTestServices: true })((it) => {
    it.effect(
      "pauses it, lets it go on, and may look at it for a moment",
      () =>
        Effect.gen(function* () {
          const { cluster: made, server } = yield* Shared
          const { one, run, two } = yield* Effect.promise(() => begun(made, 600))
          yield* Effect.promise(() => made.slow(true))
          assert.strictEqual(yield* Effect.promise(() => one.ask("pause", run)), "Paused")
          const then = yield* writesOf(server)
          yield* Effect.promise(() => sleep(500))
          assert.deepStrictEqual(yield* writesOf(server), then)
          assert.isBelow(then["POST /Users 201"] ?? 0, 600)
          const resumed = two.ask("resume", run)
          const glances = yield* Effect.promise(async () => {
            const owner = await made.owner(run, 10)
            return Promise.all([owner, made.other(owner)].map((node) => node.ask("glance", run)))
          })
          assert.deepStrictEqual(glances, ["Running", "Running"])
          yield* Effect.promise(() => made.slow(false))
          assert.strictEqual(yield* Effect.promise(() => resumed), "Completed")
          wroteOnce(yield* writesOf(server), { "POST /Users 201": 600, "POST /Groups 201": 6, "PATCH /Groups 200": 6 })
        }),
      60_000
    )

    it.effect(
      "rejects what the guard holds, or allows it beforehand",
      () =>
        Effect.gen(function* () {
          const { cluster: made, server } = yield* Shared
          const rejected = yield* Effect.promise(() => begun(made, 620, 200))
          yield* Effect.promise(() => waits(made, rejected.run))
          assert.strictEqual(yield* Effect.promise(() => rejected.one.ask("reject", rejected.run)), "Rejected")
          assert.strictEqual(inactive(yield* directoryOf(server)), 0)
          yield* Effect.promise(() => made.slow(true))
          const allowed = yield* Effect.promise(() => begun(made, 820, 200))
          // Before it gets there.
          const answer = allowed.two.ask("allow", allowed.run)
          yield* Effect.promise(() => sleep(500))
          yield* Effect.promise(() => made.slow(false))
          assert.strictEqual(yield* Effect.promise(() => answer), "Completed")
          assert.strictEqual(inactive(yield* directoryOf(server)), 200)
        }),
      60_000
    )

    it.effect(
      "cancels it",
      () =>
        Effect.gen(function* () {
          const { cluster: made, server } = yield* Shared
          const { one, run } = yield* Effect.promise(() => begun(made, 1200, 200))
          assert.strictEqual(yield* Effect.promise(() => one.ask("cancel", run)), "Cancelled")
          const then = yield* writesOf(server)
          yield* Effect.promise(() => sleep(500))
          assert.deepStrictEqual(yield* writesOf(server), then)
          assert.isBelow(then["POST /Users 201"] ?? 0, 1200)
        }),
      60_000
    )
  })
})
