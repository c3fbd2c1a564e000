import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Journal } from "@loom-scim/core/ports/Journal"
import { Profiles } from "@loom-scim/core/ports/Profiles"
import * as Profile from "@loom-scim/core/scim/Profile"
import { Recorded } from "@loom-scim/core/setup/Event"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { Layer } from "effect"
import { DateTime, Effect, Redacted, Schema } from "effect"
import { NangoApi } from "../src/api/NangoApi.ts"
import { pull } from "../src/connect/Pull.ts"
import { push } from "../src/connect/Push.ts"
import { session } from "../src/connect/Session.ts"
import type { Place } from "./support/world.ts"
import { actor, attested, connected, place, token, vouch } from "./support/world.ts"

let world: Place
beforeEach(async () => {
  world = await place()
})
afterEach(() => world.close())

const run = <A, E>(effect: Effect.Effect<A, E, Layer.Success<Place["layer"]>>) =>
  Effect.runPromise(Effect.provide(effect, world.layer))

const options = { integration: "loom-scim", entry: "loom-scim", dryRun: false } as const
const key = (connectionId: string) => ({ integration: "loom-scim", connectionId })
const pulling = { allowPrivateNetwork: true, actor }

/** The message of a failure, which must be one. */
const failing = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ message }) => message)

const tagsOf = (id: string) =>
  Effect.map(
    Journal.use(({ list }) => list),
    () => world.nango.find(id)?.tags
  )

describe("push", () => {
  it("makes a connection of a finished set-up, and then only what differs", () =>
    run(
      Effect.gen(function* () {
        const { id } = yield* connected("Acme", world.url)
        const dry = yield* push({ id, ...options, dryRun: true })
        assert.deepStrictEqual([dry.outcome, world.nango.connections.length], ["created", 0])

        const created = yield* push({ id, ...options })
        assert.deepStrictEqual(created, { key: key("acme"), outcome: "created", changes: [] })
        const made = world.nango.find("acme")
        assert.deepInclude(made, { apiKey: token, connectionConfig: { scimEndpoint: world.url } })
        assert.deepStrictEqual(made?.tags, { loom_scim_connection: "acme" })
        assert.deepStrictEqual(made?.metadata, {
          loomScimSetup: { connection: "acme", bridgeUrl: world.url, deprovisioning: "deactivate" }
        })

        const again = yield* push({ id, ...options })
        assert.deepStrictEqual([again.outcome, again.changes], ["unchanged", []])
        assert.lengthOf(
          world.nango.requests.filter((request) => request.startsWith("POST")),
          1
        )
      })
    ))

  it("brings each part up to date and leaves what others keep there", () =>
    run(
      Effect.gen(function* () {
        const { id } = yield* connected("Acme", world.url)
        yield* push({ id, ...options })
        const made = world.nango.find("acme")
        assert.isDefined(made)
        if (made === undefined) return

        made.metadata = { theirs: [1], ...made.metadata }
        made.tags = { ...made.tags, team: "it" }
        assert.deepStrictEqual((yield* push({ id, ...options })).changes, [])

        yield* (yield* Profiles).keep(id, world.url, Profile.unknown)
        assert.deepStrictEqual((yield* push({ id, ...options })).changes, ["metadata"])
        assert.deepInclude(made.metadata, { theirs: [1], loomScim: { profile: Profile.unknown } })
        // Functions in Nango learn for themselves; that is no difference.
        const learnt = { profile: { ...Profile.unknown, quirks: { noETag: 3 } } }
        made.metadata = { ...made.metadata, loomScim: learnt }
        assert.deepStrictEqual((yield* push({ id, ...options })).changes, [])
        assert.deepInclude(made.metadata, { loomScim: learnt })
        made.metadata = {
          ...made.metadata,
          loomScimSetup: { connection: id, bridgeUrl: "https://old.example.com", deprovisioning: "deactivate" }
        }
        assert.deepStrictEqual((yield* push({ id, ...options })).changes, ["metadata"])
        assert.deepInclude(made.metadata, { loomScim: { profile: Profile.unknown } })

        made.tags = { team: "it" }
        const tagged = yield* push({ id, ...options, connectionId: "acme" })
        assert.deepStrictEqual([tagged.changes, made.tags], [["tags"], { team: "it", loom_scim_connection: "acme" }])

        made.apiKey = "an old one"
        made.webhookUrl = "https://hooks.example.com/nango"
        made.connectionConfig = { domain: "old.example.com" }
        const renewed = yield* push({ id, ...options })
        assert.deepStrictEqual([renewed.outcome, renewed.changes], ["updated", ["token", "connectionConfig"]])
        assert.deepInclude(made, { apiKey: token, connectionConfig: { scimEndpoint: world.url } })
        assert.deepInclude(made.metadata, { theirs: [1] })
        assert.deepStrictEqual(made.tags, { team: "it", loom_scim_connection: "acme" })
        assert.strictEqual(made.webhookUrl, "https://hooks.example.com/nango")

        made.dead = true
        assert.deepStrictEqual((yield* push({ id, ...options })).changes, ["token", "connectionConfig"])
        assert.isFalse(made.dead)
        assert.lengthOf(world.nango.connections, 1)
      })
    ))

  it("refuses what is not finished, not Loom's, somebody else's or ambiguous, and changes nothing", () =>
    run(
      Effect.gen(function* () {
        const open = yield* attested("Open")
        assert.include(yield* failing(push({ id: open.id, ...options })), "loom-scim setup --connection open")
        const { id } = yield* connected("Acme", world.url)
        assert.include(yield* failing(push({ id, ...options, integration: "slack" })), "provider slack, not loom-scim")
        assert.include(yield* failing(push({ id, ...options, integration: "nix" })), 'no integration "nix"')
        const official = yield* failing(push({ id, ...options, entry: "official" }))
        assert.include(official, "https://<host>/scim")
        assert.lengthOf(world.nango.connections, 0)

        yield* push({ id, ...options })
        const beta = yield* connected("Beta", world.url)
        const theirs = yield* failing(push({ id: beta.id, ...options, connectionId: "acme" }))
        assert.include(theirs, "acme in Nango belongs to the set-up acme")
        yield* push({ id: beta.id, ...options })
        const copy = world.nango.find("beta")
        if (copy !== undefined) copy.tags = { loom_scim_connection: "acme" }
        assert.include(yield* failing(push({ id, ...options })), "acme, beta")
      })
    ))
})

