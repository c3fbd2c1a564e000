/** Three processes that fire schedules on one PostgreSQL: each due moment once, also when one of them is killed. */
import { assert, describe, it } from "@effect/vitest"
import { Schedules } from "@loom-scim/core/ports/Schedules"
import { type Schedule, ScheduleId } from "@loom-scim/core/schedules/Schedule"
import { DateTime, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { postgres, postgresAnswers } from "../store/backend.ts"
import { opened } from "../store/contract.ts"
import { acme, start } from "../store/sample.ts"

const isThere = await Effect.runPromise(postgresAnswers)
const script = fileURLToPath(new URL("runner.child.ts", import.meta.url))
const count = 20
const far = DateTime.makeUnsafe("2100-01-01T00:00:00Z")

const idOf = (number: number) => ScheduleId.make(`s20261101-083000-${String(number).padStart(6, "0")}`)
const schedule = (number: number, name: string, nextDueAt: DateTime.Utc): Schedule => ({
  id: idOf(number),
  connectionId: acme,
  name,
  task: { _tag: "Check" },
  cadence: { _tag: "Every", seconds: 2_000_000 },
  enabled: true,
  version: 1,
  createdAt: start,
  createdBy: { name: "key ci", face: "api" },
  anchor: start,
  comparedAt: null,
  nextDueAt
})

const until = Effect.fnUntraced(function* <A, E, R>(look: Effect.Effect<A, E, R>, is: (found: A) => boolean) {
  while (true) {
    const found = yield* look
    if (is(found)) return found
    yield* Effect.sleep("50 millis")
  }
})

const runner = (directory: string, url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, ["--no-warnings", script, directory, url], { stdio: "inherit" })
      return { child, closed: once(child, "close") }
    }),
    ({ child, closed }) =>
      Effect.promise(() => {
        child.kill("SIGKILL")
        return closed
      })
  )

describe.runIf(isThere)("three processes that fire schedules", () => {
  it.live(
    "fire each due moment once; when one is killed, its moment is interrupted and the next one fires",
    () =>
      opened(postgres, ({ directory, location: [, url] }) =>
        Effect.gen(function* () {
          const sql = yield* SqlClient
          const schedules = yield* Schedules
          yield* sql`CREATE TABLE fired (name TEXT NOT NULL, due_at TEXT NOT NULL, pid INTEGER NOT NULL)`
          const fired = SqlSchema.findAll({
            Request: Schema.String,
            Result: Schema.Struct({ name: Schema.String, due_at: Schema.String, pid: Schema.Int }),
            execute: (due) => sql`SELECT name, due_at, pid FROM fired WHERE due_at = ${due} ORDER BY name`
          })
          /** As if it were time for all of them, at once. */
          const dueAt = (moment: DateTime.Utc) => sql`UPDATE schedules SET next_due_at = ${DateTime.formatIso(moment)}`
          const names = Array.from({ length: count }, (_, n) => String(n).padStart(2, "0"))
          const children = yield* Effect.forEach([1, 2, 3], () => runner(directory, url))
          yield* Effect.forEach(names, (name, n) => schedules.insert(schedule(n, name, far)))

          for (const moment of [start, DateTime.add(start, { minutes: 1 })]) {
            yield* dueAt(moment)
            const iso = DateTime.formatIso(moment)
            const isOver = (n: number) =>
              Effect.map(schedules.firings(idOf(n), null, 1), ([last]) => last?.outcome != null && last.dueAt)
            yield* Effect.forEach(names, (_, n) =>
              until(isOver(n), (over) => over !== false && DateTime.formatIso(over) === iso)
            )
            assert.deepStrictEqual(
              (yield* fired(iso)).map(({ name }) => name),
              names
            )
          }

          const endless = idOf(count)
          yield* schedules.insert(schedule(count, "endless", start))
          const [first] = yield* until(fired(DateTime.formatIso(start)), (all) =>
            all.some(({ name }) => name === "endless")
          ).pipe(Effect.map((all) => all.filter(({ name }) => name === "endless")))
          const victim = children.find(({ child }) => child.pid === first?.pid)
          assert.isDefined(victim)
          victim?.child.kill("SIGKILL")
          yield* Effect.promise(async () => victim?.closed)
          const next = yield* DateTime.now
          yield* sql`UPDATE schedules SET next_due_at = ${DateTime.formatIso(next)} WHERE id = ${endless}`
          // Before the silence is long enough, nobody takes the moment, nor lets it pass.
          yield* Effect.sleep("1500 millis")
          assert.lengthOf(yield* schedules.firings(endless, null, 9), 1)
          yield* sql`UPDATE schedule_firings SET seen_at = due_at WHERE schedule_id = ${endless}`
          const [second] = yield* until(fired(DateTime.formatIso(next)), (all) => all.length > 0)
          assert.notStrictEqual(second?.pid, first?.pid)
          const [atWork, interrupted] = yield* schedules.firings(endless, null, 9)
          assert.isNull(atWork?.outcome)
          assert.deepStrictEqual(interrupted?.outcome, { _tag: "Interrupted" })
          assert.strictEqual(interrupted?.run, "20261101-083000-abcdef")
        }).pipe(Effect.scoped)
      ),
    60_000
  )
})
