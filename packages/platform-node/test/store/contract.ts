/** What every journal must do, whatever database it is on. */
import { assert, describe, it } from "@effect/vitest"
import { Journal, JournalFailure, SequenceConflict } from "@loom-scim/core/ports/Journal"
import { Profiles } from "@loom-scim/core/ports/Profiles"
import * as Profile from "@loom-scim/core/scim/Profile"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { Effect, Exit, Layer, Option, Result } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Backend, Store } from "./backend.ts"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { acme, beta, entries, entry } from "./sample.ts"

const gamma = ConnectionId.make("gamma")

/** Runs against a store of its own, opened as the program opens it. */
export const opened = <A, E>(
  backend: Backend,
  body: (store: Store) => Effect.Effect<A, E, Layer.Success<ReturnType<Store["open"]>>>
) => Effect.scoped(Effect.flatMap(backend.fresh, (store) => Effect.provide(body(store), store.open())))

/** What other processes do lies between a process's turns: SQLite is asked once in a turn what others committed. */
export const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Goes around the store with one statement, as another process would. */
export const around = (store: Store, statement: string, values: ReadonlyArray<unknown> = []) =>
  Effect.flatMap(SqlClient, (sql) => sql.unsafe<Record<string, unknown>>(statement, values)).pipe(
    Effect.provide(Layer.fresh(store.around)),
    Effect.tap(turn)
  )

