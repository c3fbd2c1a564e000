/** How a run stands that was stopped, whatever became of the process that stopped it. */
import { assert, describe, it } from "@effect/vitest"
import { Runs } from "@loom-scim/core/ports/Runs"
import * as ApplyRun from "@loom-scim/core/runs/ApplyRun"
import type { RunStatus } from "@loom-scim/core/runs/Run"
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { RunService } from "@loom-scim/core/runs/RunService"
import { DateTime, Effect, Fiber, Stream } from "effect"
import { sqlite } from "../store/backend.ts"
import { sandbox } from "../scim/harness.ts"
import { begun, rows } from "./people.ts"
import { services } from "./services.ts"
import { writesOf } from "./serverState.ts"

const paused: RunStatus = {
  _tag: "Paused",
  reason: "interrupted",
  detail: "The run was stopped.",
  next: "Let it go on.",
  until: null
}

describe("a run that was stopped", () => {
  it.live(
    "stays so when the process died after it was written and before the engine knew",
    () =>
      Effect.gen(function* () {
        const server = yield* sandbox()
        const store = yield* sqlite.fresh
        const open = (drives: "followed" | "every") =>
          services(store.open(), server.scimUrl, server.token, "deactivate", { drives })
        const run = yield* Effect.gen(function* () {
          const made = yield* begun(rows(20))
          // Nobody follows it, so that the engine has begun a step that has no end.
          yield* ApplyRun.ApplyRun.execute({ runId: made.id }, { discard: true })
          yield* Effect.sleep("1 second")
          yield* Runs.use((runs) => Effect.flatMap(DateTime.now, (at) => runs.stop(made.id, 1, paused, at)))
          return made
        }).pipe(Effect.provide(open("followed")))
        yield* Effect.gen(function* () {
          const { follow, report } = yield* RunService
          // Time enough for the engine to go on with what it finds.
          yield* Effect.sleep("3 seconds")
          assert.deepStrictEqual((yield* report(run.id)).run.status, paused)
          assert.deepStrictEqual(yield* writesOf(server), {})
          assert.strictEqual((yield* follow(run.id, { isResumed: true })).status._tag, "Completed")
        }).pipe(Effect.provide(open("every")))
      }).pipe(Effect.scoped),
    60_000
  )

  it.live(
    "is kept as paused by the time that whoever stopped it goes on, though a request never ended",
    () =>
      Effect.gen(function* () {
        const server = yield* sandbox()
        const store = yield* sqlite.fresh
        yield* Effect.gen(function* () {
          const { follow, report } = yield* RunService
          const events = yield* RunEvents
          const run = yield* begun(rows(100))
          yield* server.fault({ kind: "hang" }, { match: { method: "POST" }, times: 1 })
          const settled = yield* events.of(run.id).pipe(
            Stream.filter(({ _tag }) => _tag === "ItemSettled"),
            Stream.take(40),
            Stream.runDrain,
            Effect.forkChild({ startImmediately: true })
          )
          const following = yield* Effect.forkChild(follow(run.id))
          yield* Fiber.join(settled)
          yield* Fiber.interrupt(following)
          const { counts, run: stopped } = yield* report(run.id)
          assert.strictEqual(stopped.status._tag === "Paused" && stopped.status.reason, "interrupted")
          assert.deepStrictEqual(
            counts.filter(({ state }) => state === "intended").map(({ count }) => count),
            [1]
          )
          yield* server.mend
          assert.strictEqual((yield* follow(run.id, { isResumed: true })).status._tag, "Completed")
          assert.strictEqual((yield* writesOf(server))["POST /Users 201"], 100)
        }).pipe(Effect.provide(services(store.open(), server.scimUrl, server.token)))
      }).pipe(Effect.scoped),
    60_000
  )
})
