import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import * as Limiter from "../../src/scim/Limiter.ts"
import * as ScimClient from "../../src/scim/ScimClient.ts"
import { always, banning, bucket, rateBetween, slidingWindow, type Limit } from "./Limiter.harness.ts"
import { baseUrl, token, withClient } from "./ScimClient.harness.ts"

const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index))

/** A client of a server with a limit, 20 milliseconds away on the test's clock. */
const limited = (limit: Limit) => {
  const server = banning(limit)
  const http = HttpClient.make((request) =>
    Effect.gen(function* () {
      const wait = server.take(yield* Clock.currentTimeMillis)
      yield* Effect.sleep("20 millis")
      const init = wait === 0 ? {} : { status: 429, headers: { "retry-after": String(Math.ceil(wait / 1000)) } }
      return HttpClientResponse.fromWeb(request, new Response(wait === 0 ? `{"id":"1"}` : null, init))
    })
  )
  const client = Effect.provideService(
    ScimClient.make({ baseUrl, token: Redacted.make(token) }),
    HttpClient.HttpClient,
    http
  )
  return { client, server }
}

describe("the whole client, on the clock", () => {
  for (const [name, limit] of [
    ["bucket", () => bucket(always(100))],
    ["sliding window", () => slidingWindow(always(100), 1000)]
  ] as const) {
    it.effect(
      `keeps to 100 per second by ${name}: half a minute, no ban`,
      () =>
        Effect.gen(function* () {
          const { client, server } = limited(limit())
          const scim = yield* client
          const run = yield* Effect.forkChild(
            Effect.forEach(ids(2800), (id) => scim.get("Users", id), { concurrency: "unbounded", discard: true })
          )
          yield* TestClock.adjust("31 seconds")
          assert.isDefined(run.pollUnsafe())
          yield* Fiber.join(run)
          assert.strictEqual(server.acceptedAt.length, 2800)
          assert.isAtLeast(rateBetween(server.acceptedAt, 0, 29_000), 92)
          assert.strictEqual(server.bans(), 0)
        }),
      60_000
    )
  }
})

const options = { maxInFlight: 32, maxPause: "5 minutes" } as const
const closed = () => Effect.die("nobody waits that long")

describe("the gate", () => {
  it.effect("begins with ten, and lets the next in as others leave", () =>
    Effect.gen(function* () {
      const limiter = Limiter.make(options)
      let entered = 0
      const one = limiter.run(
        () =>
          Effect.andThen(
            Effect.sync(() => entered++),
            Effect.sleep("1 second")
          ),
        closed
      )
      yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 25 }, () => one),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(entered, 10)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(entered, 20)
    })
  )
  it.effect("gets the place of an interrupted request back, whether it waited or ran", () =>
    Effect.gen(function* () {
      const limiter = Limiter.make({ ...options, maxInFlight: 1 })
      let entered = 0
      const one = limiter.run(
        () =>
          Effect.andThen(
            Effect.sync(() => entered++),
            Effect.never
          ),
        closed
      )
      const running = yield* Effect.forkChild(one)
      const waiting = yield* Effect.forkChild(one)
      const last = yield* Effect.forkChild(one)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.interrupt(waiting)
      assert.strictEqual(entered, 1)
      yield* Fiber.interrupt(running)
      assert.strictEqual(entered, 2)
      yield* Fiber.interrupt(last)
      assert.strictEqual(yield* limiter.run(() => Effect.succeed(3), closed), 3)
    })
  )
  it.effect("wakes those who wait out a pause, one of them first", () =>
    Effect.gen(function* () {
      const limiter = Limiter.make(options)
      let entered = 0
      const one = limiter.run((ticket) => {
        entered++
        const answer = { ticket, nowMillis: 10_050, tookMillis: 50, kind: "GET" }
        return Effect.andThen(
          Effect.sleep("50 millis"),
          Effect.sync(() => limiter.answered(answer))
        )
      }, closed)
      limiter.refused({ now: 0, ticket: 1, saidMillis: 10_000, random: 0 })
      yield* Effect.forkChild(Effect.all([one, one, one], { concurrency: "unbounded" }))
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual(entered, 0)
      yield* TestClock.adjust("49 millis")
      assert.strictEqual(entered, 1)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(entered, 3)
    })
  )
  it.effect("fails those who wait when a pause becomes longer than anybody waits", () =>
    Effect.gen(function* () {
      const limiter = Limiter.make({ ...options, maxInFlight: 1 })
      const refusing = limiter.run(
        (ticket) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => limiter.refused({ now: 1000, ticket, saidMillis: 3_600_000, random: 0 }))
          ),
        closed
      )
      yield* Effect.forkChild(refusing)
      const waiting = yield* Effect.forkChild(limiter.run(() => Effect.succeed(0), Effect.succeed))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(waiting), 3_600_000)
    })
  )
})

describe("a server in trouble", () => {
  // Each of the first ten fails before the next is begun, or all of them together.
  for (const [name, behaviour, left] of [
    ["answers 503", { status: 503 }, 1],
    ["resets connections", "ECONNRESET", 1],
    ["does not answer", "hang", 5]
  ] as const) {
    it.effect(`that ${name} has fewer requests under way`, () =>
      withClient(
        (_, index) => (index < 10 ? behaviour : "hang"),
        (client, seen) =>
          Effect.gen(function* () {
            yield* Effect.forkChild(
              Effect.forEach(ids(40), (id) => Effect.exit(client.get("Users", id)), { concurrency: "unbounded" })
            )
            yield* TestClock.adjust("1 millis")
            if (behaviour === "hang") yield* TestClock.adjust("5 seconds")
            assert.strictEqual(seen.length, 10 + left)
          }),
        { maxRetries: 0, timeout: "5 seconds" }
      )
    )
  }
  it.effect("that says 501 or refuses what is wrong with a request is in no trouble", () =>
    withClient(
      (_, index) => (index < 10 ? { status: index % 2 === 0 ? 501 : 404 } : "hang"),
      (client, seen) =>
        Effect.gen(function* () {
          yield* Effect.forkChild(
            Effect.forEach(ids(40), (id) => Effect.exit(client.get("Users", id)), { concurrency: "unbounded" })
          )
          yield* TestClock.adjust("1 millis")
          assert.strictEqual(seen.length, 20)
        })
    )
  )
})