export const contract = (backend: Backend): void => {
  describe(`the journal on ${backend.name}`, () => {
    it.live("gives back exactly what was appended, and lists connections in order of their first event", () =>
      Effect.gen(function* () {
        const store = yield* backend.fresh
        const written = yield* Effect.gen(function* () {
          const journal = yield* Journal
          assert.deepStrictEqual(yield* journal.load(acme), [])
          assert.deepStrictEqual(yield* journal.list, [])
          yield* journal.append(beta, 0, entries(beta, 1, 1))
          yield* journal.append(acme, 0, entries(acme, 1, 5))
          yield* journal.append(beta, 1, entries(beta, 2, 8))
          assert.deepStrictEqual(yield* journal.list, [beta, acme])
          return yield* journal.load(beta)
        }).pipe(Effect.provide(store.open()))
        assert.deepStrictEqual(written, [...entries(beta, 1, 8)])
        // Opened again: migrations are not run twice, nothing is lost.
        yield* Effect.gen(function* () {
          const journal = yield* Journal
          assert.deepStrictEqual(yield* journal.load(beta), [...entries(beta, 1, 8)])
          assert.deepStrictEqual(yield* journal.load(acme), [...entries(acme, 1, 5)])
        }).pipe(Effect.provide(store.open()))
      }).pipe(Effect.scoped)
    )

    it.live("refuses a writer that has not seen the last event, and writes nothing of it", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* journal.append(acme, 0, entries(acme, 1, 3))
          for (const [expected, from] of [
            [0, 1],
            [2, 3],
            [7, 8],
            // Seen everything, but numbered wrongly.
            [3, 5]
          ] as const) {
            const error = yield* Effect.flip(journal.append(acme, expected, entries(acme, from, from + 1)))
            assert.deepStrictEqual(error, new SequenceConflict({ connectionId: acme, expected, actual: 3 }))
          }
          const unknown = yield* Effect.flip(journal.append(beta, 4, entries(beta, 5, 5)))
          assert.deepStrictEqual(unknown, new SequenceConflict({ connectionId: beta, expected: 4, actual: 0 }))
          assert.deepStrictEqual(yield* journal.load(acme), [...entries(acme, 1, 3)])
          assert.deepStrictEqual(yield* journal.list, [acme])
        })
      )
    )

    it.live("takes only one gapless run of one connection's events", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const journal = yield* Journal
          for (const bad of [
            [entry(acme, 1), entry(acme, 3)],
            [entry(acme, 1), entry(beta, 2)]
          ] as const) {
            const exit = yield* Effect.exit(journal.append(acme, 0, bad))
            assert.isTrue(Exit.hasDies(exit))
          }
          assert.deepStrictEqual(yield* journal.list, [])
        })
      )
    )

    it.live("lets exactly one of two concurrent writers win, every time", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const journal = yield* Journal
          const rival = yield* store.rival
          let last = 0
          for (let round = 0; round < 60; round++) {
            const length = 1 + (round % 3)
            const write = (writer: Journal["Service"]) =>
              Effect.result(writer.append(acme, last, entries(acme, last + 1, last + length)))
            const pair = round % 2 === 0 ? [journal, rival] : [rival, journal]
            const results = yield* Effect.all(pair.map(write), { concurrency: "unbounded" })
            const failures = results.filter(Result.isFailure).map((result) => result.failure)
            assert.deepStrictEqual(failures, [
              new SequenceConflict({ connectionId: acme, expected: last, actual: last + length })
            ])
            last += length
          }
          assert.deepStrictEqual(yield* rival.load(acme), [...entries(acme, 1, last)])
        }).pipe(Effect.scoped)
      )
    )

    it.live("appends several events or none of them", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* journal.append(acme, 0, entries(acme, 1, 1))
          // A database that fails in the middle of a batch.
          yield* around(store, "CREATE UNIQUE INDEX unlucky ON events ((sequence / 10000)) WHERE sequence > 1400")
          const error = yield* Effect.flip(journal.append(acme, 1, entries(acme, 2, 1500)))
          assert.instanceOf(error, JournalFailure)
          assert.deepStrictEqual(yield* journal.load(acme), [entry(acme, 1)])
          yield* around(store, "DROP INDEX unlucky")
          yield* journal.append(acme, 1, entries(acme, 2, 1500))
          assert.deepStrictEqual(yield* journal.load(acme), [...entries(acme, 1, 1500)])
        })
      )
    )

    it.live("keeps a thousand events in order", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const journal = yield* Journal
          for (let from = 1; from <= 1000; from += 20) {
            yield* journal.append(acme, from - 1, entries(acme, from, from + 19))
          }
          assert.deepStrictEqual(yield* journal.load(acme), [...entries(acme, 1, 1000)])
        })
      )
    )

    it.live("gives the events after a place, of one connection and of several at once", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* journal.append(acme, 0, entries(acme, 1, 5))
          yield* journal.append(beta, 0, entries(beta, 1, 3))
          assert.deepStrictEqual(yield* journal.load(acme, 3), [...entries(acme, 4, 5)])
          assert.deepStrictEqual(yield* journal.load(acme, 5), [])
          const each = yield* journal.loadEach([
            { id: beta, after: 0 },
            { id: acme, after: 4 },
            { id: gamma, after: 0 }
          ])
          assert.deepStrictEqual([...each.keys()].toSorted(), [acme, beta])
          assert.deepStrictEqual(each.get(acme), [entry(acme, 5)])
          assert.deepStrictEqual(each.get(beta), [...entries(beta, 1, 3)])
          assert.strictEqual((yield* journal.loadEach([{ id: beta, after: 3 }])).size, 0)
          assert.strictEqual((yield* journal.loadEach([])).size, 0)
          yield* around(
            store,
            `INSERT INTO events SELECT connection_id, 9, at, actor, event FROM events
             WHERE connection_id = '${beta}' AND sequence = 1`
          )
          assert.strictEqual((yield* Effect.flip(journal.load(beta, 3))).reason, "corrupt")
          assert.strictEqual((yield* Effect.flip(journal.loadEach([{ id: beta, after: 3 }]))).reason, "corrupt")
        })
      )
    )

    it.live("does not let anyone change or delete an event, even around the store", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* journal.append(acme, 0, entries(acme, 1, 2))
          for (const statement of [
            "UPDATE events SET event = '{}'",
            "UPDATE events SET sequence = 9 WHERE sequence = 2",
            "DELETE FROM events WHERE sequence = 2",
            "DELETE FROM connections",
            backend.name === "SQLite"
              ? "INSERT OR REPLACE INTO events SELECT connection_id, sequence, at, actor, '{}' FROM events"
              : "TRUNCATE events"
          ]) {
            const exit = yield* Effect.exit(around(store, statement))
            assert.isTrue(Exit.hasFails(exit), statement)
          }
          assert.deepStrictEqual(yield* journal.load(acme), [...entries(acme, 1, 2)])
        })
      )
    )

    it.live("calls what it cannot read corrupt, and still reads the rest", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const journal = yield* Journal
          yield* journal.append(acme, 0, entries(acme, 1, 1))
          yield* journal.append(beta, 0, entries(beta, 1, 1))
          const forge = (id: string, sequence: number, event: string) =>
            around(
              store,
              `INSERT INTO events SELECT connection_id, ${sequence}, at, actor, '${event}' FROM events
               WHERE connection_id = '${id}' AND sequence = 1`
            )
          yield* forge(acme, 2, '{"_tag":"Invented"}')
          const nonsense = yield* Effect.flip(journal.load(acme))
          assert.strictEqual(nonsense.reason, "corrupt")
          assert.include(nonsense.message, "acme")
          assert.deepStrictEqual(yield* journal.load(beta), [entry(beta, 1)])
          yield* forge(beta, 3, '{"_tag":"Removed"}')
          const gap = yield* Effect.flip(journal.load(beta))
          assert.strictEqual(gap.reason, "corrupt")
        })
      )
    )

    it.live("leaves a database alone that a newer program has written", () =>
      Effect.gen(function* () {
        const store = yield* backend.fresh
        yield* Effect.provide(Effect.service(Journal), store.open())
        yield* around(store, "INSERT INTO loom_scim_migrations (migration_id, name) VALUES (99, 'future')")
        const error = yield* Effect.flip(Effect.provide(Effect.service(Journal), store.open()))
        assert.instanceOf(error, JournalFailure)
        assert.include(error.message, "newer")
      }).pipe(Effect.scoped)
    )
  })

  describe(`profiles on ${backend.name}`, () => {
    const url = Result.getOrThrow(BridgeUrl.parse("https://scim.example.com/v2/key", { allowPrivateNetwork: false }))
    const other = Result.getOrThrow(BridgeUrl.parse("https://scim.example.com/v2/new", { allowPrivateNetwork: false }))
    const learnt: Profile.Profile = {
      claims: Profile.claimsOf({ patch: { supported: true }, filter: { supported: true, maxResults: 50 } }),
      behaviour: { ...Profile.standard, patchOp: "capitalised", maxMembers: 100 },
      quirks: { patchOpLowerCaseRefused: 1, countCapped: 7 }
    }
    it.live("gives back what was kept, for the address it was learnt at only", () =>
      opened(backend, () =>
        Effect.gen(function* () {
          const profiles = yield* Profiles
          assert.isTrue(Option.isNone(yield* profiles.find(acme, url)))
          yield* profiles.keep(acme, url, Profile.unknown)
          yield* profiles.keep(acme, url, learnt)
          assert.deepStrictEqual(yield* profiles.find(acme, url), Option.some(learnt))
          assert.isTrue(Option.isNone(yield* profiles.find(acme, other)))
          assert.isTrue(Option.isNone(yield* profiles.find(beta, url)))
          yield* profiles.keep(acme, other, Profile.unknown)
          assert.isTrue(Option.isNone(yield* profiles.find(acme, url)))
        })
      )
    )
    it.live("takes a profile that it cannot read for none", () =>
      opened(backend, (store) =>
        Effect.gen(function* () {
          const profiles = yield* Profiles
          yield* profiles.keep(acme, url, learnt)
          yield* around(store, `UPDATE profiles SET profile = '{"behaviour":"new"}'`)
          assert.isTrue(Option.isNone(yield* profiles.find(acme, url)))
        })
      )
    )
  })
}
