/** The pages for people, as their browser shows them. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import type { KeptExamination } from "@loom-scim/core/ports/Reports"
import { Reports } from "@loom-scim/core/ports/Reports"
import { Context, DateTime } from "effect"
import type { Page } from "playwright-core"
import { ApiKeyId, ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import { Effect } from "effect"
import type { Api } from "../support/api.ts"
import { closeAll, start, temporary } from "../support/api.ts"
import { connect, control, form as peopleForm, people, runIdOf, sandbox, upload } from "../support/reconcile.ts"
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

const at = (iso: string) => DateTime.makeUnsafe(iso)

/** What the doctor said last, with words of a server that would like to be more than words. */
const examination: KeptExamination = {
  status: "done",
  begunAt: at("2026-11-24T19:30:00.000Z"),
  endedAt: at("2026-11-24T19:31:02.000Z"),
  seenAt: at("2026-11-24T19:31:02.000Z"),
  by: "key <i>ci</i> (k3x9mzq0a1b2)",
  write: true,
  findings: [
    { check: "listUsers", severity: "ok", evidence: "250 users on 3 pages.", meaning: "Everybody is seen.", next: "" },
    {
      check: "filterCase",
      severity: "warning",
      evidence: "It finds ADA for ada.",
      meaning: "Names are told apart by more than case.",
      next: "Nothing, but know it."
    },
    {
      check: "patchAdd",
      severity: "error",
      evidence: "<script>alert(1)</script> & <img src=x onerror=alert(2)>",
      meaning: "Members would be lost.",
      next: "Ask WorkOS."
    },
    { check: "bulk", severity: "skipped", evidence: "It claims no Bulk.", meaning: "Not known.", next: "" }
  ]
}

const examined = (api: Api, kept: KeptExamination) =>
  Effect.runPromise(Context.get(api.context, Reports).keepExamination(acme, kept))

