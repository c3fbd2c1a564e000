/** Reconciling again and again: what did not change costs nothing, and what goes wrong heals itself. */
import { assert, describe, it } from "@effect/vitest"
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Runs } from "@loom-scim/core/ports/Runs"
import { careful, type GuardPolicy } from "@loom-scim/core/provisioning/Guard"
import * as MappingRead from "@loom-scim/core/provisioning/MappingRead"
import { RunService } from "@loom-scim/core/runs/RunService"
import { type Due, Sync } from "@loom-scim/core/runs/Sync"
import type { Subject } from "@loom-scim/core/runs/SyncPlan"
import { Duration, Effect, Layer, Result, Schema, Stream } from "effect"
import { type Backend, postgres, postgresAnswers, sqlite } from "../store/backend.ts"
import { sandbox } from "../scim/harness.ts"
import { id as connectionId } from "./connection.ts"
import { mapping, type Row, rows, sourceOf } from "./people.ts"
import { services } from "./services.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

type Sandbox = Effect.Success<ReturnType<typeof sandbox>>

const by = { name: "Ada", face: "cli" } as const
const usual: Due = { isFullAsked: false, lastFull: null, fullEvery: Duration.hours(24) }

/** The rows, and at the end that something is wrong with the source. */
const cut = (all: ReadonlyArray<Row>): PeopleSource => ({
  name: "rows",
  read: (fields) =>
    Stream.concat(
      sourceOf(all).read(fields),
      Stream.fail(
        new SourceFailure({ reason: "endedEarly", source: "rows", at: null, detail: "it was cut off", next: "Look." })
      )
    )
})

const subjectOf = (source: PeopleSource, policy: GuardPolicy = careful): Subject => ({
  connectionId,
  source,
  mapping,
  policy,
  adopt: "never",
  leftGroups: "empty"
})

const subject = (all: ReadonlyArray<Row>, policy?: GuardPolicy) => subjectOf(sourceOf(all), policy)

const Log = Schema.Struct({ requests: Schema.Array(Schema.Struct({ method: Schema.String, path: Schema.String })) })