describe("pull", () => {
  it("tries the credentials itself, leaves to people what only they know, and takes up where they have come to", () =>
    run(
      Effect.gen(function* () {
        world.nango.connections.push({
          ...key("from-connect-ui"),
          apiKey: token,
          connectionConfig: { scimEndpoint: world.url },
          metadata: {},
          tags: { team: "it" },
          dead: false
        })
        const first = yield* pull({ key: key("from-connect-ui"), name: "Acme", ...pulling })
        assert.deepInclude(first, { began: true, credentials: "waiting" })
        assert.strictEqual(first.report.totalUsers, 3)
        assert.lengthOf(first.open, 8)
        const events = yield* (yield* SetupService).events(first.connection.id)
        // Nothing is vouched for on anybody's behalf.
        assert.deepStrictEqual(
          events.map(({ event }) => event._tag),
          ["Begun"]
        )
        assert.deepStrictEqual(yield* tagsOf("from-connect-ui"), { team: "it", loom_scim_connection: "acme" })

        yield* vouch(first.connection.id)
        const second = yield* pull({ key: key("from-connect-ui"), ...pulling })
        assert.deepInclude(second, { began: false, credentials: "kept", open: [] })
        assert.strictEqual(second.connection.id, first.connection.id)
        assert.strictEqual(second.connection.state.connected?.evidence.by, "scim-probe")

        const third = yield* pull({ key: key("from-connect-ui"), ...pulling })
        assert.deepInclude(third, { began: false, credentials: "same", open: [] })
        const { metadata } = world.nango.find("from-connect-ui") ?? assert.fail("it is gone")
        assert.deepStrictEqual(metadata, {
          loomScimSetup: { connection: "acme", bridgeUrl: world.url, deprovisioning: "deactivate" }
        })
        const again = yield* push({ id: first.connection.id, ...options })
        assert.deepStrictEqual([again.key, again.changes], [key("from-connect-ui"), []])
        assert.lengthOf(world.nango.connections, 1)
      })
    ))

  it("takes over a token that was rotated in Nango, once the endpoint takes it", () =>
    run(
      Effect.gen(function* () {
        const { id } = yield* connected("Acme", world.url)
        yield* push({ id, ...options })
        const made = world.nango.find("acme")
        if (made === undefined) return assert.fail("nothing was pushed")
        made.apiKey = "tok_that-nobody-takes"
        const refused = yield* failing(pull({ key: key("acme"), ...pulling }))
        assert.include(refused, "do not pass")
        assert.notInclude(refused, "tok_that")
        assert.isNotNull((yield* (yield* SetupService).get(id)).state.connected)

        made.apiKey = yield* Effect.promise(world.rotate)
        const pulled = yield* pull({ key: key("acme"), ...pulling })
        assert.deepInclude(pulled, { credentials: "kept", open: [] })
        assert.isNotNull(pulled.connection.state.connected)
      })
    ))

  it("refuses another endpoint, a connection that leads nowhere and one without a key; nothing is begun", () =>
    run(
      Effect.gen(function* () {
        const { id } = yield* connected("Acme", world.url)
        const stored = { apiKey: token, metadata: {}, tags: {}, dead: false }
        world.nango.connections.push(
          { ...stored, ...key("other"), connectionConfig: { domain: "other.example.com" } },
          { ...stored, ...key("nowhere"), connectionConfig: { domain: "https://a/b" } }
        )
        assert.include(yield* failing(pull({ key: key("other"), into: id, ...pulling })), "another endpoint")
        assert.include(yield* failing(pull({ key: key("nowhere"), ...pulling })), "leads nowhere")
        assert.include(yield* failing(pull({ key: key("missing"), ...pulling })), 'no connection "missing"')
        const elsewhere = { loom_scim_connection: "of-another-installation" }
        const config = { connectionConfig: { scimEndpoint: world.url } }
        world.nango.connections.push({ ...stored, ...key("theirs"), ...config, tags: elsewhere })
        const theirs = yield* failing(pull({ key: key("theirs"), ...pulling }))
        assert.include(theirs, "of-another-installation, which is not here")
        assert.lengthOf(yield* (yield* SetupService).list, 1)
        assert.deepStrictEqual(yield* tagsOf("other"), {})
      })
    ))
})