const form = (api: Api, body: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${api.base}/status`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body
  })

/** A page for whoever may everything, its white space as a browser shows it. */
const visited = async ({ admin, base }: Api, path: string) => {
  const answer = await fetch(`${base}${path}`, { headers: { cookie: `loom-scim=${admin}` } })
  return { status: answer.status, text: (await answer.text()).replaceAll(/\s+/g, " ") }
}

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
      assert.include(text, "POST /v1/connections/acme/doctor")
      await examined(api, examination)
      await page.reload()
      await page.getByRole("heading", { name: "The doctor's report" }).waitFor()
      assert.deepStrictEqual(await violations(page), [])
      const report = page.getByRole("region", { name: "Findings of the doctor" })
      const rows = await report.getByRole("row").allInnerTexts()
      assert.lengthOf(rows, 3)
      assert.match(rows[1] ?? "", /✗ error\s+patchAdd\s+<script>alert\(1\)<\/script> & <img src=x onerror=alert\(2\)>/)
      assert.include(rows[1], "Members would be lost. Ask WorkOS.")
      assert.include(rows[2], "! warning")
      const shown = await page.locator("main").innerText()
      assert.include(
        shown,
        "Examined 2026-11-24 19:30 UTC by key <i>ci</i> (k3x9mzq0a1b2), with a disposable user and group."
      )
      assert.include(shown, "✗ Provisioning would go wrong: 1 of 4 checks failed. It ended 2026-11-24 19:31 UTC.")
      assert.notInclude(shown, "250 users on 3 pages.")
      // By keyboard alone.
      await page.getByText("2 more checks").focus()
      await page.keyboard.press("Enter")
      await page.getByText("250 users on 3 pages.").waitFor()
      assert.deepStrictEqual(await violations(page), [])
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
    }, 90_000)
  }
})

describe.skipIf(isMissing)("/status in Chromium, with names that would like to be more", () => {
  it("fits every screen, and leaves the words beside a name where they are", async () => {
    const api = await begun("x".repeat(180))
    await api.call("POST", "/v1/connections", { body: { name: "\u202EBackwards" } })
    const { page } = await open(api.base)
    await page.goto(`${api.base}/status`)
    await page.getByLabel("API key or token").fill(api.admin)
    await page.getByRole("button", { name: "Show" }).click()
    const names = page.getByRole("listitem").getByRole("link")
    await names.nth(2).waitFor()
    const left = async (what: string) => (await names.filter({ hasText: "Backwards" }).locator(what).boundingBox())?.x
    assert.isAbove((await left("xpath=following-sibling::span")) ?? 0, (await left("xpath=.")) ?? Infinity)
    const long = (await names.filter({ hasText: "xxx" }).getAttribute("href")) ?? ""
    for (const path of ["/status", long]) {
      await page.goto(`${api.base}${path}`)
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 844 })
        assert.strictEqual(await page.evaluate(() => document.documentElement.scrollWidth), width, path)
      }
    }
  }, 90_000)
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

  it("says of an examination that goes on how far it is, and of one that was cut off that it was", async () => {
    const api = await begun()
    const { whole } = await api.makeKey([{ verb: "read", connection: acme }])
    const visit = async () => {
      const answer = await fetch(`${api.base}/status/acme`, { headers: { cookie: `loom-scim=${whole}` } })
      return answer.text()
    }
    const running = { ...examination, status: "running", endedAt: null } as const
    await examined(api, { ...running, seenAt: DateTime.nowUnsafe() })
    assert.include(await visit(), "It is going on: 4 checks so far.")
    await examined(api, running)
    const text = await visit()
    assert.include(text, "It was cut off after 4 checks")
    assert.notInclude(text, "<script")
    assert.notInclude(text, "<img")
    await examined(api, { ...examination, write: false, findings: examination.findings.slice(0, 2) })
    const fine = await visit()
    assert.include(fine, "Nothing that provisioning would go wrong with.")
    assert.include(fine, "without changing anything")
  })

  it("says of a run that is held why, to whom, and by which id it is allowed", async () => {
    const place = await sandbox()
    const dnsServers = [`${place.dns.host}:${place.dns.port}`]
    const api = await start({ directory: temporary(), allowPrivateNetwork: true, dnsServers })
    await connect(api.call, place)
    const runs = "/v1/connections/acme/runs"
    const first = await upload(api.base, api.admin, runs, peopleForm(people(10)))
    assert.strictEqual(first.status, 200, first.text)
    const held = await upload(api.base, api.admin, runs, peopleForm(people(1)))
    const { text } = await visited(api, "/status/acme")
    assert.include(text, "waits for a person to allow or reject it: too many people would lose access")
    assert.notInclude(text, "TooManyLosses")
    assert.include(text, `<td>${runIdOf(held)}</td>`)
  })

  it("says of a run in which some failed how many, and not that all is well", async () => {
    const place = await sandbox()
    const dnsServers = [`${place.dns.host}:${place.dns.port}`]
    const api = await start({ directory: temporary(), allowPrivateNetwork: true, dnsServers })
    await connect(api.call, place)
    const last = async () => {
      const { text } = await visited(api, "/status/acme")
      const [, tone, stands, counts] = /<td class="(\w+)">([^<]*)<\/td> <td>([^<]*)<\/td>/.exec(text) ?? []
      return [tone, stands, counts]
    }
    const runs = "/v1/connections/acme/runs"
    await control(place, "faults", { kind: "status", status: 400, match: { method: "POST" }, times: 2 })
    await upload(api.base, api.admin, runs, peopleForm(people(5)))
    assert.deepStrictEqual(await last(), ["bad", "✗ completed, but not all of it was done", "3 done, 2 failed"])
    await control(place, "faults", {}, "DELETE")
    await upload(api.base, api.admin, runs, peopleForm(people(5)))
    assert.deepStrictEqual(await last(), ["good", "✓ completed", "2 done"])
    assert.include((await visited(api, "/status")).text, '<span class="good">✓ connected</span>')
  })

  it("tells a connection that broke from one that was never complete", async () => {
    const place = await sandbox()
    const dnsServers = [`${place.dns.host}:${place.dns.port}`]
    const api = await start({ directory: temporary(), allowPrivateNetwork: true, dnsServers })
    await connect(api.call, place)
    await api.call("POST", "/v1/connections", { body: { name: "Beta" } })
    await control(place, "token", { action: "revoke" })
    await api.call("POST", "/v1/connections/acme/checks")
    const { text } = await visited(api, "/status")
    assert.include(text, '<span class="bad">✗ broken at the step: Take the SCIM endpoint and token</span>')
    assert.include(text, '<span class="wait">○ at the step: Prerequisites</span>')
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
