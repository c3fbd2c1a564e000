/** What a run does about a server that is not well, on the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Exit, Layer, Redacted, Stream } from "effect"
import { HttpClient } from "effect/http"
import { ConnectedClient } from "../../src/operations/ConnectedClient.ts"
import { Fingerprint, Vault } from "../../src/ports/Vault.ts"
import { Profiles } from "../../src/ports/Profiles.ts"
import { JournalFailure } from "../../src/ports/Journal.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import { Runs } from "../../src/ports/Runs.ts"
import { drive } from "../../src/runs/Drive.ts"
import { type Run, RunId, type RunStatus } from "../../src/runs/Run.ts"
import { type RunEvent, RunEvents } from "../../src/runs/RunEvent.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { SetupService } from "../../src/setup/SetupService.ts"
import { initial } from "../../src/setup/State.ts"
import { type Behaviour, baseUrl, httpClient, list, played, type Reply, type Seen } from "../scim/ScimClient.harness.ts"
import * as MemoryRuns from "./memoryRuns.ts"

const at = DateTime.makeUnsafe("2026-11-24T00:00:00Z")
const evidence = { _tag: "Checked", by: "scim-probe", at, saw: "200" } as const
const id = RunId.make("20261124-000000-000001")
const connectionId = ConnectionId.make("acme")
const by = { name: "Ada", face: "cli" } as const

const create = (index: number): Action => {
  const label = `p${index}@example.com`
  const resource = { schemas: [], externalId: `p${index}`, userName: label }
  return { _tag: "Create", key: `p${index}`, label, at: null, reason: "newInSource", resource }
}

const run: Run = {
  id,
  connectionId,
  kind: "reconcile",
  parent: null,
  startedAt: at,
  startedBy: by,
  endedAt: null,
  source: "people",
  census: { people: 0, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 },
  withheld: [],
  plan: "plan",
  judgement: { _tag: "Clear" },
  status: { _tag: "Running" },
  stops: 0,
  cancelledBy: null
}

const created = ({ body }: Seen): Reply => ({
  status: 201,
  body: { ...JSON.parse(body), id: JSON.parse(body).externalId }
})

const nameIn = ({ body }: Seen): string => (body === "" ? "" : JSON.parse(body).userName)

const services = (kept: MemoryRuns.Kept, http: HttpClient.HttpClient, events: Array<RunEvent>) => {
  const state = {
    ...initial,
    bridgeUrl: { url: baseUrl, allowPrivateNetwork: false, evidence },
    token: {
      fingerprint: Fingerprint.make("0123456789ab"),
      obtainedAt: at,
      expiresAt: null,
      expiryAssumed: false,
      lapsed: null
    },
    deprovisioning: "deactivate",
    connected: { at, evidence }
  } as const
  const told = RunEvents.of({ publish: (event) => Effect.sync(() => void events.push(event)), of: () => Stream.never })
  return Layer.mergeAll(
    MemoryRuns.layer(kept),
    Layer.succeed(RunEvents, told),
    Layer.mock(SetupService)({ get: () => Effect.succeed({ id: connectionId, state }) }),
    ConnectedClient.layer.pipe(
      Layer.provide([
        Layer.mock(Vault)({ open: () => Effect.succeed(Redacted.make("token")) }),
        Layer.mock(Profiles)({ find: () => Effect.succeedNone, keep: () => Effect.void }),
        Layer.succeed(HttpClient.HttpClient, http)
      ])
    )
  )
}

const departure: Action = {
  _tag: "Deactivate",
  id: "gone",
  key: "gone",
  label: "gone@example.com",
  at: null,
  admin: { before: false, after: false },
  basis: "",
  reason: "goneFromSource",
  changes: [{ path: "active", before: null, after: false }],
  operations: [{ op: "replace", value: { active: false } }],
  before: { id: "gone", userName: "gone@example.com" }
}

/** Gives somebody another user name. */
const rename = (of: string, to: string): Action => ({
  _tag: "Update",
  id: of,
  key: of,
  label: to,
  at: null,
  admin: { before: false, after: false },
  basis: "",
  reason: "differs",
  changes: [{ path: "userName", before: of, after: to }],
  operations: [{ op: "replace", value: { userName: to } }]
})

/** A server whose users are named like their ids in the beginning, and that gives no name to two of them. */
const holding = (ids: ReadonlyArray<string>) => {
  const names = new Map(ids.map((one) => [one, one]))
  const answer = ({ body, path }: Seen): Reply => {
    const of = path.slice("/Users/".length)
    const userName = String(JSON.parse(body).Operations[0].value.userName)
    if ([...names].some(([other, name]) => name === userName && other !== of)) {
      return { status: 409, body: { scimType: "uniqueness", detail: "taken" } }
    }
    names.set(of, userName)
    return { body: { id: of, userName } }
  }
  return { answer, names }
}

