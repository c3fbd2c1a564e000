/** Tokens of an identity provider: which are taken, which never, and what their holder may do. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { Result } from "effect"
import { exportSPKI, SignJWT } from "jose"
import * as Oidc from "../../src/auth/Oidc.ts"
import type { Api } from "../support/api.ts"
import { call, closeAll, start, temporary } from "../support/api.ts"
import { refusedServer, runServer } from "../support/programs.ts"
import { audience, issuer, serveKeys, signer, token, trusting } from "./issuer.ts"

afterEach(closeAll)

const now = () => Math.floor(Date.now() / 1000)
const status = async (api: Api, key: string) => (await api.call("GET", "/v1/keys", { key })).status

describe("bearer tokens of an issuer", () => {
  it("are taken with each algorithm, and the subject is in the log of what was done", async () => {
    const signers = [signer("RS256", "r"), signer("ES256", "e"), signer("EdDSA", "d")]
    const { state, url } = await serveKeys(signers)
    const api = await start({ oidc: trusting(url), allowPrivateNetwork: true })
    for (const by of signers) assert.strictEqual(await status(api, await token(by)), 200, by.alg)
    assert.strictEqual(state.asked, 1, "the keys are kept")
    const [first] = signers
    assert.isDefined(first)
    const key = await token(first)
    assert.strictEqual((await api.call("POST", "/v1/connections", { key, body: { name: "Acme" } })).status, 201)
    const audit = await api.call("GET", "/v1/audit")
    assert.include(audit.text, '"subject ada@acme.com"')
    assert.isFalse(api.logged.some((line) => line.includes(key)))
  })

  it("are refused when anything about them is wrong", async () => {
    const by = signer("ES256", "e")
    const { url } = await serveKeys([by])
    const api = await start({ oidc: trusting(url), allowPrivateNetwork: true })
    const good = await token(by)
    const [head = "", body = "", signature = ""] = good.split(".")
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url")
    const shared = new TextEncoder().encode(await exportSPKI(by.publicKey))
    const confused = await new SignJWT({ iss: issuer, aud: audience, sub: "x", groups: ["admins"], exp: now() + 60 })
      .setProtectedHeader({ alg: "HS256", kid: "e" })
      .sign(shared)
    const wrong: Readonly<Record<string, string>> = {
      "another issuer": await token(by, { iss: "https://other.example" }),
      "another audience": await token(by, { aud: "someone-else" }),
      expired: await token(by, { exp: now() - 60 }),
      "not yet": await token(by, { nbf: now() + 600 }),
      "without an end": await token(by, {}, ["exp"]),
      "without a subject": await token(by, {}, ["sub"]),
      "a subject that would forge log lines": await token(by, { sub: "a\nb" }),
      "no signature": `${none}.${body}.`,
      "the public key as a shared secret": confused,
      "another's signature": await token(signer("ES256", "e")),
      "a changed body": `${head}.${body.slice(0, -2)}AA.${signature}`,
      "very long": await token(by, { groups: ["admins", "x".repeat(9400)] }),
      "no algorithm": `e30.${body}.${signature}`
    }
    assert.strictEqual(await status(api, good), 200)
    for (const [name, key] of Object.entries(wrong)) assert.strictEqual(await status(api, key), 401, name)
  })

  it("allow for the clocks being apart as far as configured, and no farther", async () => {
    const by = signer("EdDSA", "d")
    const { url } = await serveKeys([by])
    const strict = await start({ oidc: trusting(url, { skewSeconds: 0 }), allowPrivateNetwork: true })
    const lenient = await start({ oidc: trusting(url, { skewSeconds: 120 }), allowPrivateNetwork: true })
    const late = await token(by, { exp: now() - 30 })
    assert.strictEqual(await status(strict, late), 401)
    assert.strictEqual(await status(lenient, late), 200)
  })

  it("are checked against the algorithms that are allowed, whatever their header says", async () => {
    const by = signer("RS256", "r")
    const { url } = await serveKeys([by])
    const api = await start({ oidc: trusting(url, { algorithms: ["ES256"] }), allowPrivateNetwork: true })
    assert.strictEqual(await status(api, await token(by)), 401)
  })

  it("give what the claim is mapped to, and nothing for what is not mapped", async () => {
    const by = signer("ES256", "e")
    const { url } = await serveKeys([by])
    const grants: Oidc.Oidc["grants"] = new Map([["acme", [{ verb: "read", connection: ConnectionId.make("acme") }]]])
    const api = await start({ oidc: trusting(url, { grants }), allowPrivateNetwork: true })
    for (const name of ["Acme", "Beta"]) await api.call("POST", "/v1/connections", { body: { name } })
    const key = await token(by, { groups: ["acme", "unknown", 7] })
    assert.strictEqual((await api.call("GET", "/v1/connections/acme", { key })).status, 200)
    assert.strictEqual((await api.call("GET", "/v1/connections/beta", { key })).status, 404)
    assert.strictEqual((await api.call("DELETE", "/v1/connections/acme", { key })).status, 403)
    const nobody = await token(by, { groups: ["unknown"] })
    assert.strictEqual((await api.call("GET", "/v1/connections", { key: nobody })).status, 403)
    const spaced = await token(by, { groups: "unknown acme" })
    assert.strictEqual((await api.call("GET", "/v1/connections/acme", { key: spaced })).status, 200)
  })

  it("are slowed down per subject", async () => {
    const by = signer("ES256", "e")
    const { url } = await serveKeys([by])
    const api = await start({ oidc: trusting(url), allowPrivateNetwork: true, rate: 1 })
    const key = await token(by)
    await api.call("GET", "/v1/keys", { key })
    const all = await Promise.all(Array.from({ length: 12 }, () => status(api, key)))
    assert.include(all, 429)
  })

  it("mean nothing where no issuer is configured", async () => {
    const api = await start()
    assert.strictEqual(await status(api, await token(signer("ES256", "e"))), 401)
  })
})

describe("the keys of the issuer", () => {
  it("are asked for again for an unknown key, but not for every made-up one", async () => {
    const [old, fresh] = [signer("ES256", "old"), signer("ES256", "new")]
    const { state, url } = await serveKeys([old])
    const api = await start({ oidc: trusting(url), allowPrivateNetwork: true })
    assert.strictEqual(await status(api, await token(old)), 200)
    state.signers = [fresh]
    for (let index = 0; index < 5; index++) await status(api, await token(signer("ES256", `made-up-${index}`)))
    assert.strictEqual(state.asked, 1, "asked less than every 30 seconds")
    assert.strictEqual(await status(api, await token(old)), 200)
  })

  it("say 503 and not 401 when they cannot be had, and API keys go on working", async () => {
    const by = signer("ES256", "e")
    const { state, url } = await serveKeys([by])
    state.status = 500
    const api = await start({ oidc: trusting(url), allowPrivateNetwork: true })
    const answer = await api.call("GET", "/v1/keys", { key: await token(by) })
    assert.strictEqual(answer.status, 503)
    assert.strictEqual(answer.json["type"], "urn:loom-scim:problem:not-ready")
    assert.strictEqual((await api.call("GET", "/v1/keys")).status, 200)
  })

  it("are not fetched from this machine or a private network, nor by a redirect, unless that is allowed", async () => {
    const by = signer("ES256", "e")
    const { state, url } = await serveKeys([by])
    const guarded = await start({ oidc: trusting(url) })
    assert.strictEqual(await status(guarded, await token(by)), 503)
    assert.strictEqual(state.asked, 0)
    const other = await serveKeys([by])
    state.status = 302
    state.location = other.url
    const lab = await start({ oidc: trusting(url), allowPrivateNetwork: true })
    assert.strictEqual(await status(lab, await token(by)), 503)
    assert.deepStrictEqual([state.asked, other.state.asked], [1, 0])
  })
})

describe("the configuration of an issuer", () => {
  it("is taken from flags and environment, and half of one or an unsafe one is a wrong usage", async () => {
    const directory = temporary()
    const whole = { LOOM_SCIM_OIDC_AUDIENCE: audience, LOOM_SCIM_OIDC_JWKS_URL: "https://idp.example/jwks" }
    const args = ["--data-dir", directory, "--oidc-issuer", issuer]
    const half = await refusedServer([...args, "--port", "0"])
    assert.deepStrictEqual([half.code, half.stderr.includes("--oidc-audience")], [2, true], half.stderr)
    const shared = await refusedServer([...args, "--port", "0", "--oidc-algorithms", "HS256"], whole)
    assert.strictEqual(shared.code, 2)
    const server = await runServer(args, { ...whole, LOOM_SCIM_OIDC_GRANTS: "admins=admin:*" })
    assert.strictEqual((await call(server.base, "GET", "/healthz")).status, 200)
    server.kill("SIGTERM")
    await server.ended
    const empty = await runServer(["--data-dir", directory], { LOOM_SCIM_OIDC_ISSUER: "", LOOM_SCIM_OIDC_AUDIENCE: "" })
    assert.strictEqual((await call(empty.base, "GET", "/healthz")).status, 200)
  })

  const flags = {
    issuer,
    audience,
    jwksUrl: "https://idp.example/jwks",
    algorithms: "RS256, EdDSA",
    skewSeconds: 30,
    claim: "groups",
    grants: "admins=admin:*, https://x/y=read:acme,admins=operate:acme"
  }

  it("is whole or refused with the reason", () => {
    const parsed = Result.getOrThrow(Oidc.parse(flags, false))
    assert.deepStrictEqual(parsed?.algorithms, ["RS256", "EdDSA"])
    assert.deepStrictEqual(parsed?.grants.get("https://x/y"), [{ verb: "read", connection: ConnectionId.make("acme") }])
    assert.lengthOf(parsed?.grants.get("admins") ?? [], 2)
    for (const change of [
      { audience: undefined },
      { jwksUrl: undefined },
      { jwksUrl: "http://idp.example/jwks" },
      { algorithms: "RS256,HS256" },
      { algorithms: "none" },
      { grants: undefined },
      { grants: "admins=root:*" },
      { grants: "admins=read:Not An Id" },
      { issuer: undefined }
    ]) {
      assert.isTrue(Result.isFailure(Oidc.parse({ ...flags, ...change }, false)), JSON.stringify(change))
    }
    const nothing = { ...flags, issuer: undefined, audience: undefined, jwksUrl: undefined, grants: undefined }
    assert.isNull(Result.getOrThrow(Oidc.parse(nothing, false)))
  })
})