/** What the server was asked by this, by method and endpoint; ids and filters are left out. */
const asking = Effect.fnUntraced(function* <A, E, R>(server: Sandbox, effect: Effect.Effect<A, E, R>) {
  yield* server.forget
  const result = yield* effect
  const { requests } = Schema.decodeUnknownSync(Log)(yield* server.requests)
  const counts: Record<string, number> = {}
  for (const { method, path } of requests) {
    const [, endpoint = "", id = ""] = /\/(Users|Groups)(\/?)/.exec(path) ?? []
    const name = `${method} ${endpoint}${id === "" ? "" : "/{id}"}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return { result, requests: counts }
})

/** A server, a store, and what reconciles over them. */
const withSync = <A, E, R>(backend: Backend, use: (server: Sandbox) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const server = yield* sandbox()
    const store = yield* backend.fresh
    const layer = Layer.provideMerge(Sync.layer, services(store.open(), server.scimUrl, server.token))
    return yield* Effect.provide(use(server), layer)
  }).pipe(Effect.scoped)

const tick = (given: Subject, due: Partial<Due> = {}) => Sync.use((sync) => sync.tick(given, { ...usual, ...due }, by))

/** A turn that ends with a run; fails the test otherwise. */
const ran = Effect.fnUntraced(function* (given: Subject, due: Partial<Due> = {}) {
  const ticked = yield* tick(given, due)
  if (ticked._tag === "Ran") return ticked
  return yield* Effect.die(new Error(`no run: ${ticked._tag}`))
})

const digests = Effect.map(
  Runs.use((runs) => runs.managed(connectionId)),
  (managed) => managed.filter(({ endpoint }) => endpoint === "Users").map(({ digest }) => digest)
)

const stateOf = Effect.fnUntraced(function* (server: Sandbox) {
  const State = Schema.Struct({ users: Schema.Int, activeUsers: Schema.Int })
  return Schema.decodeUnknownSync(State)(yield* server.state)
})

/** An extension that the server knows nothing of: SCIMMY takes such attributes and leaves them out. */
const badge = "urn:example:params:scim:schemas:extension:badge:2.0:User"

const people = rows(200)
const title = (all: ReadonlyArray<Row>, count: number, name: string) =>
  all.map((row, index) => (index < count ? { ...row, title: name } : row))

for (const backend of backends) {
  describe(`on ${backend.name}, a turn`, () => {
    it.live(
      "compares everybody first, then costs nothing while nothing changes, and afterwards what the changes need",
      () =>
        withSync(backend, (server) =>
          Effect.gen(function* () {
            const first = yield* ran(subject(people))
            assert.strictEqual(first.planned.kind, "reconcile")
            assert.strictEqual(first.run.status._tag, "Completed")
            const idle = yield* asking(server, tick(subject(people)))
            assert.strictEqual(idle.result._tag, "Unchanged")
            assert.deepStrictEqual(idle.requests, {})

            const changed = title(people, 1, "Head")
            const one = yield* asking(server, ran(subject(changed)))
            assert.strictEqual(one.result.run.kind, "incremental")
            assert.deepStrictEqual(one.requests, { "GET Users/{id}": 1, "GET Groups/{id}": 1, "PATCH Users/{id}": 1 })
            assert.deepStrictEqual((yield* asking(server, tick(subject(changed)))).requests, {})

            const left = changed.slice(0, -1)
            const gone = yield* asking(server, ran(subject(left)))
            assert.deepStrictEqual(gone.result.planned.plan.counts, { Deactivate: 1, MembersRemove: 1 })
            assert.deepStrictEqual(gone.requests, {
              "GET Users/{id}": 1,
              "GET Groups/{id}": 2,
              "PATCH Groups/{id}": 1,
              "PATCH Users/{id}": 1
            })
            assert.deepStrictEqual(yield* stateOf(server), { users: 200, activeUsers: 199 })
            assert.deepStrictEqual((yield* asking(server, tick(subject(left)))).requests, {})
            assert.notInclude(yield* digests, null)

            const whole = yield* asking(server, tick(subject(left), { isFullAsked: true }))
            assert.strictEqual(whole.result._tag, "Unchanged")
            assert.deepStrictEqual(whole.requests, { "GET Users": 3, "GET Groups": 2 })
          })
        ),
      60_000
    )

    it.live(
      "sends once what the server takes and shows of nobody",
      () =>
        withSync(backend, (server) =>
          Effect.gen(function* () {
            const attributes = { externalId: "id", userName: "email", [`${badge}:number`]: "title" }
            const badged = { ...subject(people), mapping: Result.getOrThrow(MappingRead.read({ attributes })) }
            const first = yield* ran(badged)
            assert.deepStrictEqual(first.planned.plan.counts, { Create: 200 })
            const again = yield* asking(server, tick(badged, { isFullAsked: true }))
            assert.strictEqual(again.result._tag, "Unchanged")
            assert.deepStrictEqual(again.requests, { "GET Users": 3 })

            const changed = yield* tick(
              { ...badged, source: sourceOf(title(people, 1, "Head")) },
              { isFullAsked: true }
            )
            const plan = changed._tag === "Ran" ? changed.planned.plan : assert.fail(changed._tag)
            assert.deepStrictEqual([plan.counts, plan.skipped], [{ Update: 1 }, { sentAndNotShown: 199 }])
          })
        ),
      60_000
    )

    it.live(
      "holds a mass departure, measured against all whom we manage",
      () =>
        withSync(backend, (server) =>
          Effect.gen(function* () {
            const policy = { ...careful, losses: { count: null, percent: 10 } }
            yield* ran(subject(people, policy))
            const held = yield* ran(subject(people.slice(21), policy))
            assert.strictEqual(held.planned.kind, "incremental")
            assert.deepStrictEqual(held.planned.judgement, {
              _tag: "Held",
              reasons: [{ _tag: "TooManyLosses", count: 21, of: 200, limit: policy.losses }]
            })
            assert.strictEqual(held.run.status._tag, "Waiting")
            assert.strictEqual((yield* stateOf(server)).activeUsers, 200)

            const busy = yield* asking(server, tick(subject(people.slice(21), policy)))
            assert.strictEqual(busy.result._tag, "Busy")
            assert.deepStrictEqual(busy.requests, {})

            // One fewer is no mass, but the run that waits is in the way until somebody decides.
            yield* RunService.use(({ decide }) => decide(held.run.id, { verdict: "reject", by, note: "no" }))
            const fewer = yield* ran(subject(people.slice(20), policy))
            assert.strictEqual(fewer.run.status._tag, "Completed")
            assert.strictEqual((yield* stateOf(server)).activeUsers, 180)
          })
        ),
      60_000
    )

    it.live(
      "lets a run go on that was allowed in the meantime, and does not begin again what was rejected",
      () =>
        withSync(backend, (server) =>
          Effect.gen(function* () {
            yield* ran(subject(people))
            const half = subject(people.slice(100))
            const { run } = yield* ran(half)
            const { decide } = yield* RunService
            yield* decide(run.id, { verdict: "reject", by, note: "the export was cut off" })
            const again = yield* tick(half)
            assert.strictEqual(again._tag, "Repeated")
            const other = yield* ran(half, { isFullAsked: true })
            assert.strictEqual(other.run.status._tag, "Waiting")
            yield* decide(other.run.id, { verdict: "allow", by, note: "Lyon was closed" })
            const { result, requests } = yield* asking(server, tick(half))
            assert.strictEqual(result._tag, "Unchanged")
            assert.strictEqual(requests["PATCH Users/{id}"], 100)
            assert.strictEqual((yield* stateOf(server)).activeUsers, 100)
          })
        ),
      60_000
    )

    it.live(
      "changes nothing when the source fails half way",
      () =>
        withSync(backend, (server) =>
          Effect.gen(function* () {
            yield* ran(subject(people))
            const before = yield* digests
            for (const isFullAsked of [false, true]) {
              const broken = subjectOf(cut(title(people.slice(0, 100), 5, "Head")))
              const { requests, result } = yield* asking(server, Effect.flip(tick(broken, { isFullAsked })))
              assert.strictEqual(result._tag, "SourceFailure")
              assert.deepStrictEqual(
                Object.keys(requests).filter((name) => !name.startsWith("GET")),
                []
              )
            }
            assert.deepStrictEqual(yield* digests, before)
            assert.strictEqual((yield* Runs.use(({ list }) => list({}))).length, 1)
          })
        ),
      60_000
    )

    it.live(
      "compares everybody when too many changed, and the next costs nothing again",
      () =>
        withSync(backend, (server) =>
          Effect.gen(function* () {
            const many = rows(230)
            yield* ran(subject(many))
            const changed = subject(title(many, 201, "Head"))
            const { planned, run } = yield* ran(changed)
            assert.strictEqual(planned.needsFull, "tooManyChanges")
            assert.strictEqual(run.kind, "reconcile")
            assert.strictEqual(run.status._tag, "Completed")
            assert.deepStrictEqual((yield* asking(server, tick(changed))).requests, {})

            const few = subject(many.slice(-20))
            const held = yield* ran(few)
            assert.strictEqual(held.planned.needsFull, "tooManyChanges")
            assert.strictEqual(held.run.status._tag, "Waiting")
            yield* RunService.use(({ decide }) => decide(held.run.id, { verdict: "reject", by, note: "no" }))
            assert.strictEqual((yield* tick(few))._tag, "Repeated")
          })
        ),
      60_000
    )

    it.live(
      "looks once more at those whose run was finished by nobody who knew what was sent",
      () =>
        withSync(backend, (server) =>
          Effect.gen(function* () {
            yield* ran(subject(people))
            const changed = subject(title(people, 3, "Head"))
            const sync = yield* Sync
            const planned = yield* sync.plan(changed, "incremental")
            const run = yield* sync.begin(planned, by)
            assert.isNotNull(run)
            assert.strictEqual((yield* digests).filter((digest) => digest === null).length, 3)
            if (run !== null) yield* RunService.use(({ follow }) => follow(run.id))
            // As after a crash: nothing was settled.
            const once = yield* asking(server, tick(changed))
            assert.strictEqual(once.result._tag, "Unchanged")
            assert.deepStrictEqual(once.requests, { "GET Users/{id}": 3, "GET Groups": 2 })
            assert.deepStrictEqual((yield* asking(server, tick(changed))).requests, {})
          })
        ),
      60_000
    )

    it.live(
      "does not believe digests that were taken before another run",
      () =>
        withSync(backend, () =>
          Effect.gen(function* () {
            yield* ran(subject(people))
            const sync = yield* Sync
            const { follow } = yield* RunService
            const early = yield* sync.plan(subject(title(people, 1, "Head")), "incremental")
            const run = yield* sync.begin(early, by)
            if (run === null) return yield* Effect.die(new Error("nothing was begun"))
            assert.strictEqual((yield* Effect.flip(sync.begin(early, by)))._tag, "RunUnfinished")
            const over = yield* follow(run.id)
            const late = yield* ran(subject(title(people, 1, "Chief")))
            assert.strictEqual(late.run.status._tag, "Completed")
            const known = yield* digests
            yield* sync.settle(early, over)
            assert.deepStrictEqual(yield* digests, known)
            return undefined
          })
        ),
      60_000
    )

    it.live(
      "leaves the others alone when one person is provisioned, and knows afterwards what was sent",
      () =>
        withSync(backend, (server) =>
          Effect.gen(function* () {
            yield* ran(subject(people))
            const changed = subject(title(people, 2, "Head"))
            const sync = yield* Sync
            const planned = yield* sync.planOne(changed, "person1@example.com")
            const run = yield* sync.begin(planned, by)
            if (run === null) return yield* Effect.die(new Error("nothing was begun"))
            const over = yield* RunService.use(({ follow }) => follow(run.id))
            assert.strictEqual(over.kind, "provision")
            assert.strictEqual(over.status._tag, "Completed")
            yield* sync.settle(planned, over)
            const rest = yield* asking(server, ran(changed))
            assert.deepStrictEqual(
              rest.result.planned.plan.actions.map(({ label }) => label),
              ["person0@example.com"]
            )
            assert.strictEqual(rest.requests["GET Users/{id}"], 1)
            return undefined
          })
        ),
      60_000
    )
  })
}
