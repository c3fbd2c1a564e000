/**
 * Runs one workflow to its end: step A, a durable sleep, step B. Says each step that it really carries out. Killed in the
 * sleep and started again, it must go on with B.
 */
import { Effect, Layer, Schema } from "effect"
import * as Activity from "effect/workflow/Activity"
import * as DurableClock from "effect/workflow/DurableClock"
import * as Workflow from "effect/workflow/Workflow"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Redacted } from "effect"
import * as SqliteClient from "../../src/store/SqliteClient.ts"
import * as Engine from "../../src/workflow/Engine.ts"

const [, , kind = "", place = ""] = process.argv

const say = (line: string) => process.stdout.write(`${line}\n`)

const Steps = Workflow.make("Steps", {
  payload: { id: Schema.String },
  success: Schema.String,
  idempotencyKey: ({ id }) => id
})

const step = (name: string) =>
  Activity.make({
    name,
    success: Schema.String,
    execute: Effect.sync(() => {
      say(`run ${name}`)
      return `${name}@${process.pid}`
    })
  })

const steps = Steps.toLayer(
  Effect.fnUntraced(function* () {
    const first = yield* step("A")
    yield* DurableClock.sleep({ name: "pause", duration: "3 seconds", inMemoryThreshold: "1 second" })
    return `${first} ${yield* step("B")}`
  })
)

const database =
  kind === "sqlite" ? SqliteClient.layer({ filename: place }) : PgClient.layer({ url: Redacted.make(place) })

say(
  `result ${await Steps.execute({ id: "x" }).pipe(
    Effect.provide(steps.pipe(Layer.provideMerge(Engine.layer), Layer.provide(database))),
    Effect.runPromise
  )}`
)
process.exit(0)
