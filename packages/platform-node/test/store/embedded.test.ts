/** What only the embedded store has: a directory, its lock, and files that could hold a secret. */
import { assert, describe, it } from "@effect/vitest"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Vault } from "@loom-scim/core/ports/Vault"
import { Effect, Fiber, Layer, Option } from "effect"
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { defaultLocation } from "../../src/store/DataDirectory.ts"
import { readHolder } from "../../src/store/DirectoryLock.ts"
import { layerEmbedded } from "../../src/store/Storage.ts"
import { KeyRing } from "../../src/vault/KeyRing.ts"
import { environment, sqlite } from "./backend.ts"
import { killChild, startChild } from "./child.ts"
import { acme, beta, entries, entry, token } from "./sample.ts"
import { give, unprivileged } from "./unprivileged.ts"
import { contents, load, refusal, scopedTest, used } from "./used.ts"

describe("the data directory", () => {
  scopedTest(
    "is made private, with everything in it",
    Effect.gen(function* () {
      const { directory } = yield* used
      const modes = ["", "loom-scim.db"].map((name) => statSync(join(directory, name)).mode & 0o777)
      assert.deepStrictEqual(modes, [0o700, 0o600])
    })
  )

  it.live("is where the environment says", () =>
    Effect.gen(function* () {
      const at = (variables: Record<string, string>) => Effect.provide(defaultLocation, environment(variables))
      assert.strictEqual(yield* at({ LOOM_SCIM_HOME: "/a/b", XDG_DATA_HOME: "/x" }), "/a/b")
      assert.strictEqual(yield* at({ LOOM_SCIM_HOME: "", XDG_DATA_HOME: "/x" }), "/x/loom-scim")
      assert.match(yield* at({ XDG_DATA_HOME: "relative" }), /^\/.*\/\.local\/share\/loom-scim$/)
    })
  )

  scopedTest(
    "belongs to one process, which the second one is told",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      const { child } = yield* startChild(store.directory)
      const error = yield* refusal(store)
      assert.strictEqual(error.reason, "held")
      assert.include(error.detail, `tui, process ${child.pid}`)
      assert.match(error.detail, /since 20\d\d-\d\d-\d\dT/)
      assert.include(error.next, "LOOM_SCIM_HOME")
    })
  )

  scopedTest(
    "is free again, and complete, once its process was killed",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      const { child, lines } = yield* startChild(store.directory, { busy: true })
      yield* Effect.sleep("300 millis")
      yield* killChild(child)
      assert.isTrue(existsSync(join(store.directory, "holder.json")), "it had no chance to tidy up")
      const stored = Number(lines.at(-1))
      assert.isAbove(stored, 20)
      const events = yield* load(store)
      // What it said was stored is there; beyond that at most the append it died in, whole.
      assert.include([stored, stored + 2], events.length)
      assert.deepStrictEqual(events, [...entries(acme, 1, events.length)])
    })
  )

  scopedTest(
    "is held against this very process too, and names the right holder just after a killed one",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      const note = join(store.directory, "holder.json")
      const { child } = yield* startChild(store.directory)
      const dead = readFileSync(note)
      yield* killChild(child)
      yield* Effect.gen(function* () {
        const mine = readFileSync(note)
        const attempt = Effect.provide(
          Effect.service(Journal),
          Layer.fresh(layerEmbedded({ directory: store.directory, face: "api" }))
        )
        // The moment between taking the lock and saying so.
        writeFileSync(note, dead)
        const fiber = yield* Effect.forkChild(Effect.flip(attempt))
        yield* Effect.sleep("80 millis")
        writeFileSync(note, mine)
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error.reason, "held")
        assert.include(error.message, `cli, process ${process.pid}`)
      }).pipe(Effect.provide(store.open()))
      assert.isFalse(existsSync(note), "the end of a process is tidy")
      assert.isTrue(Option.isNone(yield* readHolder(store.directory)))
    })
  )

  scopedTest(
    "cannot lie under a file",
    Effect.gen(function* () {
      const { database } = yield* used
      for (const directory of [database, join(database, "deeper", "still")]) {
        const error = yield* refusal({ open: () => layerEmbedded({ directory, face: "cli" }) })
        assert.strictEqual(error.reason, "unavailable")
        assert.include(error.message, "is a file")
      }
    })
  )

  it.effect("is refused, and not waited for, where the system makes no directories", () =>
    Effect.gen(function* () {
      const open = () => layerEmbedded({ directory: "/proc/loom-scim", face: "cli" })
      assert.strictEqual((yield* refusal({ open })).reason, "unavailable")
    })
  )

  scopedTest(
    "must be writable",
    Effect.gen(function* () {
      const store = yield* used
      const outside = dirname(store.directory)
      give(outside)
      for (const name of ["", ...readdirSync(store.directory)]) give(join(store.directory, name))

      const cases: ReadonlyArray<readonly [string, string, number, number]> = [
        ["the directory", store.directory, 0o500, 0o700],
        ["the database", store.database, 0o400, 0o600],
        ["the lock", join(store.directory, "lock.db"), 0o400, 0o600]
      ]
      for (const [what, path, locked, free] of cases) {
        chmodSync(path, locked)
        const before = contents(store.directory)
        const error = yield* unprivileged(refusal(store))
        assert.strictEqual(error.reason, "readOnly", what)
        assert.include(error.message, store.directory)
        assert.deepStrictEqual(contents(store.directory), before)
        chmodSync(path, free)
      }

      chmodSync(outside, 0o500)
      const directory = join(outside, "new")
      const error = yield* unprivileged(refusal({ open: () => layerEmbedded({ directory, face: "cli" }) }))
      assert.strictEqual(error.reason, "readOnly")
      chmodSync(outside, 0o700)
      assert.deepStrictEqual(yield* unprivileged(load(store)), [...entries(acme, 1, 3)])
    })
  )
})

describe("secrets on the disk", () => {
  scopedTest(
    "are in no file of the directory, whichever way they are looked for",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      const secret = "wos_scim_Qm9vbS1ib29tLXRva2Vu"
      const forms = [secret, Buffer.from(secret).toString("base64").slice(0, 36), Buffer.from(secret).toString("hex")]
      const found = () =>
        readdirSync(store.directory, { recursive: true, encoding: "utf8" }).filter((name) => {
          const bytes = readFileSync(join(store.directory, name))
          return forms.some((form) => bytes.includes(form))
        })
      yield* Effect.gen(function* () {
        const vault = yield* Vault
        yield* (yield* Journal).append(acme, 0, [entry(acme, 1)])
        yield* vault.seal(acme, token(secret))
        yield* vault.seal(beta, token(secret))
        yield* (yield* KeyRing).rotate
        yield* vault.change(beta, { keep: [] }, Effect.void)
      }).pipe(Effect.provide(store.open()))
      assert.deepStrictEqual(found(), [])
      // The search would have seen it.
      writeFileSync(join(store.directory, "leak"), `token=${secret};`)
      assert.deepStrictEqual(found(), ["leak"])
    })
  )

  scopedTest(
    "are in no write-ahead log after a crash either",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      const secret = "wos_scim_crash"
      yield* Effect.gen(function* () {
        yield* (yield* Vault).seal(acme, token(secret))
        // Copied as it lies while the store is open: what a power cut would leave. SQLite's own copy of the pages.
        const log = readFileSync(join(store.directory, "loom-scim.db-wal"))
        assert.isAbove(log.length, 0)
        assert.isFalse(log.includes(secret))
      }).pipe(Effect.provide(store.open()))
    })
  )
})
