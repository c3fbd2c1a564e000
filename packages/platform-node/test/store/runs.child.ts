/**
 * Another process on a data directory: begins a run and settles its items one by one, and says the position of each once
 * it is intended and once it is settled, until it is killed.
 */
import { Runs } from "@loom-scim/core/ports/Runs"
import { Effect, Layer } from "effect"
import { layerEmbedded } from "../../src/store/Storage.ts"
import { environment } from "./backend.ts"
import { at, change, done, run, user } from "./runs.sample.ts"

const [, , directory = ""] = process.argv
const size = 2000

const work = Effect.gen(function* () {
  const runs = yield* Runs
  const { id } = run(0)
  yield* runs.begin(
    run(0),
    Array.from({ length: size }, (_, index) => change(index))
  )
  for (let position = 0; position < size; position++) {
    yield* runs.record(id, { settled: [], withdrawn: [], intended: [position], at: at(1) })
    process.stdout.write(`intended ${position}\n`)
    yield* Effect.yieldNow
    const managed = [{ _tag: "Keep", resource: user(`id${position}`) }] as const
    const settled = [{ position, at: at(2), outcome: done(`id${position}`), managed }]
    yield* runs.record(id, { settled, withdrawn: [], intended: [], at: at(2) })
    process.stdout.write(`settled ${position}\n`)
    yield* Effect.yieldNow
  }
})

await work.pipe(
  Effect.provide(layerEmbedded({ directory, face: "cli" }).pipe(Layer.provide(environment({})))),
  Effect.runPromise
)
