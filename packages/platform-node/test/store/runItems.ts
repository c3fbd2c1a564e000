/** What every journal of a run must do, whatever database it is on. */
import { assert, describe, it } from "@effect/vitest"
import { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Runs } from "@loom-scim/core/ports/Runs"
import type { ItemQuery, Settlement } from "@loom-scim/core/ports/Runs"
import type { RunId } from "@loom-scim/core/runs/Run"
import type { ItemOutcome, RunItem } from "@loom-scim/core/runs/RunItem"
import { type DateTime, Effect, Stream } from "effect"
import type { Backend, Store } from "./backend.ts"
import { around, opened } from "./contract.ts"
import { at, change, conflict, create, departure, done, failed, few, run, user } from "./runs.sample.ts"
import { rivalOf } from "./runs.ts"
import { acme, beta } from "./sample.ts"

const { id } = run(0)

/** An outcome without consequences for what is managed. */
const settled = (position: number, outcome: ItemOutcome, seconds = 20): Settlement => ({
  position,
  at: at(seconds),
  outcome,
  managed: []
})

/** The same, and keeps a resource. */
const keeping = (position: number, resource: string, digest: string): Settlement => ({
  ...settled(position, done(resource)),
  managed: [{ _tag: "Keep", resource: user(resource, { digest }) }]
})

/** The parts of an entry one by one, next to what is written at once. */
const inParts = (runs: Runs["Service"]) => {
  const none = { settled: [], withdrawn: [], intended: [], at: at(0) }
  return {
    ...runs,
    settle: (of: RunId, settled: ReadonlyArray<Settlement>) => runs.record(of, { ...none, settled }),
    withdraw: (of: RunId, withdrawn: ReadonlyArray<number>) => runs.record(of, { ...none, withdrawn }),
    intend: (of: RunId, intended: ReadonlyArray<number>, when: DateTime.Utc) =>
      runs.record(of, { ...none, intended, at: when })
  }
}

