import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Stream, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { failure, list, played, withClient } from "./ScimClient.harness.ts"

const ada = { id: "1", userName: "ada@example.com" }

describe("429", () => {
  it.effect("slows the whole client, as long as the server says", () =>
    withClient(
      (_, index) => (index === 0 ? { status: 429, headers: { "retry-after": "20" } } : { body: ada }),
      (client, seen) =>
        Effect.gen(function* () {
          const first = yield* Effect.forkChild(client.get("Users", "1"))
          yield* TestClock.adjust("1 second")
          const others = yield* Effect.forkChild(
            Effect.all([client.get("Users", "2"), client.patch("Users", "3", [])], { concurrency: "unbounded" })
          )
          yield* TestClock.adjust("18 seconds")
          assert.strictEqual(seen.length, 1, "nobody asks while the server wants peace")
          yield* TestClock.adjust("2 seconds")
          yield* Fiber.join(first)
          yield* Fiber.join(others)
          assert.strictEqual(seen.length, 4)
        })
    )
  )
  it.effect("spaces requests out afterwards", () =>
    withClient(
      (_, index) => (index === 0 ? { status: 429, headers: { "retry-after": "1" } } : { body: ada }),
      (client, seen) =>
        Effect.gen(function* () {
          const ids = Array.from({ length: 20 }, (_, index) => String(index))
          yield* Effect.forkChild(client.get("Users", "first"))
          yield* TestClock.adjust("1 millis")
          yield* Effect.forkChild(Effect.forEach(ids, (id) => client.get("Users", id), { concurrency: "unbounded" }))
          yield* TestClock.adjust("1 second")
          assert.isBelow(seen.length, 6)
          yield* TestClock.adjust("5 seconds")
          assert.strictEqual(seen.length, 22)
        })
    )
  )
  it.effect("is waited for a bounded number of times", () =>
    withClient(
      () => ({ status: 429, headers: { "retry-after": "2" } }),
      (client, seen) =>
        Effect.gen(function* () {
          const { exit } = yield* played(client.get("Users", "1"))
          const error = failure(exit)
          assert.isTrue(error._tag === "RateLimited" && error.retryAfterMillis === 2000)
          assert.strictEqual(seen.length, 4)
        }),
      { maxWaits: 3 }
    )
  )
  it.effect("is believed once when the server says 0, and then waited for longer each time", () =>
    withClient(
      (_, index) => (index < 5 ? { status: 429, headers: { "retry-after": "0" } } : { body: ada }),
      (client, seen) =>
        Effect.gen(function* () {
          const { exit, seconds } = yield* played(client.get("Users", "1"))
          assert.isTrue(Exit.isSuccess(exit))
          assert.strictEqual(seen.length, 6)
          assert.isAtLeast(seconds, 7)
        })
    )
  )
  it.effect("names no time that the server did not mean", () =>
    withClient(
      () => ({ status: 429, headers: { "retry-after": "0" } }),
      (client) =>
        Effect.gen(function* () {
          const { exit } = yield* played(client.get("Users", "1"))
          assert.include(failure(exit).next, "Wait a few minutes")
        })
    )
  )
  it.effect("a longer pause than anybody waits fails at once, also for others, without a request", () =>
    withClient(
      () => ({ status: 429, headers: { "retry-after": "3600" } }),
      (client, seen) =>
        Effect.gen(function* () {
          for (const id of ["1", "2"]) {
            const { exit, seconds } = yield* played(client.get("Users", id))
            const error = failure(exit)
            assert.isTrue(error._tag === "RateLimited" && (error.retryAfterMillis ?? 0) > 3_500_000)
            assert.isAtMost(seconds, 1)
          }
          assert.strictEqual(seen.length, 1)
        })
    )
  )
  it.effect("no more than maxInFlight are under way, and requestsPerSecond is kept", () =>
    withClient(
      () => "hang",
      (client, seen) =>
        Effect.gen(function* () {
          const ids = Array.from({ length: 9 }, (_, index) => String(index))
          yield* Effect.forkChild(Effect.forEach(ids, (id) => client.get("Users", id), { concurrency: "unbounded" }))
          yield* TestClock.adjust("900 millis")
          assert.strictEqual(seen.length, 2)
          yield* TestClock.adjust("9 seconds")
          assert.strictEqual(seen.length, 3)
        }),
      { maxInFlight: 3, requestsPerSecond: 2 }
    )
  )
})

describe("spans", () => {
  it.effect("say what happened, and nothing about whom", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      yield* withClient(
        ({ path }) => (path === "/Users" ? list(ada) : { status: 409, body: { detail: "ada@example.com" } }),
        (client) =>
          Effect.gen(function* () {
            yield* Stream.runDrain(client.list("Users", { filter: 'userName eq "ada@example.com"' }))
            yield* Effect.exit(client.get("Users", "ada-id"))
          })
      ).pipe(Effect.withTracer(tracer))
      assert.deepStrictEqual([...new Set(spans.map(({ name }) => name))], ["scim GET /Users", "scim GET /Users/{id}"])
      const told = spans.map((span) => {
        const exit = span.status._tag === "Ended" ? span.status.exit : Exit.void
        const messages = Exit.isFailure(exit) ? Cause.prettyErrors(exit.cause).map(({ message }) => message) : []
        return JSON.stringify([span.name, [...span.attributes], messages])
      })
      assert.notMatch(told.join(), /ada|userName|filter|key/)
      assert.include(told.join(), "409")
      assert.include(told.join(), "scim.example.com")
    })
  )
})
