/** What goes wrong while a run goes on: it pauses, says why, and goes on; nothing is lost, nothing is done twice. */
import { assert, describe, it } from "@effect/vitest"
import { careful } from "@loom-scim/core/provisioning/Guard"
import { DriveOptions } from "@loom-scim/core/runs/DriveOptions"
import { type Run } from "@loom-scim/core/runs/Run"
import { RunEvents } from "@loom-scim/core/runs/RunEvent"
import { RunService } from "@loom-scim/core/runs/RunService"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { administer, type Backend, postgres, postgresAnswers, sqlite } from "../store/backend.ts"
import { sandbox } from "../scim/harness.ts"
import { begun, rows } from "./people.ts"
import { directoryOf, writesOf } from "./serverState.ts"
import { services } from "./services.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

const quick = Layer.succeed(DriveOptions, {
  batch: 8,
  concurrency: 8,
  quarantine: { window: 8, minimum: 4, rate: 0.5, firstPause: 300, longestPause: 1000 }
})

type Sandbox = Effect.Success<ReturnType<typeof sandbox>>

/** Runs with a server, a store, and the services over them. */
const withRuns = <A, E, R>(backend: Backend, use: (server: Sandbox, database: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const server = yield* sandbox()
    const store = yield* backend.fresh
    return yield* use(server, store.location[1]).pipe(
      Effect.provide(services(store.open(), server.scimUrl, server.token)),
      Effect.provide(quick)
    )
  }).pipe(Effect.scoped)

/** Follows a run, and does something after so many outcomes; gives where it stands and what it said of itself. */
const followed = Effect.fnUntraced(function* <E, R>(run: Run, after: number, then: Effect.Effect<unknown, E, R>) {
  const events = yield* RunEvents
  const reached = yield* Deferred.make<void>()
  const said: Array<string> = []
  let settled = 0
  const listening = yield* Effect.forkChild(
    Stream.runForEach(events.of(run.id), (event) =>
      Effect.suspend(() => {
        if (event._tag === "StatusChanged") {
          said.push(event.status._tag === "Paused" ? event.status.reason : event.status._tag)
        }
        if (event._tag !== "ItemSettled" || ++settled !== after) return Effect.void
        return Effect.asVoid(Deferred.succeed(reached, undefined))
      })
    ),
    { startImmediately: true }
  )
  const acting = yield* Effect.forkChild(Effect.andThen(Deferred.await(reached), then))
  const ended = yield* RunService.use(({ follow }) => follow(run.id, { isResumed: true }))
  yield* Fiber.join(acting)
  yield* Fiber.interrupt(listening)
  return { ended, said }
})

/** Everybody is there, and was sent once. */
const assertWhole = Effect.fnUntraced(function* (server: Sandbox, people: number) {
  const { groups, users } = yield* directoryOf(server)
  assert.strictEqual(users.length, people)
  assert.strictEqual(groups.length, people / 100)
  const writes = yield* writesOf(server)
  assert.strictEqual(writes["POST /Users 201"], people)
  assert.strictEqual(writes["POST /Groups 201"], people / 100)
  assert.isUndefined(writes["POST /Users 409"])
})

const people = 200