export const runItemsContract = (backend: Backend): void => {
  const test = <E>(
    name: string,
    body: (runs: ReturnType<typeof inParts>, store: Store) => Effect.Effect<void, E, Runs>
  ) =>
    it.live(name, () =>
      opened(backend, (store) =>
        Effect.flatMap(Effect.service(Runs), (runs) =>
          Effect.andThen(runs.begin(run(0), few), body(inParts(runs), store))
        )
      )
    )

  describe(`the journal of a run on ${backend.name}`, () => {
    test("begins with a row per action, and with conflicts dropped", ({ counts, items }) =>
      Effect.gen(function* () {
        const planned = { state: "planned", intendedAt: null, settledAt: null, outcome: null } as const
        const expected: ReadonlyArray<RunItem> = [
          { position: 0, phase: "changes", action: change(0), ...planned },
          { position: 1, phase: "changes", action: change(1), ...planned },
          { position: 2, phase: "creations", action: create(2), ...planned },
          { position: 3, phase: "creations", action: create(3), ...planned },
          { position: 4, phase: "departures", action: departure(4), ...planned },
          {
            position: 5,
            phase: null,
            action: conflict(5),
            state: "dropped",
            intendedAt: null,
            settledAt: at(0),
            outcome: { _tag: "Dropped", reason: "conflict" }
          }
        ]
        assert.deepStrictEqual(yield* items(id), expected)
        assert.deepStrictEqual(yield* counts(id), [
          { phase: "changes", state: "planned", count: 2 },
          { phase: "creations", state: "planned", count: 2 },
          { phase: "departures", state: "planned", count: 1 },
          { phase: null, state: "dropped", count: 1 }
        ])
        assert.deepStrictEqual(yield* counts(run(1).id), [])
      }))

    test("is read by phase, state and position, at once and in parts", ({
      begin,
      intend,
      items,
      settle,
      streamItems
    }) =>
      Effect.gen(function* () {
        const size = 6200
        const many = run(1, { kind: "provision" })
        yield* begin(
          many,
          Array.from({ length: size }, (_, index) => (index < 5600 ? change(index) : departure(index)))
        )
        const every = Array.from({ length: size }, (_, index) => index)
        yield* intend(
          many.id,
          every.filter((position) => position % 3 === 0),
          at(1)
        )
        yield* settle(
          many.id,
          every.filter((position) => position % 6 === 0).map((position) => settled(position, done("x")))
        )
        const cases: ReadonlyArray<readonly [ItemQuery | undefined, ReadonlyArray<number>]> = [
          [undefined, every],
          [{}, every],
          [{ phase: "departures" }, every.slice(5600)],
          [{ states: ["intended"] }, every.filter((position) => position % 6 === 3)],
          [{ states: ["intended", "done"] }, every.filter((position) => position % 3 === 0)],
          [{ states: [] }, []],
          [{ after: 40, limit: 3 }, [41, 42, 43]],
          [{ limit: 500 }, every.slice(0, 500)],
          [{ limit: 1001 }, every.slice(0, 1001)],
          [{ after: size - 1 }, []],
          // Farther away than one query looks.
          [{ phase: "departures", limit: 2 }, [5600, 5601]],
          [{ limit: 0 }, []],
          [
            { phase: "changes", states: ["planned"], after: 300, limit: 520 },
            every.filter((position) => position % 3 !== 0 && position > 300 && position < 5600).slice(0, 520)
          ]
        ]
        for (const [query, positions] of cases) {
          const found = yield* items(many.id, query)
          assert.deepStrictEqual(
            found.map(({ position }) => position),
            positions,
            JSON.stringify(query)
          )
          assert.deepStrictEqual([...(yield* Stream.runCollect(streamItems(many.id, query)))], [...found])
        }
      }))

    test("keeps the intent of what is planned, and takes it back", ({ intend, items, settle, withdraw }) =>
      Effect.gen(function* () {
        const look = Effect.map(items(id), (all): ReadonlyArray<unknown> =>
          all.map(({ intendedAt, state }) => [state, intendedAt])
        )
        const planned = ["planned", null]
        const dropped = ["dropped", null]
        yield* intend(id, [1, 2, 5, 99], at(1))
        yield* intend(id, [], at(2))
        assert.deepStrictEqual(yield* look, [
          planned,
          ["intended", at(1)],
          ["intended", at(1)],
          planned,
          planned,
          dropped
        ])
        yield* settle(id, [settled(1, done("id1"))])
        // Not again: the first intent is the one that counts.
        yield* intend(id, [1, 2, 3], at(3))
        const after = [planned, ["done", at(1)], ["intended", at(1)], ["intended", at(3)], planned, dropped]
        assert.deepStrictEqual(yield* look, after)
        yield* withdraw(id, [0, 1, 2, 5])
        assert.deepStrictEqual(yield* look, [planned, ["done", at(1)], planned, ["intended", at(3)], planned, dropped])
      }))

    test("keeps the first outcome of an item, and what it makes of the managed", ({ intend, items, managed, settle }) =>
      Effect.gen(function* () {
        yield* intend(id, [0, 1, 2], at(1))
        yield* settle(id, [
          keeping(0, "id0", "first"),
          settled(1, { _tag: "Doubtful", id: "id1", doubt: "the name is another" }),
          settled(2, failed, 21),
          // Not intended, and so settled without having been sent.
          settled(3, { _tag: "Dropped", reason: "notCreated" })
        ])
        const before = yield* items(id)
        assert.deepStrictEqual(
          before.map(({ intendedAt, outcome, settledAt, state }) => [state, intendedAt, settledAt, outcome]),
          [
            ["done", at(1), at(20), done("id0")],
            ["doubtful", at(1), at(20), { _tag: "Doubtful", id: "id1", doubt: "the name is another" }],
            ["failed", at(1), at(21), failed],
            ["dropped", null, at(20), { _tag: "Dropped", reason: "notCreated" }],
            ["planned", null, null, null],
            ["dropped", null, at(0), { _tag: "Dropped", reason: "conflict" }]
          ]
        )
        assert.deepStrictEqual(yield* managed(acme), [user("id0", { digest: "first" })])
        // Again, with other outcomes, and for items that do not exist.
        yield* settle(id, [
          keeping(0, "id0", "second"),
          { ...settled(1, failed), managed: [{ _tag: "Forget", endpoint: "Users", id: "id0" }] },
          keeping(5, "id5", "conflict"),
          keeping(99, "id99", "nowhere")
        ])
        yield* settle(run(9).id, [keeping(0, "id9", "nowhere")])
        yield* settle(id, [])
        assert.deepStrictEqual(yield* items(id), before)
        assert.deepStrictEqual(yield* managed(acme), [user("id0", { digest: "first" })])
        // Twice in one go: as if one after the other.
        yield* settle(id, [keeping(4, "id4", "first"), keeping(4, "id4", "second")])
        assert.deepStrictEqual(yield* managed(acme), [
          user("id0", { digest: "first" }),
          user("id4", { digest: "first" })
        ])
        assert.deepStrictEqual(yield* managed(beta), [])
      }))

    test("settles only the run that is meant", ({ begin, items, managed, settle }) =>
      Effect.gen(function* () {
        yield* begin(run(1, { connectionId: beta }), few)
        yield* settle(run(1).id, [keeping(0, "id0", "beta")])
        assert.deepStrictEqual(
          (yield* items(id, { limit: 1 })).map(({ state }) => state),
          ["planned"]
        )
        assert.deepStrictEqual(yield* managed(acme), [])
        assert.deepStrictEqual(yield* managed(beta), [user("id0", { digest: "beta" })])
      }))

    test("applies managed changes in the order of the outcomes", ({ managed, settle }) =>
      Effect.gen(function* () {
        yield* settle(id, [
          keeping(3, "id", "one"),
          { ...settled(1, done("id")), managed: [{ _tag: "Forget", endpoint: "Users", id: "id" }] },
          keeping(2, "id", "two"),
          keeping(0, "gone", "one"),
          { ...settled(4, done("gone")), managed: [{ _tag: "Forget", endpoint: "Users", id: "gone" }] }
        ])
        assert.deepStrictEqual(yield* managed(acme), [user("id", { digest: "two" })])
      }))

    test("records outcome and managed resource together or not at all", ({ items, managed, settle }, store) =>
      Effect.gen(function* () {
        yield* around(store, "CREATE UNIQUE INDEX unlucky ON managed (connection_id) WHERE resource_id LIKE 'bad%'")
        const error = yield* Effect.flip(settle(id, [keeping(0, "bad0", "x"), keeping(1, "bad1", "x")]))
        assert.instanceOf(error, JournalFailure)
        assert.deepStrictEqual(yield* managed(acme), [])
        assert.deepStrictEqual((yield* items(id, { states: ["planned"] })).length, 5)
      }))

    test("lets two settle the same items at the same time, and each is settled once", (runs, store) =>
      Effect.gen(function* () {
        const rival = inParts(yield* rivalOf(store))
        const size = 200
        const both = run(1, { kind: "provision" })
        const positions = Array.from({ length: size }, (_, index) => index)
        yield* runs.begin(
          both,
          positions.map((index) => change(index))
        )
        const of = (who: string) => positions.map((position) => keeping(position, `id${position}`, who))
        for (const [from, to] of [
          [0, 50],
          [50, 100],
          [100, size]
        ] as const) {
          yield* Effect.all(
            [
              runs.settle(both.id, of("one").slice(from, to)),
              rival.settle(both.id, of("other").slice(from, to).toReversed())
            ],
            { concurrency: "unbounded" }
          )
        }
        assert.deepStrictEqual(yield* runs.counts(both.id), [{ phase: "changes", state: "done", count: size }])
        assert.strictEqual((yield* rival.managed(acme)).length, size)
      }).pipe(Effect.scoped))

    test("is written at once: outcomes, what was not sent, and the next intents, or nothing", (runs, store) =>
      Effect.gen(function* () {
        const states = Effect.map(runs.items(id, { limit: 5 }), (all) => all.map(({ state }) => state))
        yield* runs.intend(id, [0, 1], at(1))
        // What has an outcome or is withdrawn in the same entry may be named again.
        const next = { withdrawn: [0, 1], intended: [0, 2, 3], at: at(2) }
        yield* around(store, "CREATE UNIQUE INDEX unlucky ON managed (connection_id) WHERE resource_id LIKE 'bad%'")
        const bad = [keeping(1, "bad1", "x"), keeping(4, "bad4", "x")]
        assert.instanceOf(yield* Effect.flip(runs.record(id, { settled: bad, ...next })), JournalFailure)
        assert.deepStrictEqual(yield* states, ["intended", "intended", "planned", "planned", "planned"])
        yield* runs.record(id, { settled: [keeping(1, "id1", "x")], ...next })
        assert.deepStrictEqual(yield* states, ["intended", "done", "intended", "intended", "planned"])
        assert.deepStrictEqual((yield* runs.items(id, { limit: 1 }))[0]?.intendedAt, at(2))
        assert.deepStrictEqual(yield* runs.managed(acme), [user("id1", { digest: "x" })])
      }))

    test("drops what was surely not sent, and nothing else", ({ drop, intend, items, settle }) =>
      Effect.gen(function* () {
        yield* intend(id, [1, 2], at(1))
        yield* settle(id, [settled(2, done("id2"))])
        yield* drop(id, "rejected", at(5))
        yield* drop(id, "cancelled", at(6))
        const rejected = ["dropped", at(5), { _tag: "Dropped", reason: "rejected" }]
        assert.deepStrictEqual<ReadonlyArray<unknown>>(
          (yield* items(id)).map(({ outcome, settledAt, state }) => [state, settledAt, outcome]),
          [
            rejected,
            ["intended", null, null],
            ["done", at(20), done("id2")],
            rejected,
            rejected,
            ["dropped", at(0), { _tag: "Dropped", reason: "conflict" }]
          ]
        )
      }))
  })
}
