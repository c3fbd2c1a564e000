/** Which store is opened, and what is said when it cannot be. */
import { assert, describe, it } from "@effect/vitest"
import { Journal, JournalFailure } from "@loom-scim/core/ports/Journal"
import { Effect, Layer, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { layerFromEnv, layerPostgres } from "../../src/store/Storage.ts"
import { environment, temporaryDirectory } from "./backend.ts"
import { shown } from "./sample.ts"

const password = "s3cr3t-pw"
/** Nothing listens on port 1. */
const unreachable = `postgres://ada:${password}@127.0.0.1:1/loom`

describe("the store", () => {
  it.live("is PostgreSQL when DATABASE_URL is set, else SQLite in the directory", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "data")
      const open = (variables: Record<string, string>) =>
        Effect.provide(
          Effect.service(Journal),
          Layer.provide(layerFromEnv({ directory, face: "api" }), environment(variables))
        )
      const error = yield* Effect.flip(open({ DATABASE_URL: unreachable }))
      assert.include(error.message, "PostgreSQL at 127.0.0.1:1/loom")
      assert.isFalse(existsSync(directory))
      yield* open({})
      assert.isTrue(existsSync(join(directory, "loom-scim.db")))
    }).pipe(Effect.scoped)
  )

  it.live("never shows the password of a database it cannot reach", () =>
    Effect.gen(function* () {
      for (const url of [unreachable, `${password} is no URL`, `mysql://ada:${password}@127.0.0.1/loom`]) {
        const layer = layerPostgres({ url: Redacted.make(url), directory: "/nowhere" })
        const error = yield* Effect.flip(Effect.provide(Effect.service(Journal), Layer.provide(layer, environment({}))))
        assert.instanceOf(error, JournalFailure)
        assert.strictEqual(error.reason, "unavailable")
        assert.include(error.next, "DATABASE_URL")
        assert.notInclude(shown(error), password)
      }
    })
  )

  it.live("does not load the PostgreSQL driver for embedded use", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "data")
      const storage = new URL("../../src/store/Storage.ts", import.meta.url).href
      const program = (layer: string) => `
        import { registerHooks } from "node:module"
        const loaded = []
        registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
        const { Effect, Layer, Redacted } = await import("effect")
        const Storage = await import(${JSON.stringify(storage)})
        await Effect.runPromise(Effect.ignore(Effect.scoped(Layer.build(${layer}))))
        console.log(loaded.some((url) => url.includes("/sql-pg/")))`
      const loads = (layer: string) =>
        execFileSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", program(layer)], {
          encoding: "utf8",
          cwd: import.meta.dirname
        }).trim()
      const embedded = `Storage.layerEmbedded({ directory: ${JSON.stringify(directory)}, face: "cli" })`
      assert.strictEqual(loads(embedded), "false")
      const postgres = `Storage.layerPostgres({ url: Redacted.make("${unreachable}"), directory: "/nowhere" })`
      assert.strictEqual(loads(postgres), "true")
    }).pipe(Effect.scoped)
  )
})