/** With this judgement, somebody has to decide before anybody is shut out. */
const held: Run["judgement"] = {
  _tag: "Held",
  reasons: [{ _tag: "TooManyLosses", count: 1, of: 1, limit: { count: 0, percent: null } }]
}

/** Drives a run of so many creations, and maybe more; what it ends with, and what the server and the listeners saw. */
const driven = (
  people: number,
  answer: (seen: Seen, index: number) => Behaviour,
  meanwhile: (kept: MemoryRuns.Kept, toStop: Deferred.Deferred<void>) => Effect.Effect<unknown> = () => Effect.void,
  { judgement = run.judgement, more = [] }: { judgement?: Run["judgement"]; more?: ReadonlyArray<Action> } = {}
) =>
  Effect.gen(function* () {
    const kept = new MemoryRuns.Kept()
    const events: Array<RunEvent> = []
    const { client, seen } = httpClient(answer)
    const layer = services(kept, client, events)
    const actions = [...Array.from({ length: people }, (_, index) => create(index)), ...more]
    yield* Effect.provide(
      Runs.use((runs) => runs.begin({ ...run, judgement }, actions)),
      layer
    )
    const toStop = yield* Deferred.make<void>()
    const work = Effect.provide(drive(id, 1, toStop), layer)
    const { exit, seconds } = yield* played(
      Effect.raceFirst(work, Effect.andThen(meanwhile(kept, toStop), Effect.never))
    )
    const statuses = events.flatMap((event): ReadonlyArray<RunStatus> =>
      event._tag === "StatusChanged" ? [event.status] : []
    )
    return {
      end: Exit.isSuccess(exit) ? exit.value : exit,
      seconds,
      statuses,
      paused: statuses.flatMap((status) => (status._tag === "Paused" ? [status.reason] : [])),
      states: (kept.items.get(id) ?? []).map(({ state }) => state),
      nexts: (kept.items.get(id) ?? []).flatMap(({ outcome }) => (outcome?._tag === "Failed" ? [outcome.next] : [])),
      posts: seen.filter(({ method }) => method === "POST").map(nameIn)
    }
  })

const refused = (status: number, headers: Readonly<Record<string, string>> = {}): Behaviour => ({
  status,
  headers,
  body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: String(status) }
})

const count = (states: ReadonlyArray<string>, state: string) => states.filter((one) => one === state).length

