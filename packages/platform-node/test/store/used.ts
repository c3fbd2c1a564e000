/** An embedded store that has been used, and looks at what is left of it. */
import { assert, it } from "@effect/vitest"
import { Journal, JournalFailure } from "@loom-scim/core/ports/Journal"
import { Effect } from "effect"
import type { Scope } from "effect"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { sqlite } from "./backend.ts"
import type { Store } from "./backend.ts"
import { acme, entries } from "./sample.ts"

/** A store with three events in it, closed. */
export const used = Effect.gen(function* () {
  const store = yield* sqlite.fresh
  yield* Effect.flatMap(Journal, (journal) => journal.append(acme, 0, entries(acme, 1, 3))).pipe(
    Effect.provide(store.open())
  )
  return { ...store, database: join(store.directory, "loom-scim.db") }
})

/** Why the store cannot be opened: always a JournalFailure. */
export const refusal = (store: Pick<Store, "open">) =>
  Effect.flip(Effect.provide(Effect.service(Journal), store.open())).pipe(
    Effect.tap((error) => Effect.sync(() => assert.instanceOf(error, JournalFailure)))
  )

/** Opens it once more and reads the events. */
export const load = (store: Pick<Store, "open">) =>
  Effect.flatMap(Journal, (journal) => journal.load(acme)).pipe(Effect.provide(store.open()))

/** The files that hold data, each by its digest; reading a database may leave an empty log beside it. */
export const contents = (directory: string) =>
  readdirSync(directory)
    .filter((name) => name.startsWith("loom-scim.db") && !name.endsWith("-shm"))
    .filter((name) => !name.endsWith("-wal") || statSync(join(directory, name)).size > 0)
    .map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(directory, name)))
        .digest("hex")
    ])

/** A test with a scope of its own, on the real clock. */
export const scopedTest = <E>(name: string, body: Effect.Effect<void, E, Scope.Scope>) =>
  it.live(name, () => Effect.scoped(body))
