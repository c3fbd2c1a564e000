import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { startNango } from "../../../packages/nango/test/support/NangoStandIn.ts"
import * as Access from "../src/nango/Access.ts"
import { closeAll, closing, start } from "./support/api.ts"
import { token } from "./support/reconcile.ts"
import { connected, control } from "./support/workspace.ts"

const path = "/v1/nango/webhooks"

afterEach(closeAll)

/** A stand-in for Nango, and what the environment of a server that listens to it holds. */
const withNango = async () => {
  const { close, nango, url } = await startNango()
  closing(close)
  const environment = { LOOM_SCIM_NANGO_SIGNING_KEY: nango.signingKey }
  const asking = { ...environment, LOOM_SCIM_NANGO_SECRET_KEY: nango.secretKey, LOOM_SCIM_NANGO_HOST: url }
  return { nango, listening: { nango: await settings(environment) }, asking: { nango: await settings(asking) } }
}

const settings = (env: Readonly<Record<string, string>>, allowPrivateNetwork = true) =>
  Access.read(allowPrivateNetwork).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
    Effect.runPromise
  )

describe(`POST ${path}`, () => {
  it("is not there without a signing key", async () => {
    const api = await start()
    const answer = await api.anonymous("POST", path, { body: "{}" })
    assert.strictEqual(answer.status, 404)
    assert.strictEqual(answer.json["type"], "urn:loom-scim:problem:not-found")
  })

  it("takes what Nango signed, and nothing else, whatever key comes with it", async () => {
    const { listening, nango } = await withNango()
    const api = await start({ ...listening, bodyLimit: 2048 })
    const { body, signature } = nango.auth("acme")
    const send = (text: string, headers: Readonly<Record<string, string>>) =>
      api.call("POST", path, { body: text, headers })
    assert.strictEqual((await send(body, {})).status, 401)
    assert.strictEqual((await send(`${body}\n`, { "x-nango-hmac-sha256": signature })).status, 401)
    const unsigned = await send(body, {
      "x-nango-hmac-sha256": signature.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))
    })
    assert.strictEqual(unsigned.json["type"], "urn:loom-scim:problem:unauthenticated")
    const none = nango.webhook({ type: "auth" })
    assert.strictEqual((await send(none.body, { "X-Nango-Hmac-Sha256": none.signature })).status, 400)
    const large = nango.webhook({ type: "forward", providerConfigKey: "loom-scim", payload: "x".repeat(4096) })
    assert.strictEqual((await send(large.body, { "x-nango-hmac-sha256": large.signature })).status, 413)

    const taken = await api.anonymous("POST", path, { body, headers: { "x-nango-hmac-sha256": signature } })
    assert.strictEqual(taken.status, 200, taken.text)
    assert.deepInclude(taken.json, { done: "nothing", setup: null, because: "no set-up has that id" })
    for (const text of [taken.text, unsigned.text, ...api.logged]) {
      assert.notInclude(text, nango.signingKey)
      assert.notInclude(text, signature)
    }
  })

  it("looks at the endpoint and records what it saw", async () => {
    const { listening, nango } = await withNango()
    const { api, world } = await connected({}, undefined, listening)
    const tell = async (more: object) => {
      const { body, signature } = nango.auth("acme", more)
      const answer = await api.anonymous("POST", path, { body, headers: { "x-nango-hmac-sha256": signature } })
      assert.strictEqual(answer.status, 200, answer.text)
      return answer.json
    }
    const failed = { operation: "refresh", success: false, error: { type: "invalid", description: "dead" } }
    assert.deepInclude(await tell(failed), { done: "examined", setup: "acme", connected: true })
    await control(world, "/token", { action: "revoke" })
    assert.deepInclude(await tell({}), { done: "examined", setup: "acme", connected: false })
    const events = await api.call("GET", "/v1/connections/acme/setup/events?limit=200")
    assert.include(events.text, '"face":"nango"')
    assert.include(events.text, "StepInvalidated")
    for (const text of [events.text, ...api.logged]) assert.notInclude(text, token)
  })

  it("asks Nango back when it has a key for it, and for another delivery when Nango is away", async () => {
    const { asking, nango } = await withNango()
    const { api } = await connected({}, undefined, asking)
    const { body, signature } = nango.auth("acme")
    const send = () => api.anonymous("POST", path, { body, headers: { "x-nango-hmac-sha256": signature } })
    const gone = await send()
    assert.deepInclude(gone.json, { done: "examined", connected: true })
    assert.include(gone.text, "no connection")
    assert.include(nango.requests.join("\n"), "GET /connections/acme?provider_config_key=loom-scim")
    nango.faults.push({ status: 502, body: "" })
    const away = await send()
    assert.strictEqual(away.status, 503)
    for (const text of [gone.text, away.text, ...api.logged]) assert.notInclude(text, nango.secretKey)
  })

  it("is set by the environment, which may not send a key just anywhere", async () => {
    assert.isNull(await settings({ LOOM_SCIM_NANGO_SECRET_KEY: "s", LOOM_SCIM_NANGO_SIGNING_KEY: " " }))
    const key = { LOOM_SCIM_NANGO_SIGNING_KEY: "k", LOOM_SCIM_NANGO_SECRET_KEY: "the-secret-key" }
    const usual = await settings(key, false)
    assert.deepInclude(usual, { integration: "loom-scim" })
    assert.strictEqual(usual?.api?.host, "https://api.nango.dev")
    const refused = await settings({ ...key, LOOM_SCIM_NANGO_HOST: "http://nango.example.com" }).then(
      () => "",
      (error: unknown) => String(error)
    )
    assert.include(refused, "https://")
    assert.notInclude(refused + JSON.stringify(usual), "the-secret-key")
  })
})
