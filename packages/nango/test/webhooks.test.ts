import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Nango } from "@nangohq/node"
import { Effect, Fiber, Latch, Layer, Redacted, Schema } from "effect"
import * as Mac from "effect/crypto/Mac"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { createHmac } from "node:crypto"
import { push } from "../src/connect/Push.ts"
import * as Hint from "../src/webhooks/Hint.ts"
import * as NangoWebhook from "../src/webhooks/NangoWebhook.ts"
import { isSigned } from "../src/webhooks/Signature.ts"
import { Shared } from "../src/webhooks/Shared.ts"
import { WebhookHandler } from "../src/webhooks/WebhookHandler.ts"
import type { Place } from "./support/world.ts"
import { attested, connected, place } from "./support/world.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const webCrypto = Mac.layerWebCrypto.pipe(Layer.provide(SecureRandom.layerWebCrypto))

/** What may become of a good signature on its way. */
const bends = {
  none: (good: string) => good,
  upperCase: (good: string) => good.toUpperCase(),
  shorter: (good: string) => good.slice(2),
  longer: (good: string) => `${good}00`,
  oneDigit: (good: string) => (good.startsWith("0") ? "1" : "0") + good.slice(1),
  noHex: () => "zz".repeat(32),
  empty: () => ""
}
const Bend = Schema.Literals(["none", "upperCase", "shorter", "longer", "oneDigit", "noHex", "empty"])

describe("signature", () => {
  const key = "0b7c5ab1-6f3d-4d3b-9d3e-52d1f1a7f2c4"
  const oracle = new Nango({ apiKey: "00000000-0000-4000-8000-000000000000", webhookSigningKey: key })
  const judged = (body: string, signature: string | undefined) =>
    Effect.provide(isSigned(Redacted.make(key), bytes(body), signature), webCrypto)

  it.effect.prop(
    "is judged as Nango's own library judges it",
    { text: Schema.String, isOurs: Schema.Boolean, bend: Bend },
    ({ bend, isOurs, text }) =>
      Effect.gen(function* () {
        // Lone surrogates are no text that can travel.
        const body = text.toWellFormed()
        const good = createHmac("sha256", isOurs ? key : "another")
          .update(body)
          .digest("hex")
        const signature = bends[bend](good)
        const expected = oracle.verifyIncomingWebhookRequest(body, { "X-Nango-Hmac-Sha256": signature })
        assert.strictEqual(yield* judged(body, signature), expected)
        assert.strictEqual(expected, isOurs && (bend === "none" || bend === "upperCase"))
      })
  )

  it.effect("is none when the header is missing", () =>
    Effect.map(judged("{}", undefined), (isGood) => assert.isFalse(isGood))
  )
})

describe("kinds", () => {
  const auth = { from: "nango", type: "auth", connectionId: "acme", providerConfigKey: "loom-scim", success: true }
  const read = (body: object) => {
    const webhook = NangoWebhook.parse(JSON.stringify(body))
    if (webhook === null) return null
    const hint = Hint.of(webhook, "loom-scim")
    return hint._tag === "Examine" ? [hint.setup, hint.key.connectionId, hint.because] : hint.because
  }

  it("are read as they are, also with more in them, and lead to a look or to nothing", () => {
    for (const [operation, success, because] of [
      ["creation", true, "creation went well"],
      ["override", false, "override failed"],
      ["refresh", false, "refresh failed"],
      ["of a later version", true, "of a later version went well"]
    ] as const) {
      const body = { ...auth, operation, success, error: { type: "x", description: "y" }, endUser: null, later: [1] }
      assert.deepStrictEqual(read(body), ["acme", "acme", because])
    }
    const tags = { loom_scim_connection: "beta" }
    assert.deepStrictEqual(read({ ...auth, connectionId: "5F/x", operation: "creation", tags }), [
      "beta",
      "5F/x",
      "creation went well"
    ])
    assert.include(read({ ...auth, connectionId: "5F/x", operation: "creation" }), "does not say")
    assert.include(read({ ...auth, providerConfigKey: "slack", operation: "creation" }), "another integration")
    const sync = { ...auth, type: "sync", syncName: "users", model: "User", syncType: "INCREMENTAL" }
    assert.include(read(sync), "went well")
    assert.deepStrictEqual(read({ ...sync, success: false }), ["acme", "acme", "sync users failed"])
    assert.isString(read({ ...auth, type: "forward", connectionId: null, payload: { any: 1 } }))
    assert.isString(read({ ...auth, type: "async_action", payload: {} }))
    assert.include(read({ from: "nango", type: "new_kind" }), "does not know")
    assert.isNull(read({ ...auth, from: "elsewhere", operation: "creation" }))
    assert.isNull(read({ ...auth, success: "yes", operation: "creation" }))
    assert.isNull(NangoWebhook.parse("{"))
    assert.isNull(NangoWebhook.parse("null"))
  })
})

