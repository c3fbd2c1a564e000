/** What a run does about a server that is not well, on the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { JournalFailure } from "../../src/ports/Journal.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import { type Behaviour, list, type Reply, type Seen } from "../scim/ScimClient.harness.ts"
import {
  id,
  by,
  run,
  created,
  nameIn,
  departure,
  userOf,
  shuttingOut,
  showing,
  rename,
  holding,
  held,
  driven,
  refused,
  count
} from "./Drive.harness.ts"

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

  it.effect("is seen to pause while the server asks to wait, but not for the moments that limits take", () =>
    Effect.gen(function* () {
      const limitedAt = (retryAfter: string) =>
        driven(200, (seen, index) => (index === 100 ? refused(429, { "retry-after": retryAfter }) : created(seen)))
      const long = yield* limitedAt("30")
      assert.deepStrictEqual(long.paused, ["rateLimited"])
      const status = long.statuses.find(({ _tag }) => _tag === "Paused")
      assert.isNotNull(status?._tag === "Paused" ? status.until : null)
      assert.isAtLeast(long.seconds, 30)
      assert.deepStrictEqual([long.end, count(long.states, "done"), new Set(long.posts).size], ["over", 200, 200])
      const short = yield* limitedAt("2")
      assert.deepStrictEqual([short.end, short.paused, count(short.states, "done")], ["over", [], 200])
    })
  )

  it.effect("is seen to pause when the server refuses without a word, or says 0 again and again", () =>
    Effect.gen(function* () {
      for (const headers of [{}, { "retry-after": "0" }]) {
        let isLimited = true
        const { end, paused, states } = yield* driven(
          60,
          (seen) => (isLimited ? refused(429, headers) : created(seen)),
          () =>
            Effect.andThen(
              Effect.sleep("90 seconds"),
              Effect.sync(() => (isLimited = false))
            )
        )
        assert.deepStrictEqual([end, count(states, "done")], ["over", 60])
        assert.deepStrictEqual([...new Set(paused)], ["rateLimited"])
      }
    })
  )

  it.effect("stops at once while its requests wait for the server, and leaves what was not sent as planned", () =>
    Effect.gen(function* () {
      const { end, paused, seconds, states } = yield* driven(
        200,
        (seen, index) => (index >= 100 ? refused(429, { "retry-after": "9" }) : created(seen)),
        (_, toStop) => Effect.andThen(Effect.sleep("4 seconds"), Deferred.succeed(toStop, undefined))
      )
      assert.strictEqual(end, "stopped")
      assert.deepStrictEqual(paused, ["interrupted"])
      assert.isAtMost(seconds, 5)
      assert.strictEqual(count(states, "done") + count(states, "planned"), 200)
    })
  )

  it.effect("looks up, when it goes on, an object that it left between two requests", () =>
    Effect.gen(function* () {
      const members = [{ id: "p0", key: "p0", label: "p0" }]
      const resource = { schemas: [], externalId: "crew", displayName: "Crew" }
      const group: Action = {
        _tag: "GroupCreate",
        key: "crew",
        label: "Crew",
        at: null,
        reason: "newInSource",
        resource,
        members
      }
      let isLimited = true
      let isIn = false
      const server = ({ method, path }: Seen): Behaviour => {
        const crew = { ...resource, id: "crew", members: isIn ? [{ value: "p0" }] : [] }
        if (method === "POST") return { status: 201, body: crew }
        if (method === "GET") return path === "/Groups" ? list(crew) : { body: crew }
        const isNow = isLimited
        isLimited = false
        if (isNow) return refused(429, { "retry-after": "60" })
        isIn = true
        return { body: crew }
      }
      const { asked, paused, states } = yield* driven(0, server, undefined, { more: [group] })
      assert.deepStrictEqual(paused, ["rateLimited"])
      assert.deepStrictEqual(
        asked.filter((one) => one === "POST /Groups"),
        ["POST /Groups"]
      )
      assert.deepStrictEqual(states, ["done"])
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

  it.effect("looks again at whom a decision was about, and leaves alone who is another by now", () =>
    Effect.gen(function* () {
      const [ann, bob, cid, dee] = [userOf("ann"), userOf("bob"), userOf("cid"), userOf("dee")]
      const server = showing([ann, { ...bob, userName: "robert" }], [{ ...cid, title: "Head" }])
      const more = [ann, bob, cid, dee].map(shuttingOut)
      const allowed = yield* driven(0, server, undefined, { judgement: held, isAllowed: true, more })
      assert.deepStrictEqual(allowed.dropped, [
        ["bob", "moved"],
        ["cid", "moved"]
      ])
      // Whoever is gone is found to be gone by the request.
      assert.includeMembers(allowed.asked, ["GET /Users", "GET /Users/cid", "PATCH /Users/ann", "PATCH /Users/dee"])
      assert.notInclude(allowed.asked, "PATCH /Users/bob")
      // Nobody had to wait for this one.
      const clear = yield* driven(0, server, undefined, { more: [shuttingOut(ann)] })
      assert.deepStrictEqual([clear.asked, clear.dropped], [["PATCH /Users/ann"], []])
    })
  )

  it.effect("leaves the last admin who is there when it goes on, unless that was decided about", () =>
    Effect.gen(function* () {
      const [ann, bob] = [userOf("ann", "admin"), userOf("bob")]
      const options = { judgement: held, isAllowed: true, more: [ann, bob].map(shuttingOut) }
      const spared = yield* driven(0, showing([ann, bob]), undefined, options)
      assert.deepStrictEqual(spared.dropped, [["ann", "lastAdmin"]])
      assert.deepStrictEqual(spared.states, ["dropped", "done"])
      const others = yield* driven(0, showing([ann, bob, userOf("zoe", "admin")]), undefined, options)
      assert.deepStrictEqual(others.dropped, [])
      const lastAdmin = { _tag: "LastAdmin", before: 1, after: 0, minimum: 1 } as const
      const decided = yield* driven(0, showing([ann, bob]), undefined, {
        ...options,
        judgement: { _tag: "Held", reasons: [lastAdmin] }
      })
      assert.deepStrictEqual(decided.dropped, [])
    })
  )

  it.effect("does not go on without having looked, and waits for the server", () =>
    Effect.gen(function* () {
      const ann = userOf("ann")
      let isDown = true
      const server = (seen: Seen): Reply => (isDown && seen.path === "/Users" ? { status: 401 } : showing([ann])(seen))
      const options = { judgement: held, isAllowed: true, more: [shuttingOut(ann)] }
      const stopped = yield* driven(0, server, undefined, options)
      assert.deepStrictEqual([stopped.paused, stopped.states], [["unauthorized"], ["planned"]])
      isDown = false
      assert.deepStrictEqual((yield* driven(0, server, undefined, options)).states, ["done"])
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