describe("drive", () => {
  it.effect("creates everybody, once", () =>
    Effect.gen(function* () {
      const { end, posts, states, statuses } = yield* driven(150, created)
      assert.strictEqual(end, "over")
      assert.strictEqual(new Set(posts).size, 150)
      assert.strictEqual(posts.length, 150)
      assert.strictEqual(count(states, "done"), 150)
      assert.deepStrictEqual(
        statuses.map(({ _tag }) => _tag),
        ["Running", "Completed"]
      )
    })
  )

  it.effect("stops for a person when the token is not accepted, and leaves the rest as planned", () =>
    Effect.gen(function* () {
      const { end, states, statuses } = yield* driven(150, (seen, index) => (index < 40 ? created(seen) : refused(401)))
      assert.strictEqual(end, "stopped")
      const last = statuses.at(-1)
      assert.strictEqual(last?._tag === "Paused" ? last.reason : last, "unauthorized")
      assert.strictEqual(count(states, "done"), 40)
      assert.strictEqual(count(states, "planned"), 110)
    })
  )

  it.effect("waits as long as the server asks for, when that is longer than a client waits", () =>
    Effect.gen(function* () {
      let limited = 0
      const { end, paused, seconds, states } = yield* driven(5, (seen) =>
        limited++ === 0 ? refused(429, { "retry-after": "1200" }) : created(seen)
      )
      assert.strictEqual(end, "over")
      assert.deepStrictEqual([...new Set(paused)], ["rateLimited"])
      assert.isAtLeast(seconds, 1200)
      assert.strictEqual(count(states, "done"), 5)
    })
  )

  it.effect("lets one object fail that the server cannot deal with, and does the others", () =>
    Effect.gen(function* () {
      const poison = "p3@example.com"
      const { end, paused, states } = yield* driven(10, (seen) => {
        if (seen.method === "GET") return list()
        return nameIn(seen) === poison ? refused(500) : created(seen)
      })
      assert.strictEqual(end, "over")
      assert.deepStrictEqual(paused, [])
      assert.strictEqual(count(states, "done"), 9)
      assert.strictEqual(states[3], "failed")
    })
  )

  it.effect("waits for a server that answers nobody, longer each time, and goes on", () =>
    Effect.gen(function* () {
      let isDown = true
      const { end, paused, posts, states } = yield* driven(
        3,
        (seen) => (isDown ? "ECONNREFUSED" : created(seen)),
        () =>
          Effect.andThen(
            Effect.sleep("60 seconds"),
            Effect.sync(() => (isDown = false))
          )
      )
      assert.strictEqual(end, "over")
      assert.isAtLeast(paused.length, 2)
      assert.deepStrictEqual([...new Set(paused)], ["serverDown"])
      assert.strictEqual(count(states, "done"), 3)
      assert.isAbove(posts.length, 3)
    })
  )

  it.effect("sends nothing while its journal cannot be written, and goes on once it can", () =>
    Effect.gen(function* () {
      const full = new JournalFailure({ reason: "full", detail: "The disk is full", next: "Free some space" })
      const { end, paused, states } = yield* driven(200, created, (kept) =>
        Effect.gen(function* () {
          kept.failure = full
          yield* Effect.sleep("30 seconds")
          kept.failure = null
        })
      )
      assert.strictEqual(end, "over")
      assert.include(paused, "storage")
      assert.strictEqual(count(states, "done"), 200)
    })
  )

  it.effect("drops what is left when somebody cancels it", () =>
    Effect.gen(function* () {
      let cancel: () => unknown = () => undefined
      let sent = 0
      const { end, posts, states, statuses } = yield* driven(
        500,
        (seen) => {
          // One is lost with the request that somebody cancels at.
          if (seen.method === "GET" || ++sent === 20) {
            cancel()
            return "hang"
          }
          return created(seen)
        },
        (kept) => Effect.sync(() => (cancel = () => kept.runs.set(id, { ...run, cancelledBy: by })))
      )
      assert.strictEqual(end, "over")
      assert.deepStrictEqual(statuses.at(-1), { _tag: "Cancelled", by })
      assert.strictEqual(count(states, "intended"), 1)
      assert.strictEqual(count(states, "done"), posts.length - 1)
      assert.strictEqual(count(states, "dropped"), 500 - posts.length)
      assert.isAtMost(posts.length, 128)
    })
  )

  it.effect("waits for nobody's decision when somebody cancels it while all before the guard is under way", () =>
    Effect.gen(function* () {
      const slowly = (meanwhile?: Parameters<typeof driven>[2]) =>
        driven(3, (seen) => ({ ...created(seen), millis: 2000 }), meanwhile, { judgement: held, more: [departure] })
      const waiting = yield* slowly()
      assert.deepStrictEqual(waiting.statuses.at(-1), { _tag: "Waiting", reasons: ["TooManyLosses"] })
      // Also when somebody paused it before.
      for (const isPaused of [false, true]) {
        const { end, states, statuses } = yield* slowly((kept, toStop) =>
          Effect.gen(function* () {
            yield* Effect.sleep("1 second")
            if (isPaused) yield* Deferred.succeed(toStop, undefined)
            kept.runs.set(id, { ...run, judgement: held, cancelledBy: by })
          })
        )
        assert.strictEqual(end, "over")
        assert.deepStrictEqual(
          statuses.map(({ _tag }) => _tag),
          ["Running", "Cancelled"]
        )
        assert.deepStrictEqual(states, ["done", "done", "done", "dropped"])
      }
    })
  )

  it.effect("passes names on from one to the next, whatever the order in which they are sent", () =>
    Effect.gen(function* () {
      // Each takes the name of the next; the last one's new name is free.
      const ids = ["u0", "u1", "u2", "u3", "u4"]
      const { answer, names } = holding(ids)
      const more = ids.map((_, index) => rename(`u${index}`, `u${index + 1}`))
      const { states } = yield* driven(0, answer, undefined, { more })
      assert.deepStrictEqual(states, ["done", "done", "done", "done", "done"])
      assert.deepStrictEqual([...names.values()], ["u1", "u2", "u3", "u4", "u5"])
    })
  )

  it.effect("leaves two who change names as they were, says what to do, and does the others", () =>
    Effect.gen(function* () {
      const { answer, names } = holding(["u0", "u1", "u2"])
      const more = [rename("u0", "u1"), rename("u1", "u0"), rename("u2", "u9")]
      const { nexts, states } = yield* driven(0, answer, undefined, { more })
      assert.deepStrictEqual(states, ["failed", "failed", "done"])
      assert.deepStrictEqual([...names.values()], ["u0", "u1", "u9"])
      for (const next of nexts) assert.include(next, "give one of them another for one run")
      assert.lengthOf(nexts, 2)
    })
  )
})
