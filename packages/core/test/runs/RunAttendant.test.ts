/** Runs that nobody carries out, since whoever began them or decided about them died: on the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { JournalFailure } from "../../src/ports/Journal.ts"
import { decide } from "../../src/provisioning/Decision.ts"
import { type Run, RunId, type RunStatus } from "../../src/runs/Run.ts"
import { RunAttendant } from "../../src/runs/RunAttendant.ts"
import { RunService } from "../../src/runs/RunService.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import * as MemoryRuns from "./memoryRuns.ts"

const at = DateTime.makeUnsafe(0)
const by = { name: "Ada", face: "api" } as const
const idOf = (number: number) => RunId.make(`20261124-000000-00000${number}`)
const judgement: Run["judgement"] = {
  _tag: "Held",
  reasons: [{ _tag: "TooManyLosses", count: 1, of: 1, limit: { count: 0, percent: null } }]
}
const waiting: RunStatus = { _tag: "Waiting", reasons: ["TooManyLosses"] }

const keep = (kept: MemoryRuns.Kept, number: number, status: RunStatus, cancelledBy: Run["cancelledBy"] = null) => {
  const id = idOf(number)
  const run: Run = {
    id,
    connectionId: ConnectionId.make("acme"),
    kind: "provision",
    parent: null,
    startedAt: at,
    startedBy: by,
    endedAt: null,
    source: "people",
    census: { people: 0, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 },
    withheld: [],
    plan: "plan",
    judgement,
    status,
    stops: 0,
    cancelledBy
  }
  kept.runs.set(id, run)
  return run
}

/** A server, and the runs that it follows; each never ends. */
const serving = <A, E>(
  use: (kept: MemoryRuns.Kept, followed: Array<RunId>) => Effect.Effect<A, E, RunAttendant>,
  before: (kept: MemoryRuns.Kept) => void = () => undefined
) => {
  const kept = new MemoryRuns.Kept()
  const followed: Array<RunId> = []
  before(kept)
  const service = Layer.mock(RunService)({
    follow: (id) =>
      Effect.andThen(
        Effect.sync(() => void followed.push(id)),
        Effect.never
      )
  })
  const layer = RunAttendant.layer.pipe(Layer.provide([service, MemoryRuns.layer(kept)]))
  return Effect.provide(use(kept, followed), layer)
}

describe("a server that looks for runs that nobody carries out", () => {
  it.effect("goes on with one that another began and died, once", () =>
    serving((kept, followed) =>
      Effect.gen(function* () {
        keep(kept, 1, { _tag: "Running" })
        yield* TestClock.adjust("29 seconds")
        assert.isEmpty(followed)
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(followed, [idOf(1)])
        yield* TestClock.adjust("5 minutes")
        assert.deepStrictEqual(followed, [idOf(1)])
      })
    )
  )

  it.effect(
    "leaves alone what is held, is over or waits for a person, until it is let go or has what it waits for",
    () =>
      serving((kept, followed) =>
        Effect.gen(function* () {
          kept.held.add(keep(kept, 1, { _tag: "Running" }).id)
          keep(kept, 2, { _tag: "Completed" })
          const { id, plan } = keep(kept, 3, waiting)
          keep(kept, 4, { _tag: "Paused", reason: "unauthorized", detail: "", next: "", until: null })
          keep(kept, 5, waiting)
          yield* TestClock.adjust("2 minutes")
          assert.isEmpty(followed)
          kept.held.clear()
          kept.decisions.set(id, [decide(plan, judgement, { verdict: "allow", by, note: "", at })])
          keep(kept, 5, waiting, by)
          yield* TestClock.adjust("30 seconds")
          assert.sameMembers(followed, [idOf(1), idOf(3), idOf(5)])
        })
      )
  )

  it.effect("leaves alone what it attends to already", () =>
    serving((kept, followed) =>
      Effect.gen(function* () {
        const { id } = keep(kept, 1, { _tag: "Running" })
        yield* RunAttendant.use((attendant) => attendant.attend(id))
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(followed, [id])
      })
    )
  )

  it.effect("goes on at its start with all that was left, and looks again after a store that could not be read", () =>
    serving(
      (kept, followed) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(followed, [idOf(1)])
          keep(kept, 2, { _tag: "Running" })
          kept.failure = new JournalFailure({ reason: "unavailable", detail: "It is away", next: "Wait" })
          yield* TestClock.adjust("1 minute")
          kept.failure = null
          yield* TestClock.adjust("30 seconds")
          assert.deepStrictEqual(followed, [idOf(1), idOf(2)])
        }),
      (kept) => kept.held.add(keep(kept, 1, { _tag: "Running" }).id)
    )
  )
})
