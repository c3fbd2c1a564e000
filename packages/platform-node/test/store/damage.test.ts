/** A damaged database and a full disk: said plainly, and nothing lost. */
import { assert, describe } from "@effect/vitest"
import { Journal, JournalFailure } from "@loom-scim/core/ports/Journal"
import { Vault } from "@loom-scim/core/ports/Vault"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { keyFileIn } from "../../src/store/DataDirectory.ts"
import { run as migrate } from "../../src/store/Migrations.ts"
import * as SqliteClient from "../../src/store/SqliteClient.ts"
import * as SqlJournal from "../../src/store/SqlJournal.ts"
import * as Keys from "../../src/vault/Keys.ts"
import * as SqlVault from "../../src/vault/SqlVault.ts"
import { environment, sqlite } from "./backend.ts"
import { acme, beta, entries, token } from "./sample.ts"
import { contents, load, refusal, scopedTest, used } from "./used.ts"

describe("a damaged database", () => {
  const page = 4096
  const overwrite = (from: number, to?: number) => (database: string) => {
    const bytes = readFileSync(database)
    writeFileSync(database, bytes.fill("garbage!", from, to))
  }
  const damages: ReadonlyArray<readonly [name: string, damage: (database: string) => void, says: string]> = [
    ["cut off in the middle", (database) => truncateSync(database, 2 * page + 100), "damaged"],
    ["cut down to its header", (database) => truncateSync(database, 50), "only 50 bytes"],
    ["emptied", (database) => truncateSync(database, 0), "only 0 bytes"],
    ["overwritten at the start", overwrite(0, 64), "damaged"],
    ["overwritten in the middle", overwrite(page, 3 * page), "damaged"],
    ["overwritten where nobody looks at first", overwrite(5 * page), "damaged"],
    [
      "of another program",
      (database) => {
        rmSync(database)
        const other = new DatabaseSync(database)
        other.exec("CREATE TABLE events (id)")
        other.close()
      },
      "not a database of loom-scim"
    ],
    [
      "lost, with its log still there",
      (database) => {
        rmSync(database)
        writeFileSync(`${database}-wal`, "what had not reached the database yet")
      },
      "is gone"
    ]
  ]
  for (const [name, damage, says] of damages) {
    scopedTest(
      `that is ${name} is reported, left as it is, and works again when restored`,
      Effect.gen(function* () {
        const store = yield* used
        const backup = readFileSync(store.database)
        damage(store.database)
        const before = contents(store.directory)
        const error = yield* refusal(store)
        assert.strictEqual(error.reason, "corrupt", error.message)
        assert.include(error.detail, store.database)
        assert.include(error.detail, says)
        assert.include(error.next, "backup")
        assert.deepStrictEqual(contents(store.directory), before)

        rmSync(`${store.database}-wal`, { force: true })
        writeFileSync(store.database, backup)
        assert.deepStrictEqual(yield* load(store), [...entries(acme, 1, 3)])
      })
    )
  }

  scopedTest(
    "is not what a crash while making it leaves behind",
    Effect.gen(function* () {
      const store = yield* sqlite.fresh
      mkdirSync(store.directory, { recursive: true })
      writeFileSync(join(store.directory, "loom-scim.db.new"), "half")
      assert.deepStrictEqual(yield* load(store), [])
    })
  )
})

describe("a full disk", () => {
  scopedTest(
    "refuses what no longer fits, keeps the rest, and goes on when there is room",
    Effect.gen(function* () {
      const store = yield* used
      const place = "the database"
      const layers = Layer.mergeAll(
        SqlJournal.layer(place),
        SqlVault.layer(place),
        Layer.effectDiscard(migrate(place))
      ).pipe(
        Layer.provide(Keys.layer({ file: keyFileIn(store.directory), besideData: true })),
        Layer.provideMerge(SqliteClient.layer({ filename: store.database })),
        Layer.provide(environment({}))
      )
      yield* Effect.gen(function* () {
        const journal = yield* Journal
        const vault = yield* Vault
        const sql = yield* SqlClient
        const which = yield* vault.seal(acme, token("saved before"))
        // SQLite's own stand-in for a disk that ends here.
        yield* sql`PRAGMA max_page_count = 1`
        const event = yield* Effect.flip(journal.append(acme, 3, entries(acme, 4, 400)))
        assert.instanceOf(event, JournalFailure)
        assert.strictEqual(event.reason, "full")
        assert.include(event.next, "Free some space")
        const secret = yield* Effect.flip(vault.seal(beta, token("x".repeat(20_000))))
        assert.strictEqual(secret.reason, "storage")
        assert.include(secret.message, "disk is full")
        assert.deepStrictEqual(yield* journal.load(acme), [...entries(acme, 1, 3)])
        assert.strictEqual(Redacted.value(yield* vault.open(acme, which)), "saved before")
        yield* sql`PRAGMA max_page_count = 100000`
        yield* journal.append(acme, 3, entries(acme, 4, 400))
      }).pipe(Effect.provide(layers))
      assert.strictEqual((yield* load(store)).length, 400)
    })
  )
})
