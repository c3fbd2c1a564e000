/** A request that takes long keeps its Idempotency-Key as long as it takes, and no longer. */
import { assert, describe, it } from "@effect/vitest"
import { Api } from "@loom-scim/contract/Api"
import { Idempotent } from "@loom-scim/contract/Idempotency"
import { Principal } from "@loom-scim/contract/Security"
import { Idempotency } from "@loom-scim/core/ports/Idempotency"
import { Deferred, Effect, Fiber } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import { route, RouteContext } from "effect/http/HttpRouter"
import { fromWeb, HttpServerRequest, ParsedSearchParams } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { TestClock } from "effect/testing"
import * as IdempotentLive from "../src/http/IdempotentLive.ts"

/** Some endpoint: what it does is left to the test. */
const some = (): Parameters<Idempotent["Service"]>[1] => {
  const all: Array<Parameters<Idempotent["Service"]>[1]> = []
  HttpApi.reflect(Api, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint, group }) => void all.push({ endpoint, group })
  })
  const found = all.find(({ endpoint }) => endpoint.method === "POST")
  if (found === undefined) throw new Error("no POST")
  return found
}

describe("a claim", () => {
  it.effect("is renewed each minute until the answer is kept", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const noted = (name: string) => Effect.sync(() => void calls.push(name))
      const store = Idempotency.of({
        claim: () => Effect.as(noted("claim"), { _tag: "Claimed" }),
        renew: () => noted("renew"),
        isRunning: () => Effect.succeed(false),
        keep: () => noted("keep"),
        release: () => noted("release"),
        prune: () => Effect.void
      })
      const release = yield* Deferred.make<void>()
      const begun = yield* Deferred.make<void>()
      const app = Deferred.succeed(begun, undefined).pipe(
        Effect.andThen(Deferred.await(release)),
        Effect.as(HttpServerResponse.empty({ status: 204 }))
      )
      const once = yield* Effect.provide(Effect.service(Idempotent), IdempotentLive.layer).pipe(
        Effect.provideService(Idempotency, store)
      )
      const request = fromWeb(new Request("http://x/v1", { method: "POST", headers: { "idempotency-key": "k" } }))
      const running = yield* once(app, some()).pipe(
        Effect.provideService(HttpServerRequest, request),
        Effect.provideService(Principal, { id: "k1", kind: "key", name: "ci", grants: [] }),
        Effect.provideService(ParsedSearchParams, {}),
        Effect.provideService(RouteContext, { params: {}, route: route("POST", "/v1", app) }),
        Effect.scoped,
        Effect.forkChild
      )
      yield* Deferred.await(begun)
      yield* TestClock.adjust("12 minutes")
      const meanwhile = [...calls]
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(running)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(meanwhile, ["claim", ...Array.from({ length: 12 }, () => "renew")])
      assert.deepStrictEqual(calls, [...meanwhile, "keep"])
    })
  )
})
