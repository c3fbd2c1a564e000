/** Looks at a run: a page at a time, the standing when it is news, and nothing twice. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, identity, Stream } from "effect"
import { JournalFailure } from "../../src/ports/Journal.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import { type Run, type RunStatus, runIdOf } from "../../src/runs/Run.ts"
import * as RunFeed from "../../src/runs/RunFeed.ts"
import type { RunItem } from "../../src/runs/RunItem.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { Kept, layer } from "./memoryRuns.ts"

const at = DateTime.makeUnsafe(0)
const id = runIdOf(0, 0)
const running: RunStatus = { _tag: "Running" }
const completed: RunStatus = { _tag: "Completed" }

const run: Run = {
  id,
  connectionId: ConnectionId.make("acme"),
  kind: "reconcile",
  parent: null,
  startedAt: at,
  startedBy: { name: "ada", face: "cli" },
  endedAt: null,
  source: "people.csv",
  census: { people: 0, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 },
  withheld: [],
  plan: "",
  judgement: { _tag: "Clear" },
  status: running,
  stops: 0,
  cancelledBy: null
}

const action: Action = {
  _tag: "Create",
  key: "1",
  label: "ada@acme.com",
  at: null,
  reason: "newInSource",
  resource: { userName: "ada@acme.com" }
}

const item = (position: number): RunItem => ({
  position,
  phase: "creations",
  action,
  state: "done",
  intendedAt: at,
  settledAt: at,
  outcome: { _tag: "Done", id: `u${position}`, by: "answer" }
})

const settled = (count: number) => Array.from({ length: count }, (_, position) => item(position))

/** What the looks told: how many outcomes, and how the run stood when that was told. */
const told = Effect.fnUntraced(function* (kept: Kept, cursor: number, moments: Stream.Stream<unknown>) {
  const looks = yield* Stream.runCollect(RunFeed.looks<never>(id, cursor, moments, identity)).pipe(
    Effect.provide(layer(kept))
  )
  return looks.map(({ isEnd, news, outcomes }) => [outcomes.length, news?.status._tag ?? null, isEnd] as const)
})

describe("looks at a run", () => {
  it.effect("come page by page, with the standing behind the last, and end with the run", () =>
    Effect.gen(function* () {
      const kept = new Kept()
      kept.runs.set(id, run)
      kept.items.set(id, settled(500))
      const moments = Stream.fromIterable([0, 1, 2, 3]).pipe(
        Stream.tap((moment) =>
          Effect.sync(() => {
            if (moment === 2) kept.items.set(id, settled(1203))
            if (moment === 3) kept.runs.set(id, { ...run, status: completed, endedAt: at })
          })
        ),
        Stream.rechunk(1)
      )
      assert.deepStrictEqual(yield* told(kept, RunFeed.beginning, moments), [
        [500, null, false],
        [0, "Running", false],
        // Nothing new: told too, so that somebody can count the silence.
        [0, null, false],
        [500, null, false],
        [203, null, false],
        [0, "Completed", true]
      ])
    })
  )

  it.effect("go on behind a cursor, and end at once for a run that is not there", () =>
    Effect.gen(function* () {
      const kept = new Kept()
      const moments = Stream.make(0, 1)
      assert.deepStrictEqual(yield* told(kept, RunFeed.beginning, moments), [[0, null, true]])
      kept.runs.set(id, { ...run, status: completed, endedAt: at })
      kept.items.set(id, settled(10))
      const looks = yield* Stream.runCollect(RunFeed.looks<never>(id, 0, moments, identity)).pipe(
        Effect.provide(layer(kept))
      )
      const [first] = looks
      const fifth = first?.outcomes[4]?.number ?? 0
      assert.deepStrictEqual(yield* told(kept, fifth, moments), [[5, "Completed", true]])
    })
  )

  it.effect("fail with the store, unless something is tried about it", () =>
    Effect.gen(function* () {
      const kept = new Kept()
      kept.failure = new JournalFailure({ reason: "unavailable", detail: "gone", next: "wait" })
      const error = yield* Effect.flip(told(kept, RunFeed.beginning, Stream.make(0)))
      assert.strictEqual(error.reason, "unavailable")
    })
  )
})