describe("a run", () => {
  for (const backend of backends) {
    it.live(
      `pauses when the token is revoked half way, and goes on with a valid one, on ${backend.name}`,
      () =>
        withRuns(backend, (server) =>
          Effect.gen(function* () {
            const run = yield* begun(rows(people))
            const { ended } = yield* followed(run, 50, server.revoke)
            assert.strictEqual(ended.status._tag, "Paused")
            if (ended.status._tag === "Paused") assert.strictEqual(ended.status.reason, "unauthorized")
            yield* server.accept
            const again = yield* RunService.use(({ follow }) => follow(run.id, { isResumed: true }))
            assert.strictEqual(again.status._tag, "Completed")
            yield* assertWhole(server, people)
          })
        ),
      60_000
    )

    it.live(
      `waits for a server that is down, on ${backend.name}`,
      () =>
        withRuns(backend, (server) =>
          Effect.gen(function* () {
            const run = yield* begun(rows(people))
            const down = Effect.andThen(
              server.fault({ kind: "status", status: 503, detail: "down" }),
              Effect.andThen(Effect.sleep("12 seconds"), server.mend)
            )
            const { ended, said } = yield* followed(run, 50, down)
            assert.strictEqual(ended.status._tag, "Completed")
            assert.include(said, "serverDown")
            yield* assertWhole(server, people)
          })
        ),
      90_000
    )

    it.live(
      `stops cleanly and goes on later, on ${backend.name}`,
      () =>
        withRuns(backend, (server) =>
          Effect.gen(function* () {
            const run = yield* begun(rows(people))
            const reached = yield* Deferred.make<void>()
            const fiber = yield* Effect.forkChild(followed(run, 50, Deferred.succeed(reached, undefined)))
            yield* Effect.raceFirst(Deferred.await(reached), Fiber.join(fiber))
            yield* Fiber.interrupt(fiber)
            const { counts, run: stopped } = yield* RunService.use(({ report }) => report(run.id))
            assert.strictEqual(stopped.status._tag, "Paused")
            assert.deepStrictEqual(
              counts.filter(({ state }) => state === "intended"),
              []
            )
            assert.isAbove(counts.find(({ state }) => state === "planned")?.count ?? 0, 0)
            const again = yield* RunService.use(({ follow }) => follow(run.id, { isResumed: true }))
            assert.strictEqual(again.status._tag, "Completed")
            yield* assertWhole(server, people)
          })
        ),
      60_000
    )

    it.live(
      `is held before anybody loses access, until somebody allows or rejects it by name, on ${backend.name}`,
      () =>
        withRuns(backend, (server) =>
          Effect.gen(function* () {
            const { decide, follow, report } = yield* RunService
            yield* Effect.flatMap(begun(rows(people)), ({ id }) => follow(id))
            const smaller = [...rows(people).slice(0, 100), ...rows(people + 1).slice(people)]
            const run = yield* begun(smaller, careful)
            const held = yield* follow(run.id)
            assert.deepStrictEqual(held.status, { _tag: "Waiting", reasons: ["TooManyLosses"] })
            const before = yield* writesOf(server)
            assert.strictEqual(before["POST /Users 201"], people + 1)
            assert.strictEqual((yield* follow(run.id)).status._tag, "Waiting")
            yield* decide(run.id, { verdict: "allow", by: { name: "Grace", face: "cli" }, note: "They moved." })
            assert.strictEqual((yield* follow(run.id)).status._tag, "Completed")
            const { decisions } = yield* report(run.id)
            assert.deepStrictEqual(
              decisions.map(({ by, note, verdict }) => [verdict, by.name, note]),
              [["allow", "Grace", "They moved."]]
            )
            const { users } = yield* directoryOf(server)
            assert.strictEqual(users.filter((user) => user.includes('"active",true')).length, 101)
            const last = yield* begun(rows(1), careful)
            assert.strictEqual((yield* follow(last.id)).status._tag, "Waiting")
            yield* decide(last.id, { verdict: "reject", by: { name: "Grace", face: "cli" }, note: "" })
            const rejected = yield* follow(last.id)
            assert.deepStrictEqual(rejected.status, { _tag: "Rejected", by: { name: "Grace", face: "cli" } })
            assert.strictEqual(
              (yield* directoryOf(server)).users.filter((user) => user.includes('"active",true')).length,
              101
            )
          })
        ),
      60_000
    )

    it.live(
      `is cancelled cleanly, on ${backend.name}`,
      () =>
        withRuns(backend, (server) =>
          Effect.gen(function* () {
            const { cancel, report } = yield* RunService
            const run = yield* begun(rows(people))
            const { ended } = yield* followed(run, 50, Effect.forkDetach(cancel(run.id, { name: "Ada", face: "cli" })))
            assert.deepStrictEqual(ended.status, { _tag: "Cancelled", by: { name: "Ada", face: "cli" } })
            const { counts } = yield* report(run.id)
            const done = counts.find(({ state }) => state === "done")?.count ?? 0
            const dropped = counts.filter(({ state }) => state === "dropped").reduce((sum, { count }) => sum + count, 0)
            assert.strictEqual(done + dropped, people + people / 100)
            assert.strictEqual((yield* directoryOf(server)).users.length, done)
          })
        ),
      60_000
    )
  }

  it.live(
    "waits for space on a full disk",
    () =>
      withRuns(sqlite, (server) =>
        Effect.gen(function* () {
          const sql = yield* SqlClient
          const run = yield* begun(rows(people))
          const full = Effect.gen(function* () {
            yield* sql`PRAGMA max_page_count = 1`
            yield* Effect.sleep("2 seconds")
            yield* sql`PRAGMA max_page_count = 1000000`
          })
          const { ended, said } = yield* followed(run, 50, full)
          assert.strictEqual(ended.status._tag, "Completed")
          assert.include(said, "storage")
          yield* assertWhole(server, people)
        })
      ),
    60_000
  )

  it.live.runIf(backends.length > 1)(
    "waits for PostgreSQL to come back",
    () =>
      withRuns(postgres, (server, url) =>
        Effect.gen(function* () {
          const name = new URL(url).pathname.slice(1)
          const run = yield* begun(rows(people))
          const restart = Effect.gen(function* () {
            yield* administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
            yield* administer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
            yield* Effect.sleep("3 seconds")
            yield* administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
          })
          const { ended, said } = yield* followed(run, 50, restart)
          assert.strictEqual(ended.status._tag, "Completed")
          assert.include(said, "storage")
          yield* assertWhole(server, people)
        })
      ),
    90_000
  )
})
