/**
 * Another process on a data directory: opens it, says `ready`, and stays until it is killed.
 * With `busy` as third argument it appends event after event meanwhile, and says the number of each once it is stored.
 */
import { Journal } from "@loom-scim/core/ports/Journal"
import { Effect, Layer } from "effect"
import { layerEmbedded } from "../../src/store/Storage.ts"
import { environment } from "./backend.ts"
import { acme, entries } from "./sample.ts"

const [, , directory = "", mode = "idle"] = process.argv

const stay = Effect.gen(function* () {
  const journal = yield* Journal
  if (mode !== "busy") {
    // Waiting for nothing keeps no process alive. What only a waiting fiber knows of may be collected meanwhile.
    setInterval(() => globalThis.gc?.(), 20)
    setTimeout(() => process.stdout.write("ready\n"), 60)
    return yield* Effect.never
  }
  process.stdout.write("ready\n")
  for (let stored = 0; ; stored += 2) {
    yield* journal.append(acme, stored, entries(acme, stored + 1, stored + 2))
    process.stdout.write(`${stored + 2}\n`)
    yield* Effect.yieldNow
  }
})

await stay.pipe(
  Effect.provide(layerEmbedded({ directory, face: "tui" }).pipe(Layer.provide(environment({})))),
  Effect.runPromise
)
