import { assert, describe, it } from "@effect/vitest"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { Effect } from "effect"
import { entry } from "./entry.ts"
import * as Render from "./render.ts"

const [endpoint = ""] = entry.proxy.verification.endpoints

const sandbox = Effect.acquireRelease(
  Effect.promise(() => startSandbox({ users: 3, token: "right-token-0123456789" })),
  (started) => Effect.promise(() => started.close())
)

const control = (controlUrl: string, path: string, body: object) =>
  Effect.promise(() =>
    fetch(`${controlUrl}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" }
    })
  )

/** Sends what Nango sends to verify a connection; the sandbox stands in for the host, which has to be public. */
const verify = (scimUrl: string, apiKey: string, path = new URL(scimUrl).pathname) =>
  Effect.promise(async () => {
    const asked = new URL(Render.url(entry, { scimEndpoint: `https://scim.example.com${path}` }, endpoint))
    const response = await fetch(new URL(`${asked.pathname}${asked.search}`, scimUrl), {
      method: entry.proxy.verification.method,
      headers: Render.headers(entry, { apiKey })
    })
    return { ok: response.ok, status: response.status, headers: response.headers, body: await response.text() }
  })

describe("the verification", () => {
  it.effect("passes with the right token, and reads one user", () =>
    Effect.gen(function* () {
      const { scimUrl, token } = yield* sandbox
      const { body, ok } = yield* verify(scimUrl, token)
      assert.isTrue(ok)
      const list: unknown = JSON.parse(body)
      assert.deepInclude(list, { totalResults: 3, itemsPerPage: 1 })
    })
  )

  it.effect("refuses a wrong token and one that was revoked", () =>
    Effect.gen(function* () {
      const { controlUrl, scimUrl, token } = yield* sandbox
      assert.strictEqual((yield* verify(scimUrl, "wrong-token-0123456789")).status, 401)
      yield* control(controlUrl, "/token", { action: "revoke" })
      assert.strictEqual((yield* verify(scimUrl, token)).status, 401)
    })
  )

  it.effect("refuses a base URL that is too short, too long or of another workspace", () =>
    Effect.gen(function* () {
      const { scimUrl, token } = yield* sandbox
      const { pathname } = new URL(scimUrl)
      for (const path of ["", "/scim", "/scim/v2.0", `${pathname}/scim`, pathname.replace(/.$/, "_")]) {
        assert.isFalse((yield* verify(scimUrl, token, path)).ok, path)
      }
    })
  )
})

describe("a retry", () => {
  it.effect("waits as a SCIM server asks for, and happens for no answer that may have done something", () =>
    Effect.gen(function* () {
      const { controlUrl, scimUrl, token } = yield* sandbox
      yield* control(controlUrl, "/faults", { kind: "rateLimit", retryAfter: "seconds", seconds: 7 })
      const { headers, status } = yield* verify(scimUrl, token)
      assert.deepStrictEqual(entry.proxy.retry.error_code, [String(status)])
      assert.deepStrictEqual(
        entry.proxy.retry.after.map((name) => headers.get(name)),
        ["7"]
      )
    })
  )
})
