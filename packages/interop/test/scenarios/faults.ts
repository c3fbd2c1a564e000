/** Limits, breakdowns, versions that mean nothing, and what must not happen to the token. */
import { assert } from "@effect/vitest"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import { Effect, Result } from "effect"
import { startQuirkServer } from "../../src/QuirkServer.ts"
import { clientOf, person, platform, running, withClient } from "../harness.ts"
import { answered, bare, crowd, kept, scenario, type Bench } from "./Scenario.ts"

/** A user is created once, whatever goes wrong. */
const createdOnce = ({ client, server }: Bench, settled: "answer" | "lookup" | null) =>
  Effect.gen(function* () {
    const others = crowd(server, 3)
    const created = yield* client.create("Users", person("ada", { externalId: "e-ada" }))
    if (settled !== null) assert.strictEqual(created.settled, settled)
    assert.deepStrictEqual(
      server.users().map(({ id }) => id),
      [...others, created.id]
    )
    assert.strictEqual((yield* client.get("Users", created.id)).resource["externalId"], "e-ada")
    return created.id
  })

/** Changes what was read, with the version it had. */
const changedAsRead = ({ client, server }: Bench) =>
  Effect.gen(function* () {
    const [id = "", other = ""] = crowd(server, 2)
    const { resource, version } = yield* client.get("Users", id)
    yield* client.replace("Users", id, { ...resource, title: "Countess" })
    yield* client.patch("Users", id, [{ op: "replace", path: "nickName", value: "Ada" }], { version: null })
    assert.deepInclude(kept(server, id), { userName: "p000@corp.example", title: "Countess", nickName: "Ada" })
    assert.notProperty(kept(server, other), "title")
    return { id, version }
  })

/** Nothing of the token, and no request at all, may arrive there. */
const forbidden = (bench: Bench, url: string, addresses: () => ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const client = yield* clientOf({ url, token: bench.server.token }, { allowPrivateNetwork: false, maxRetries: 0 })
    const error = yield* Effect.flip(client.create("Users", person("ada")))
    assert.deepInclude({ ...error }, { _tag: "Transport", outcome: "forbiddenAddress", sent: "no" })
    assert.isEmpty(bench.server.requests)
    assert.isEmpty(bench.server.users())
  }).pipe(Effect.provide(platform(addresses)))

export const faults = {
  retryAfterMissing: scenario((bench) =>
    Effect.gen(function* () {
      const started = Date.now()
      yield* createdOnce(bench, "answer")
      assert.isAtLeast(Date.now() - started, 450)
    })
  ),
  retryAfterDate: scenario((bench) => Effect.asVoid(createdOnce(bench, "answer"))),
  rateLimitSwallowed: scenario((bench) =>
    Effect.gen(function* () {
      yield* createdOnce(bench, "lookup")
      assert.deepStrictEqual(
        answered(bench.server, "POST").map(({ status }) => status),
        [429, 409]
      )
    })
  ),
  faultsUnderLoad: scenario((bench) =>
    Effect.gen(function* () {
      const { client, server } = bench
      const id = yield* createdOnce(bench, null)
      const { resources, verdict } = yield* client.listAll("Users", { count: 2 })
      assert.deepStrictEqual([resources.length, verdict._tag], [4, "Complete"])
      yield* client.replace("Users", id, person("ada", { title: "Countess" }), { version: null })
      assert.strictEqual(kept(server, id)["title"], "Countess")
      yield* client.delete("Users", id)
      assert.lengthOf(server.users(), 3)
      assert.isNotEmpty(server.requests.filter(({ status }) => status === 0))
    })
  ),
  slowAnswers: scenario(
    ({ client, server }) =>
      Effect.gen(function* () {
        const [id = ""] = crowd(server, 1)
        const started = Date.now()
        const error = yield* Effect.flip(client.get("Users", id))
        assert.deepInclude({ ...error }, { _tag: "Transport", outcome: "timeout" })
        assert.isBelow(Date.now() - started, 3000)
      }),
    { client: { timeout: "300 millis", maxRetries: 1 } }
  ),
  eventualConsistency: scenario((bench) =>
    Effect.gen(function* () {
      const { client, server } = bench
      const id = yield* createdOnce(bench, "answer")
      assert.isNotEmpty(answered(server, "GET", 404))
      // What was never created stays unknown.
      assert.strictEqual((yield* Effect.flip(client.get("Users", "0-unknown")))._tag, "NotFound")
      assert.lengthOf(server.users(), 4)
      yield* client.delete("Users", id)
    })
  ),
  preconditionStale: scenario((bench) =>
    Effect.gen(function* () {
      const { server } = bench
      yield* changedAsRead(bench)
      assert.isNotEmpty(answered(server, "PUT", 412))
    })
  ),
  etagMissing: scenario((bench) =>
    Effect.gen(function* () {
      const { version } = yield* changedAsRead(bench)
      assert.isNull(version)
      assert.isTrue(bench.server.requests.every(({ ifMatch }) => ifMatch === undefined))
    })
  ),
  etagWeak: scenario((bench) =>
    Effect.gen(function* () {
      const { client, server } = bench
      const { id, version } = yield* changedAsRead(bench)
      assert.strictEqual(version, 'W/"1"')
      assert.strictEqual(answered(server, "PUT")[0]?.ifMatch, 'W/"1"')
      // A version that is really stale still counts.
      const stale = client.patch("Users", id, [{ op: "replace", path: "title", value: "None" }], { version: 'W/"1"' })
      assert.strictEqual((yield* Effect.flip(stale))._tag, "PreconditionFailed")
      assert.strictEqual(kept(server, id)["title"], "Countess")
    })
  ),
  etagConstant: scenario((bench) =>
    Effect.gen(function* () {
      yield* changedAsRead(bench)
      assert.isTrue(bench.server.requests.every(({ ifMatch }) => ifMatch === undefined))
    })
  ),
  redirects: scenario(({ server }) =>
    Effect.gen(function* () {
      const elsewhere = yield* running(() => startQuirkServer())
      const here = yield* running(() => startQuirkServer({ quirks: { redirects: true }, elsewhere: elsewhere.url }))
      yield* withClient(here, (client) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(client.create("Users", person("ada")))
          assert.isTrue(error._tag === "Redirected" && error.origin === new URL(elsewhere.url).origin)
        })
      )
      assert.deepStrictEqual([here.requests.length, elsewhere.requests.length], [1, 0])
      assert.strictEqual((yield* bare(elsewhere, "/Users")).status, 200)
      assert.isEmpty(server.requests)
    }).pipe(Effect.scoped)
  ),
  privateAddress: scenario((bench) =>
    Effect.gen(function* () {
      const { server } = bench
      yield* forbidden(bench, server.url, server.resolve)
      const refused = BridgeUrl.parse(server.url, { allowPrivateNetwork: false })
      assert.isTrue(Result.isFailure(refused) && refused.failure.reason === "address")
      // It is reached once that is allowed.
      assert.isEmpty((yield* bench.client.listAll("Users")).resources)
    })
  ),
  dnsRebinding: scenario((bench) =>
    Effect.gen(function* () {
      const { server } = bench
      // The check that came first saw a public address; the connection is made to what its own look-up says.
      assert.deepStrictEqual(server.resolve(), ["93.184.215.14"])
      yield* forbidden(bench, server.url.replace("127.0.0.1", "scim.example.com"), server.resolve)
      assert.deepStrictEqual(server.resolve(), ["127.0.0.1"])
    })
  )
} as const satisfies Partial<Record<Quirk, unknown>>
