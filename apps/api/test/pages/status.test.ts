/** The pages for people, as their browser shows them. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { DateTime } from "effect"
import type { Page } from "playwright-core"
import { ApiKeyId, ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import { Effect } from "effect"
import type { Api } from "../support/api.ts"
import { closeAll, start } from "../support/api.ts"
import { isMissing, open } from "./chromium.ts"

afterEach(closeAll)

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** What axe finds against WCAG 2.2 AA and good practice, in one line each. */
const violations = async (page: Page): Promise<unknown> => {
  // Debuggers may run scripts that the page's policy does not allow it to load.
  await page.evaluate(axe)
  return page.evaluate(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((n) => n.html).join(' ')))"
  )
}

const acme = ConnectionId.make("acme")

const begun = async (name = "Acme & <b>Söhne</b>"): Promise<Api> => {
  const api = await start()
  const created = await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
  assert.strictEqual(created.status, 201)
  await api.call("POST", "/v1/connections/acme/setup/tasks/enterprisePlan", { body: { _tag: "Confirm" } })
  await api.call("POST", "/v1/connections", { body: { name } })
  return api
}

const form = (api: Api, body: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${api.base}/status`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body
  })

describe.skipIf(isMissing)("/status in Chromium", () => {
  for (const scheme of ["light", "dark"] as const) {
    it(`lets in by a key, shows, is accessible (${scheme}), asks nobody else and needs no script`, async () => {
      const api = await begun()
      const { whole } = await api.makeKey([{ verb: "read", connection: "*" }])
      const { outside, page, said } = await open(api.base, scheme)
      await page.goto(`${api.base}/status`)
      assert.deepStrictEqual(await violations(page), [])
      await page.getByLabel("API key or token").fill(whole)
      await page.getByRole("button", { name: "Show" }).press("Enter")
      await page.getByRole("link", { name: "Acme & <b>Söhne</b>" }).waitFor()
      assert.deepStrictEqual(await violations(page), [])
      await page.getByRole("link", { name: "Acme", exact: true }).click()
      await page.getByRole("heading", { name: "1. Prerequisites" }).waitFor()
      assert.deepStrictEqual(await violations(page), [])
      const text = await page.locator("main").innerText()
      assert.include(text, "Not connected, 0 of 8 steps done, version 2.")
      assert.match(text, /“[^”]*Enterprise[^”]*” \(key test \([a-z0-9]{12}\), \d{4}-\d\d-\d\d \d\d:\d\d UTC\)/)
      assert.include(text, "None yet.")
      assert.strictEqual(await page.locator("script").count(), 0)
      await page.getByRole("button", { name: "Leave" }).click()
      await page.getByLabel("API key or token").waitFor()
      assert.deepStrictEqual(outside, [])
      // Chromium says about the first, empty visit that it was answered with 401, as it should be.
      assert.deepStrictEqual(
        said.filter((line) => !line.includes("401 (Unauthorized)")),
        []
      )
      assert.lengthOf(await page.context().cookies(), 0)
    })
  }
})

describe("/status", () => {
  it("gives a cookie that scripts cannot read, other sites cannot have sent, and the API does not take", async () => {
    const api = await begun()
    const answer = await form(api, `key=${api.admin}`)
    assert.strictEqual(answer.status, 303)
    const cookie = answer.headers.get("set-cookie") ?? ""
    for (const attribute of ["HttpOnly", "SameSite=Strict", "Path=/status"]) assert.include(cookie, attribute)
    const [pair = ""] = cookie.split(";")
    assert.strictEqual((await fetch(`${api.base}/status/acme`, { headers: { cookie: pair } })).status, 200)
    assert.strictEqual((await fetch(`${api.base}/v1/connections`, { headers: { cookie: pair } })).status, 401)
    assert.isFalse(api.logged.some((line) => line.includes(api.admin)))
    const tls = await start({ behindProxy: true })
    assert.include((await form(tls, `key=${tls.admin}`)).headers.get("set-cookie") ?? "", "Secure")
  })

  it("takes no form of another site, whether or not the browser says where it is from", async () => {
    const api = await begun()
    const key = `key=${api.admin}`
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { origin: "https://evil.example" },
      { origin: "null" }
    ]) {
      const answer = await form(api, key, headers)
      assert.strictEqual(answer.status, 403)
      assert.isNull(answer.headers.get("set-cookie"))
    }
    assert.strictEqual((await form(api, key, { origin: api.base })).status, 303)
  })

  it("shows nothing of what a key does not reach, and nothing at all once it is revoked", async () => {
    const api = await begun("Beta")
    const { id, whole } = await api.makeKey([{ verb: "read", connection: acme }])
    const headers = { cookie: `loom-scim=${whole}` }
    const visit = async (path: string) => {
      const answer = await fetch(`${api.base}${path}`, { headers })
      return { status: answer.status, text: await answer.text() }
    }
    const list = await visit("/status")
    assert.include(list.text, 'href="/status/acme"')
    assert.notInclude(list.text, "Beta")
    const others = await visit("/status/beta")
    assert.deepStrictEqual(others, await visit("/status/nowhere"))
    assert.strictEqual(others.status, 404)
    assert.notInclude(others.text, "Beta")
    const at = DateTime.makeUnsafe(Date.now())
    await api.run(Effect.flatMap(ApiKeys, (keys) => keys.revoke(ApiKeyId.make(id), at)))
    const after = await visit("/status/acme")
    assert.strictEqual(after.status, 401)
    assert.notInclude(after.text, "Acme")
  })

  it("allows itself no script and no frame, and repeats no key that is wrong", async () => {
    const api = await begun()
    const answer = await form(api, "key=lsk_wrong-key-of-somebody")
    assert.strictEqual(answer.status, 401)
    assert.notInclude(await answer.text(), "wrong-key")
    const policy = answer.headers.get("content-security-policy") ?? ""
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"])
      assert.include(policy, part)
    assert.notInclude(policy, "script-src")
    assert.strictEqual(answer.headers.get("cache-control"), "no-store")
  })
})
