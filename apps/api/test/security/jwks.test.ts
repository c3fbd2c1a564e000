/** The issuer's keys over time. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Jwks from "../../src/auth/Jwks.ts"
import * as FakeResolver from "../../../../packages/platform-node/test/http/fakeResolver.ts"
import { closeAll } from "../support/api.ts"
import { serveKeys, signer } from "./issuer.ts"

afterEach(closeAll)

const kids = ({ keys }: Jwks.KeySet) => keys.map(({ kid }) => kid)
const resolver = FakeResolver.layer(() => undefined)

describe("keys of an issuer", () => {
  it.effect("are kept for ten minutes, rotated on demand after half of one, and outlive an outage", () =>
    Effect.gen(function* () {
      const { state, url } = yield* Effect.promise(() => serveKeys([signer("EdDSA", "a")]))
      const jwks = yield* Jwks.make(url, true)
      assert.deepStrictEqual(kids(yield* jwks.known), ["a"])
      state.signers = [signer("EdDSA", "b")]
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(kids(yield* jwks.renewed), ["a"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(kids(yield* jwks.known), ["a"])
      assert.deepStrictEqual(kids(yield* jwks.renewed), ["b"])
      state.signers = [signer("EdDSA", "c")]
      yield* TestClock.adjust("9 minutes")
      assert.deepStrictEqual(kids(yield* jwks.known), ["b"])
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(kids(yield* jwks.known), ["c"])
      state.status = 500
      yield* TestClock.adjust("11 minutes")
      assert.deepStrictEqual(kids(yield* jwks.known), ["c"])
      assert.strictEqual(state.asked, 4)
    }).pipe(Effect.scoped, Effect.provide(resolver))
  )

  it.effect("are not asked for by every request while the issuer is away", () =>
    Effect.gen(function* () {
      const { state, url } = yield* Effect.promise(() => serveKeys([signer("EdDSA", "a")]))
      state.status = 503
      const jwks = yield* Jwks.make(url, true)
      for (let request = 0; request < 5; request++) yield* Effect.flip(jwks.known)
      assert.strictEqual(state.asked, 1)
      state.status = 200
      yield* TestClock.adjust("31 seconds")
      assert.deepStrictEqual(kids(yield* jwks.known), ["a"])
    }).pipe(Effect.scoped, Effect.provide(resolver))
  )
})
