/** Another process that fires schedules on a PostgreSQL, until it is killed. What it does is a row in the table `fired`. */
import { RunId } from "@loom-scim/core/runs/Run"
import { ScheduleRunner } from "@loom-scim/core/schedules/ScheduleRunner"
import { ScheduleWork } from "@loom-scim/core/schedules/ScheduleWork"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { layerPostgres } from "../../src/store/Storage.ts"
import { environment } from "../store/backend.ts"

const [, , directory = "", url = ""] = process.argv

const run = RunId.make("20261101-083000-abcdef")

const work = Layer.effect(
  ScheduleWork,
  Effect.map(SqlClient, (sql) =>
    ScheduleWork.of({
      goOn: () => Effect.void,
      perform: Effect.fnUntraced(function* ({ name, nextDueAt }, _by, notes) {
        const due_at = nextDueAt === null ? "never" : DateTime.formatIso(nextDueAt)
        yield* notes.begun(run)
        yield* Effect.orDie(sql`INSERT INTO fired ${sql.insert({ name, due_at, pid: process.pid })}`)
        return name === "endless" ? yield* Effect.never : { _tag: "Unchanged", conflicts: 0 }
      })
    })
  )
)

const store = layerPostgres({ url: Redacted.make(url), directory }).pipe(Layer.provide(environment({})))

await Layer.launch(ScheduleRunner.layer.pipe(Layer.provide(work), Layer.provide(store))).pipe(Effect.runPromise)
