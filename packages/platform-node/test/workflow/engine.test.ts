/** Effect's workflow engine on our databases: no wake-up is lost, and nothing is done twice after kill -9. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Queue, Schema } from "effect"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { type Backend, postgres, postgresAnswers, sqlite } from "../store/backend.ts"
import * as Engine from "../../src/workflow/Engine.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]
const script = fileURLToPath(new URL("crash.child.ts", import.meta.url))
const executions = 60

const gates = [0, 1, 2].map((index) => DurableDeferred.make(`gate${index}`, { success: Schema.String }))

const Gate = Workflow.make("Gate", {
  payload: { id: Schema.String },
  success: Schema.String,
  idempotencyKey: ({ id }) => id
})

/** Every gate is opened as soon as somebody stands before it: the moment at which wake-ups are lost, if any are. */
const stress = (backend: Backend) =>
  Effect.gen(function* () {
    const announced = yield* Queue.unbounded<readonly [gate: number, executionId: string]>()
    const waiting = Gate.toLayer(
      Effect.fnUntraced(function* (_, executionId) {
        for (const [index, gate] of gates.entries()) {
          Queue.offerUnsafe(announced, [index, executionId])
          yield* DurableDeferred.await(gate)
        }
        return "done"
      })
    )
    const store = yield* backend.fresh
    // Makes the database, and its tables beside which the engine puts its own.
    yield* Effect.scoped(Layer.build(Layer.fresh(store.open())))
    const exits = yield* Effect.gen(function* () {
      yield* Effect.forkScoped(
        Effect.forever(
          Effect.gen(function* () {
            const [index, executionId] = yield* Queue.take(announced)
            const gate = gates[index]
            if (gate === undefined) return
            const token = DurableDeferred.tokenFromExecutionId(gate, { workflow: Gate, executionId })
            yield* DurableDeferred.succeed(gate, { token, value: "ok" })
          })
        )
      )
      const ids = Array.from({ length: executions }, (_, index) => `x${index}`)
      return yield* Effect.forEach(ids, (id) => Gate.execute({ id }).pipe(Effect.timeout("40 seconds"), Effect.exit), {
        concurrency: 20
      })
    }).pipe(Effect.provide(waiting.pipe(Layer.provideMerge(Engine.layer), Layer.provide(store.around))))
    assert.strictEqual(exits.filter(Exit.isSuccess).length, executions)
  }).pipe(Effect.scoped)

const started = (kind: string, place: string) => {
  const child: ChildProcess = spawn(process.execPath, ["--no-warnings", script, kind, place], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const lines: Array<string> = []
  if (child.stdout === null) throw new Error("no output")
  const reader = createInterface({ input: child.stdout })
  reader.on("line", (line) => lines.push(line))
  return { child, lines, reader }
}

const crash = (backend: Backend) =>
  Effect.gen(function* () {
    const store = yield* backend.fresh
    yield* Effect.scoped(Layer.build(Layer.fresh(store.open())))
    const [kind, place] = store.location
    yield* Effect.promise(async () => {
      const first = started(kind, place)
      await once(first.reader, "line")
      // Into the sleep, which is recorded after the step.
      await new Promise((resolve) => setTimeout(resolve, 700))
      const gone = once(first.child, "close")
      first.child.kill("SIGKILL")
      await gone
      assert.deepStrictEqual(first.lines, ["run A"])
      const second = started(kind, place)
      await once(second.child, "close")
      assert.deepStrictEqual(second.lines, ["run B", `result A@${first.child.pid} B@${second.child.pid}`])
    })
  }).pipe(Effect.scoped)

describe("the workflow engine", () => {
  for (const backend of backends) {
    it.live(`loses no wake-up on ${backend.name}`, () => stress(backend), 60_000)
    it.live(`goes on after kill -9, and does nothing twice, on ${backend.name}`, () => crash(backend), 60_000)
  }
})