describe("session", () => {
  it("makes a link for one end user, with the endpoint filled in and the set-up in the tags", () =>
    run(
      Effect.gen(function* () {
        const { id } = yield* connected("Acme", world.url)
        const endUser = { id: "u-1", email: "ada@acme.com" }
        const made = yield* session({ id, integration: "loom-scim", entry: "loom-scim", endUser })
        const link = new URL(Redacted.value(made.connect_link))
        assert.match(link.href, /^https:\/\/connect\.nango\.dev\/\?session_token=nango_connect_session_/)
        assert.strictEqual(link.searchParams.get("apiURL"), world.nangoUrl)
        assert.isTrue(DateTime.isGreaterThan(made.expires_at, yield* DateTime.now))
        assert.deepStrictEqual(world.nango.sessions, [
          {
            end_user: { id: "u-1", email: "ada@acme.com" },
            allowed_integrations: ["loom-scim"],
            tags: { loom_scim_connection: "acme" },
            integrations_config_defaults: { "loom-scim": { connection_config: { scimEndpoint: world.url } } }
          }
        ])
        assert.isNull(made.renews)

        yield* push({ id, ...options })
        const again = yield* session({ id, integration: "loom-scim", entry: "loom-scim", endUser: { id: "u-1" } })
        assert.strictEqual(again.renews, "acme")
        assert.deepInclude(world.nango.sessions[1], { connection_id: "acme", integration_id: "loom-scim" })
        const invalid = yield* failing(
          session({ id, integration: "loom-scim", entry: "loom-scim", endUser: { id: "u-1", email: "ada" } })
        )
        assert.include(invalid, "Invalid email")
      })
    ))
})

describe("secrets", () => {
  it("are in no error, no event and no request line", () =>
    run(
      Effect.gen(function* () {
        const { nango } = world
        const { id } = yield* connected("Acme", world.url)
        nango.refusedKeys.add(token)
        const texts = [yield* failing(push({ id, ...options }))]
        assert.include(texts[0], "refused them")
        nango.refusedKeys.clear()
        const both = JSON.stringify({ error: { code: "invalid_body", message: `${nango.secretKey} sent ${token}` } })
        // The integration, the tagged connection and the named one are asked for before anything is sent.
        const loom = JSON.stringify({ data: { unique_key: "loom-scim", provider: "loom-scim" } })
        for (const body of [loom, '{"connections":[]}', '{"connections":[]}']) nango.faults.push({ status: 200, body })
        nango.faults.push({ status: 400, body: both })
        texts.push(yield* failing(push({ id, ...options })))
        assert.include(texts[1], "sent")
        yield* push({ id, ...options })
        const echo = JSON.stringify({
          error: { code: "x", message: `got ${nango.secretKey} in ${encodeURIComponent(nango.secretKey)}` }
        })
        nango.faults.push({ status: 500, body: echo })
        texts.push(yield* failing(NangoApi.use((api) => api.integrations)))
        nango.faults.push({ status: 200, body: JSON.stringify({ credentials: { apiKey: token } }) })
        texts.push(yield* failing(NangoApi.use((api) => api.getWithCredentials(key("acme")))))
        const whole = yield* NangoApi.use((api) => api.getWithCredentials(key("acme")))
        texts.push(JSON.stringify(whole), String(whole.credentials.apiKey))
        const events = yield* (yield* SetupService).events(id)
        texts.push(JSON.stringify(events.map((event) => Schema.encodeSync(Recorded)(event))), ...nango.requests)
        for (const text of texts) {
          assert.notInclude(text, nango.secretKey)
          assert.notInclude(text, token)
        }
      })
    ))
})