describe("sharing", () => {
  it.effect("gives nobody an answer that is older than the question, and goes on without who asked first", () =>
    Effect.gen(function* () {
      const shared = new Shared<number, never>()
      const gate = yield* Latch.make()
      let rounds = 0
      const work = Effect.andThen(
        Effect.sync(() => {
          rounds += 1
          return rounds
        }),
        (round) => Effect.as(gate.await, round)
      )
      const ask = Effect.andThen(Effect.forkChild(shared.run("acme", work)), (asked) =>
        Effect.as(Effect.yieldNow, asked)
      )
      const first = yield* ask
      const later = [yield* ask, yield* ask]
      yield* Effect.forkChild(Fiber.interrupt(first))
      yield* gate.open
      assert.deepStrictEqual(yield* Effect.forEach(later, Fiber.join), [2, 2])
      assert.strictEqual(yield* shared.run("acme", work), 3)
    })
  )
})

describe("handling", () => {
  let world: Place
  beforeEach(async () => {
    world = await place()
  })
  afterEach(() => world.close())

  const handlerOf = ({ nango }: Place) =>
    WebhookHandler.layer({
      signingKey: Redacted.make(nango.signingKey),
      integration: "loom-scim",
      allowPrivateNetwork: true
    })
  type Sent = ReturnType<Place["nango"]["webhook"]>
  const deliver = ({ body, signature }: Sent) => WebhookHandler.use(({ handle }) => handle(bytes(body), signature))
  const run = <A, E>(effect: Effect.Effect<A, E, WebhookHandler | Layer.Success<Place["layer"]>>) =>
    Effect.runPromise(Effect.provide(effect, Layer.provideMerge(handlerOf(world), world.layer)))
  const stateOf = (id: "acme") =>
    Effect.gen(function* () {
      const found = (yield* (yield* SetupService).list).find((each) => each.id === id)
      return found?.state
    })

  it("refuses what is not signed, and what is signed and no webhook", () =>
    run(
      Effect.gen(function* () {
        const { body, signature } = world.nango.auth("acme")
        assert.strictEqual((yield* Effect.flip(deliver({ body: `${body} `, signature })))._tag, "NotFromNango")
        assert.strictEqual((yield* Effect.flip(deliver(world.nango.webhook([1]))))._tag, "NotAWebhook")
        assert.deepInclude(yield* deliver(world.nango.auth("acme")), { done: "nothing", setup: null })
      })
    ))

  it("connects a set-up when somebody pasted a good token in Nango, and falls when the endpoint refuses it", () =>
    run(
      Effect.gen(function* () {
        yield* attested("Acme")
        const { nango } = world
        const token = yield* Effect.promise(world.rotate)
        nango.connections.push({
          integration: "loom-scim",
          connectionId: "0d7e-from-a-session",
          apiKey: token,
          connectionConfig: { scimEndpoint: world.url },
          metadata: {},
          tags: { loom_scim_connection: "acme" },
          dead: false
        })
        const created = nango.auth("0d7e-from-a-session")
        assert.deepInclude(yield* deliver(created), { done: "adopted", setup: "acme", connected: true })
        const events = yield* (yield* SetupService).events((yield* (yield* SetupService).list)[0]?.id ?? assert.fail())
        assert.deepInclude(events.at(-1)?.actor, { face: "nango" })

        // A failure that Nango tells, and that is none: Nango takes a 500 of the server for wrong credentials.
        const failed = nango.auth("0d7e-from-a-session", { operation: "refresh", success: false })
        assert.deepInclude(yield* deliver(failed), { done: "examined", connected: true })

        yield* Effect.promise(world.revoke)
        assert.deepInclude(yield* deliver(failed), { done: "examined", connected: false })
        const fallen = yield* stateOf("acme")
        assert.isNotNull(fallen?.token?.lapsed ?? null)
        assert.include(fallen?.invalidations.map(({ step }) => step) ?? [], "credentials")
        // The old webhook of the creation once more: it changes nothing, since the endpoint says no.
        assert.deepInclude(yield* deliver(created), { connected: false })

        yield* Effect.promise(world.restore)
        assert.deepInclude(yield* deliver(created), { done: "adopted", connected: true })
      })
    ))

  it("looks for itself when the connection is gone in Nango, and asks for another delivery when Nango is not there", () =>
    run(
      Effect.gen(function* () {
        const { id } = yield* connected("Acme", world.url)
        yield* push({ id, integration: "loom-scim", entry: "loom-scim", dryRun: false })
        const sent = world.nango.auth("acme")
        world.nango.connections.length = 0
        const gone = yield* deliver(sent)
        assert.deepInclude(gone, { done: "examined", setup: "acme", connected: true })
        assert.include(gone.because, "no connection")
        world.nango.integrations.clear()
        assert.deepInclude(yield* deliver(sent), { done: "examined", connected: true })
        for (let n = 0; n < 2; n++) world.nango.faults.push({ status: 503, body: "{}" })
        assert.strictEqual((yield* Effect.flip(deliver(sent)))._tag, "NangoFailure")
      })
    ))

  it.live.prop(
    "comes to the same end in whatever order and however often webhooks arrive",
    {
      arriving: Schema.Array(
        Schema.Literals(["creation", "override", "overrideFailed", "refresh", "refreshFailed"])
      ).check(Schema.isMinLength(1), Schema.isMaxLength(6)),
      truth: Schema.Literals(["good", "revoked", "rotated"]),
      atOnce: Schema.Boolean
    },
    ({ arriving, atOnce, truth }) =>
      Effect.gen(function* () {
        const here = yield* Effect.acquireRelease(Effect.promise(place), ({ close }) => Effect.promise(close))
        const { nango } = here
        yield* Effect.gen(function* () {
          const { id } = yield* connected("Acme", here.url)
          yield* push({ id, integration: "loom-scim", entry: "loom-scim", dryRun: false })
          const made = nango.find("acme") ?? assert.fail("nothing was pushed")
          if (truth === "revoked") yield* Effect.promise(here.revoke)
          if (truth === "rotated") made.apiKey = yield* Effect.promise(here.rotate)
          const sent = arriving.map((kind) =>
            nango.auth("acme", { operation: kind.replace("Failed", ""), success: !kind.endsWith("Failed") })
          )
          yield* Effect.forEach(sent, deliver, { concurrency: atOnce ? "unbounded" : 1 })
          const { state } = yield* (yield* SetupService).get(id)
          assert.strictEqual(state.connected !== null, truth !== "revoked")
          assert.strictEqual(state.token?.lapsed === null, truth !== "revoked")
        }).pipe(Effect.provide(Layer.provideMerge(handlerOf(here), here.layer)))
      }).pipe(Effect.scoped),
    { timeout: 60_000, arbitrary: { runs: 8 } }
  )

  it("asks an endpoint once for many webhooks at once", () =>
    run(
      Effect.gen(function* () {
        const { id } = yield* connected("Acme", world.url)
        yield* push({ id, integration: "loom-scim", entry: "loom-scim", dryRun: false })
        const before = world.nango.requests.length
        const all = Array.from({ length: 20 }, () => world.nango.auth("acme"))
        const done = yield* Effect.forEach(all, deliver, { concurrency: "unbounded" })
        assert.isTrue(done.every(({ connected: is }) => is === true))
        const asked = world.nango.requests
          .slice(before)
          .filter((request) => request.startsWith("GET /connections/acme"))
        assert.isAtMost(asked.length, 2)
      })
    ))
})
