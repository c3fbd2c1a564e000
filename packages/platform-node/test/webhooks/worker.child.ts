/** Another process that tells webhooks what happens, until it is killed. */
import { Effect, Layer, Redacted } from "effect"
import { layerEmbedded, layerPostgres } from "../../src/store/Storage.ts"
import { environment } from "../store/backend.ts"
import { working } from "./receiver.ts"

const [, , kind = "", directory = "", place = "", concurrency = "", leaseMillis = ""] = process.argv
const options = { concurrency: Number(concurrency), leaseMillis: Number(leaseMillis), timeoutMillis: 30_000 }
const store =
  kind === "sqlite"
    ? layerEmbedded({ directory, face: "api" })
    : layerPostgres({ url: Redacted.make(place), directory })

await Effect.andThen(working(options), Effect.never).pipe(
  Effect.scoped,
  Effect.provide(store.pipe(Layer.provide(environment({})))),
  Effect.runPromise
)
