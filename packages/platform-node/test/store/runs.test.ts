/** The contract of runs on both databases, and what only the embedded store has: a crash, and a disk that is full. */
import { assert, describe } from "@effect/vitest"
import { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Runs } from "@loom-scim/core/ports/Runs"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { postgres, postgresAnswers, sqlite } from "./backend.ts"
import { killChild } from "./child.ts"
import { runItemsContract } from "./runItems.ts"
import { runsContract } from "./runs.ts"
import { at, create, done, few, run, user } from "./runs.sample.ts"
import { acme } from "./sample.ts"
import { scopedTest } from "./used.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]
if (!backends.includes(postgres)) {
  console.warn("Left out: the contract of runs on PostgreSQL (none answers; see LOOM_SCIM_TEST_POSTGRES).")
}

for (const backend of backends) {
  runsContract(backend)
  runItemsContract(backend)
}

const script = fileURLToPath(new URL("runs.child.ts", import.meta.url))

describe("a process that is killed in the middle of a run", () => {
  scopedTest(
    "has stored all that it said was stored",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, ["--no-warnings", script, store.directory], { stdio: ["ignore", "pipe", "inherit"] })
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const lines: Array<string> = []
      const reader = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))
      while (lines.length < 60) yield* Effect.promise(() => once(reader, "line"))
      yield* killChild(child)
      const said = (word: string) => lines.filter((line) => line.startsWith(word)).length
      yield* Effect.gen(function* () {
        const runs = yield* Runs
        assert.deepStrictEqual(yield* runs.find(run(0).id), Option.some(run(0)))
        const counts = yield* runs.counts(run(0).id)
        const count = (state: string) => counts.find((one) => one.state === state)?.count ?? 0
        // Beyond what it said at most the one step that it died in.
        assert.include([said("settled"), said("settled") + 1], count("done"))
        assert.include([said("intended"), said("intended") + 1], count("done") + count("intended"))
        assert.strictEqual(count("planned") + count("intended") + count("done"), 2000)
        assert.strictEqual((yield* runs.managed(acme)).length, count("done"))
      }).pipe(Effect.provide(store.open()))
    })
  )
})

describe("a run on a full disk", () => {
  scopedTest(
    "is kept as it was, and goes on when there is room",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      yield* Effect.gen(function* () {
        const runs = yield* Runs
        const sql = yield* SqlClient
        const many = Array.from({ length: 400 }, (_, index) => create(index))
        const settled = many.map((_, position) => ({
          position,
          at: at(1),
          outcome: done(`id${position}`),
          managed: [{ _tag: "Keep", resource: user(`id${position}`) }] as const
        }))
        const outcomes = { settled, withdrawn: [], intended: [], at: at(1) }
        yield* runs.begin(run(0), many)
        // SQLite's own stand-in for a disk that ends here.
        yield* sql`PRAGMA max_page_count = 1`
        for (const attempt of [runs.begin(run(1, { kind: "provision" }), many), runs.record(run(0).id, outcomes)]) {
          const error = yield* Effect.flip(attempt)
          assert.instanceOf(error, JournalFailure)
          assert.strictEqual(error.reason, "full")
          assert.include(error.next, "Free some space")
        }
        assert.deepStrictEqual(yield* runs.list({}), [run(0)])
        assert.deepStrictEqual(yield* runs.counts(run(0).id), [{ phase: "creations", state: "planned", count: 400 }])
        assert.deepStrictEqual(yield* runs.managed(acme), [])
        yield* sql`PRAGMA max_page_count = 100000`
        yield* runs.begin(run(1, { kind: "provision" }), few)
        yield* runs.record(run(0).id, outcomes)
        assert.strictEqual((yield* runs.managed(acme)).length, 400)
      }).pipe(Effect.provide(store.open()))
    })
  )
})
