/** What every store of runs must do, whatever database it is on. */
import { assert, describe, it } from "@effect/vitest"
import { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Runs, RunUnfinished } from "@loom-scim/core/ports/Runs"
import type { Run, RunStatus } from "@loom-scim/core/runs/Run"
import { Context, Effect, Layer, Option, Result } from "effect"
import type { Backend, Store } from "./backend.ts"
import { around, opened } from "./contract.ts"
import { ada, at, bob, change, create, decision, few, run, user } from "./runs.sample.ts"
import { acme, beta } from "./sample.ts"

/** A second writer that does not know of the opened store: another process where the database allows one. */
export const rivalOf = (store: Store) =>
  store.location[0] === "sqlite"
    ? Effect.service(Runs)
    : Effect.map(Layer.build(Layer.fresh(Layer.orDie(store.open()))), (context) => Context.get(context, Runs))

export const runsContract = (backend: Backend): void => {
  const test = <E>(name: string, body: (runs: Runs["Service"], store: Store) => Effect.Effect<void, E, Runs>) =>
    it.live(name, () => opened(backend, (store) => Effect.flatMap(Effect.service(Runs), (runs) => body(runs, store))))

  describe(`runs on ${backend.name}`, () => {
    it.live("gives back exactly what was kept, after a restart too", () =>
      Effect.gen(function* () {
        const store = yield* backend.fresh
        const runs = [
          run(0),
          run(1, { connectionId: beta, status: { _tag: "Waiting", reasons: ["LastAdmin"] }, stops: 2 }),
          run(2, {
            kind: "retry",
            parent: run(0).id,
            judgement: { _tag: "Clear" },
            withheld: [],
            endedAt: at(3),
            status: { _tag: "Cancelled", by: bob },
            cancelledBy: bob
          })
        ]
        yield* Effect.gen(function* () {
          const { begin, find } = yield* Runs
          assert.isTrue(Option.isNone(yield* find(run(0).id)))
          for (const one of runs) yield* begin(one, few)
        }).pipe(Effect.provide(Layer.fresh(store.open())))
        yield* Effect.gen(function* () {
          const { find, items } = yield* Runs
          for (const one of runs) {
            assert.deepStrictEqual(yield* find(one.id), Option.some(one))
            assert.deepStrictEqual(
              (yield* items(one.id)).map(({ action, position }) => [position, action]),
              few.map((action, position) => [position, action])
            )
          }
          assert.isTrue(Option.isNone(yield* find(run(9).id)))
        }).pipe(Effect.provide(Layer.fresh(store.open())))
      }).pipe(Effect.scoped)
    )

    test("lists the newest first, of a connection, unfinished, or a few", ({ begin, list }) =>
      Effect.gen(function* () {
        const ended = { status: { _tag: "Completed" }, endedAt: at(9) } as const
        const [a, b, c, d] = [run(0, ended), run(1, { connectionId: beta }), run(2, ended), run(3)] as const
        for (const one of [c, a, d, b]) yield* begin(one, [])
        assert.deepStrictEqual(yield* list({}), [d, c, b, a])
        assert.deepStrictEqual(yield* list({ connectionId: acme }), [d, c, a])
        assert.deepStrictEqual(yield* list({ unfinished: true }), [d, b])
        assert.deepStrictEqual(yield* list({ unfinished: false }), [d, c, b, a])
        assert.deepStrictEqual(yield* list({ connectionId: beta, unfinished: true, limit: 5 }), [b])
        assert.deepStrictEqual(yield* list({ limit: 2 }), [d, c])
        assert.deepStrictEqual(yield* list({ limit: 0 }), [])
      }))

    test("refuses a second reconcile of a connection until the first is over", ({ begin, find, items, setStatus }) =>
      Effect.gen(function* () {
        const first = run(0)
        yield* begin(first, few)
        const error = yield* Effect.flip(begin(run(1), few))
        assert.deepStrictEqual(error, new RunUnfinished({ connectionId: acme, runId: first.id }))
        assert.isTrue(Option.isNone(yield* find(run(1).id)))
        assert.deepStrictEqual(yield* items(run(1).id), [])
        // One person, and another connection, have nothing to do with it.
        yield* begin(run(2, { kind: "provision" }), few)
        yield* begin(run(4, { connectionId: beta }), few)
        yield* setStatus(first.id, { _tag: "Paused", reason: "storage", detail: "", next: "", until: null }, at(5))
        assert.strictEqual((yield* Effect.flip(begin(run(6), few)))._tag, "RunUnfinished")
        yield* setStatus(first.id, { _tag: "Completed" }, at(7))
        yield* begin(run(8), few)
        const again = yield* Effect.flip(begin(run(9), few))
        assert.deepStrictEqual(again, new RunUnfinished({ connectionId: acme, runId: run(8).id }))
      }))

    test("refuses everybody, the changes, a retry and an undo beside one another and beside themselves", (runs) =>
      Effect.gen(function* () {
        const { begin, setStatus } = runs
        const pairs = [
          ["reconcile", "incremental"],
          ["incremental", "reconcile"],
          ["incremental", "incremental"],
          ["undo", "undo"],
          ["retry", "retry"],
          ["undo", "reconcile"],
          ["reconcile", "retry"]
        ] as const
        for (const [index, [first, second]] of pairs.entries()) {
          const running = run(index * 4, { kind: first })
          yield* begin(running, few)
          const error = yield* Effect.flip(begin(run(index * 4 + 1, { kind: second }), few))
          assert.deepStrictEqual(error, new RunUnfinished({ connectionId: acme, runId: running.id }))
          // One person, and another connection, are in nobody's way.
          const one = run(index * 4 + 2, { kind: "provision" })
          yield* begin(one, few)
          yield* begin(run(index * 4 + 3, { kind: second, connectionId: beta }), few)
          for (const { id } of [running, one, run(index * 4 + 3)]) yield* setStatus(id, { _tag: "Completed" }, at(100))
        }
      }))

    test("lets exactly one of two begin at the same time, every time", (runs, store) =>
      Effect.gen(function* () {
        const rival = yield* rivalOf(store)
        const kinds = [
          ["reconcile", "reconcile"],
          ["reconcile", "incremental"],
          ["undo", "undo"],
          ["retry", "reconcile"]
        ] as const
        for (let round = 0; round < 64; round += 2) {
          const [one, other] = kinds[Math.floor(round / 4) % kinds.length] ?? kinds[0]
          const pair = [run(round, { kind: one }), run(round + 1, { kind: other })] as const
          const writers = round % 4 === 0 ? ([runs, rival] as const) : ([rival, runs] as const)
          const results = yield* Effect.all(
            [Effect.result(writers[0].begin(pair[0], few)), Effect.result(writers[1].begin(pair[1], few))],
            { concurrency: "unbounded" }
          )
          const [winner, loser]: readonly [Run, Run] = Result.isSuccess(results[0]) ? pair : [pair[1], pair[0]]
          assert.deepStrictEqual(
            results.flatMap((result) => (Result.isFailure(result) ? [result.failure] : [])),
            [new RunUnfinished({ connectionId: acme, runId: winner.id })]
          )
          assert.strictEqual((yield* rival.items(winner.id)).length, few.length)
          assert.deepStrictEqual(yield* rival.items(loser.id), [])
          yield* runs.setStatus(winner.id, { _tag: "Completed" }, at(100))
        }
      }).pipe(Effect.scoped))

    test("says that an id is taken, and leaves its run as it is", ({ begin, find, items }) =>
      Effect.gen(function* () {
        yield* begin(run(0), few)
        const error = yield* Effect.flip(begin(run(0, { source: "other" }), []))
        assert.instanceOf(error, JournalFailure)
        assert.deepStrictEqual(yield* find(run(0).id), Option.some(run(0)))
        assert.strictEqual((yield* items(run(0).id)).length, few.length)
      }))

    test("begins wholly or not at all", ({ begin, find, items }, store) =>
      Effect.gen(function* () {
        const many = Array.from({ length: 1200 }, (_, index) => create(index))
        // A database that fails in the middle.
        yield* around(store, "CREATE UNIQUE INDEX unlucky ON run_items ((position / 10000)) WHERE position > 1100")
        assert.instanceOf(yield* Effect.flip(begin(run(0), many)), JournalFailure)
        assert.isTrue(Option.isNone(yield* find(run(0).id)))
        assert.deepStrictEqual(yield* items(run(0).id), [])
        yield* around(store, "DROP INDEX unlucky")
        yield* begin(run(0), many)
        assert.strictEqual((yield* items(run(0).id)).length, 1200)
      }))

    test("takes runs and managed resources of any size", ({ begin, counts, manage, managed }) =>
      Effect.gen(function* () {
        const size = 12_000
        yield* begin(
          run(0),
          Array.from({ length: size }, (_, index) => change(index))
        )
        assert.deepStrictEqual(yield* counts(run(0).id), [{ phase: "changes", state: "planned", count: size }])
        const all = Array.from({ length: size }, (_, index) => user(`id${index}`))
        yield* manage(
          acme,
          all.map((resource) => ({ _tag: "Keep", resource }))
        )
        assert.strictEqual((yield* managed(acme)).length, size)
        yield* manage(
          acme,
          all.slice(1).map(({ endpoint, id }) => ({ _tag: "Forget", endpoint, id }))
        )
        assert.deepStrictEqual(yield* managed(acme), [user("id0")])
      }))

    test("sets the status until the run is over", ({ begin, find, setStatus, stop }) =>
      Effect.gen(function* () {
        yield* begin(run(0), [])
        yield* begin(run(1, { kind: "provision" }), [])
        const paused: RunStatus = { _tag: "Paused", reason: "rateLimited", detail: "d", next: "n", until: at(60) }
        yield* setStatus(run(0).id, paused, at(1))
        assert.deepStrictEqual(yield* find(run(0).id), Option.some(run(0, { status: paused })))
        const waiting: RunStatus = { _tag: "Waiting", reasons: ["TooManyLosses"] }
        yield* stop(run(0).id, 3, waiting, at(2))
        assert.deepStrictEqual(yield* find(run(0).id), Option.some(run(0, { status: waiting, stops: 3 })))
        const rejected: RunStatus = { _tag: "Rejected", by: bob }
        yield* setStatus(run(0).id, rejected, at(3))
        yield* setStatus(run(0).id, { _tag: "Running" }, at(4))
        yield* setStatus(run(0).id, { _tag: "Completed" }, at(5))
        yield* stop(run(0).id, 4, paused, at(6))
        assert.deepStrictEqual(
          yield* find(run(0).id),
          Option.some(run(0, { status: rejected, stops: 3, endedAt: at(3) }))
        )
        yield* stop(run(1).id, 1, { _tag: "Completed" }, at(7))
        const completed = run(1, { kind: "provision", status: { _tag: "Completed" }, stops: 1, endedAt: at(7) })
        assert.deepStrictEqual(yield* find(run(1).id), Option.some(completed))
      }))

    test("keeps who asked first for a run to be cancelled", ({ askToCancel, begin, find }) =>
      Effect.gen(function* () {
        yield* begin(run(0), [])
        yield* begin(run(1, { connectionId: beta }), [])
        yield* askToCancel(run(0).id, bob)
        yield* askToCancel(run(0).id, ada)
        assert.deepStrictEqual(yield* find(run(0).id), Option.some(run(0, { cancelledBy: bob })))
        assert.deepStrictEqual(yield* find(run(1).id), Option.some(run(1, { connectionId: beta })))
      }))

    test("keeps who asked first for a run to be paused, until that is taken back", ({ askToPause, begin, pauserOf }) =>
      Effect.gen(function* () {
        yield* begin(run(0), [])
        yield* begin(run(1, { connectionId: beta }), [])
        assert.isNull(yield* pauserOf(run(0).id))
        yield* askToPause(run(0).id, bob)
        yield* askToPause(run(0).id, ada)
        assert.deepStrictEqual(yield* pauserOf(run(0).id), bob)
        assert.isNull(yield* pauserOf(run(1).id))
        yield* askToPause(run(0).id, null)
        assert.isNull(yield* pauserOf(run(0).id))
        yield* askToPause(run(0).id, ada)
        assert.deepStrictEqual(yield* pauserOf(run(0).id), ada)
      }))

    test("keeps decisions in the order in which they were made", ({ begin, decide, decisions }) =>
      Effect.gen(function* () {
        yield* begin(run(0), [])
        yield* begin(run(1, { connectionId: beta }), [])
        assert.deepStrictEqual(yield* decisions(run(0).id), [])
        const made = [decision("reject", 9), decision("allow", 3), decision("allow", 3), decision("reject", 1)]
        for (const one of made) {
          yield* decide(run(0).id, one)
          yield* decide(run(1).id, decision("allow", 5))
        }
        assert.deepStrictEqual(yield* decisions(run(0).id), made)
      }))

    test("keeps what is managed, of each connection apart", ({ manage, managed }) =>
      Effect.gen(function* () {
        const group = user("id1", { endpoint: "Groups", digest: null, groups: [] })
        const second = user("id2", { digest: null })
        yield* manage(beta, [{ _tag: "Keep", resource: user("id1") }])
        yield* manage(acme, [])
        assert.deepStrictEqual(yield* managed(acme), [])
        yield* manage(acme, [
          { _tag: "Keep", resource: user("id1") },
          { _tag: "Keep", resource: group },
          { _tag: "Keep", resource: user("id2") },
          { _tag: "Keep", resource: second },
          { _tag: "Forget", endpoint: "Users", id: "unknown" }
        ])
        assert.sameDeepMembers([...(yield* managed(acme))], [group, user("id1"), second])
        yield* manage(acme, [
          { _tag: "Forget", endpoint: "Users", id: "id1" },
          { _tag: "Forget", endpoint: "Users", id: "id2" },
          { _tag: "Keep", resource: user("id2", { key: "new", groups: [] }) },
          { _tag: "Keep", resource: user("id3") },
          { _tag: "Forget", endpoint: "Users", id: "id3" }
        ])
        assert.sameDeepMembers([...(yield* managed(acme))], [group, user("id2", { key: "new", groups: [] })])
        assert.deepStrictEqual(yield* managed(beta), [user("id1")])
      }))

    test("calls what it cannot read corrupt, and still reads the rest", (runs, store) =>
      Effect.gen(function* () {
        yield* runs.begin(run(0), few)
        yield* runs.begin(run(1, { connectionId: beta }), few)
        yield* runs.decide(run(0).id, decision("allow", 1))
        yield* runs.manage(acme, [{ _tag: "Keep", resource: user("id1") }])
        yield* runs.manage(beta, [{ _tag: "Keep", resource: user("id1") }])
        const id = run(0).id
        const reads: ReadonlyArray<readonly [forge: string, read: Effect.Effect<unknown, JournalFailure>]> = [
          [`UPDATE runs SET status = '{"_tag":"Invented"}' WHERE id = '${id}'`, runs.find(id)],
          [`UPDATE run_items SET action = '{"_tag":"Update"' WHERE run_id = '${id}' AND position = 1`, runs.items(id)],
          [`UPDATE run_items SET state = 'lost' WHERE run_id = '${id}' AND position = 2`, runs.counts(id)],
          [`UPDATE run_decisions SET decision = '{}'`, runs.decisions(id)],
          [`UPDATE managed SET "groups" = 'staff' WHERE connection_id = 'acme'`, runs.managed(acme)]
        ]
        for (const [forge, read] of reads) {
          yield* read
          yield* around(store, forge)
          const error = yield* Effect.flip(read)
          assert.strictEqual(error.reason, "corrupt")
          assert.include(error.next, "backup")
        }
        assert.strictEqual((yield* Effect.flip(runs.list({}))).reason, "corrupt")
        assert.isTrue(Option.isSome(yield* runs.find(run(1).id)))
        assert.strictEqual((yield* runs.items(run(1).id)).length, few.length)
        assert.deepStrictEqual(yield* runs.managed(beta), [user("id1")])
      }))
  })
}
