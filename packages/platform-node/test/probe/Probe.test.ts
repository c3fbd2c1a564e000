import { assert, describe, it } from "@effect/vitest"
import type { ProbeName, ProbeOutcome, ProbeReport } from "@loom-scim/core/scim/ProbeReport"
import { firstFatal, succeeded } from "@loom-scim/core/scim/ProbeReport"
import { Effect } from "effect"
import type { Endpoint } from "./endpoint.ts"
import { list, probe, token } from "./endpoint.ts"

const html = { "content-type": "text/html; charset=utf-8" }

const outcomes = (report: ProbeReport) =>
  report.findings.map(({ outcome, probe, severity }) => [probe, outcome, severity])

/** Nothing a person or a log sees may hold the token, in any form a server may have turned it into. */
const assertSecret = (report: ProbeReport) => {
  const text = JSON.stringify(report).toLowerCase()
  assert.notInclude(text, token.toLowerCase())
  assert.notInclude(text, encodeURIComponent(token).toLowerCase())
}

describe("a good server", () => {
  it.live("is proven with three requests", () =>
    Effect.gen(function* () {
      const { report, seen } = yield* probe({})
      assert.deepStrictEqual(outcomes(report), [
        ["address", "ok", "ok"],
        ["discovery", "ok", "ok"],
        ["users", "ok", "ok"],
        ["wrongToken", "ok", "ok"]
      ])
      assert.isTrue(succeeded(report))
      assert.strictEqual(report.totalUsers, 42)
      assert.deepStrictEqual(report.claims, { patch: true, bulk: false, filter: true, etag: false })
      assert.deepStrictEqual(
        seen.map(({ url }) => url),
        ["/scim/v2.0/key/ServiceProviderConfig", "/scim/v2.0/key/Users?count=1", "/scim/v2.0/key/Users?count=1"]
      )
      assert.deepStrictEqual(
        seen.slice(0, 2).map(({ authorization }) => authorization),
        [`Bearer ${token}`, `Bearer ${token}`]
      )
      assert.match(seen[2]?.authorization ?? "", /^Bearer wrong-[0-9a-z]{32}$/)
      assert.isTrue(seen.every(({ accept }) => accept === "application/scim+json, application/json"))
      const users = report.findings.find(({ probe }) => probe === "users")
      assert.strictEqual(users?.status, 200)
      assert.strictEqual(users?.contentType, "application/scim+json")
      assert.isAtLeast(users?.latencyMillis ?? -1, 0)
      assert.isTrue(report.findings.filter(({ severity }) => severity === "ok").every(({ next }) => next === ""))
    })
  )

  it.live("gets another wrong token each time", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* probe({}), yield* probe({})]
      assert.notStrictEqual(first.seen[2]?.authorization, second.seen[2]?.authorization)
    })
  )
})

describe("a server with quirks is used, with a warning", () => {
  const json = { "content-type": "application/json" }
  const cases: ReadonlyArray<readonly [string, Endpoint, ProbeName, number | null, string]> = [
    ["application/json", { users: { headers: json, body: list() } }, "users", 42, "application/json"],
    ["no totalResults", { users: { body: list({ totalResults: undefined }) } }, "users", null, "totalResults"],
    [
      "totalResults as text",
      { users: { body: list({ totalResults: "7", schemas: undefined }) } },
      "users",
      7,
      "schemas"
    ],
    ["count ignored", { users: { body: list({ Resources: [{}, {}] }) } }, "users", 42, "count"],
    ["no ServiceProviderConfig", { discovery: { status: 404 } }, "discovery", 42, "404"],
    ["ServiceProviderConfig is a page", { discovery: { headers: html, body: "<html>" } }, "discovery", 42, "web page"],
    ["ServiceProviderConfig is something else", { discovery: { body: "[1]" } }, "discovery", 42, "not its"],
    ["ServiceProviderConfig forbidden", { discovery: { status: 403 } }, "discovery", 42, "403"],
    ["ServiceProviderConfig fails", { discovery: { status: 500 } }, "discovery", 42, "500"]
  ]
  for (const [name, endpoint, probed, total, words] of cases) {
    it.live(name, () =>
      Effect.gen(function* () {
        const { report } = yield* probe(endpoint)
        assert.isTrue(succeeded(report))
        assert.strictEqual(report.totalUsers, total)
        const finding = report.findings.find(({ probe }) => probe === probed)
        assert.strictEqual(finding?.severity, "warning")
        assert.include(finding?.message, words)
        assert.isNotEmpty(finding?.next)
      })
    )
  }
})

describe("a server that cannot be used", () => {
  const retry = (value: string) => ({ status: 429, headers: { "retry-after": value } })
  const cases: ReadonlyArray<readonly [string, Endpoint, ProbeName, ProbeOutcome, string]> = [
    ["401", { users: { status: 401 } }, "users", "unauthorized", "does not accept the token"],
    ["403", { users: { status: 403 } }, "users", "forbidden", "does not allow"],
    ["403 by a firewall", { users: { status: 403, headers: html } }, "users", "forbidden", "firewall"],
    ["404", { users: { status: 404 } }, "users", "notFound", "no SCIM service"],
    ["429 in seconds", { users: retry("30") }, "users", "rateLimited", "Wait 30 seconds"],
    [
      "429 with a date",
      { users: retry("Wed, 21 Oct 2026 07:28:00 GMT") },
      "users",
      "rateLimited",
      "until 2026-10-21T07:28:00"
    ],
    ["429 without either", { users: retry("soon") }, "users", "rateLimited", "Wait a minute"],
    ["429 at once", { discovery: { status: 429 } }, "discovery", "rateLimited", "slow down"],
    ["500", { users: { status: 500 } }, "users", "serverError", "500"],
    ["503", { users: { status: 503 } }, "users", "serverError", "503"],
    ["400", { users: { status: 400 } }, "users", "unexpectedStatus", "400"],
    ["204", { users: { status: 204 } }, "users", "unexpectedStatus", "204"],
    ["304", { users: { status: 304 } }, "users", "unexpectedStatus", "304"],
    ["a web page", { users: { headers: html, body: "<!doctype html><p>Sign in" } }, "users", "webPage", "web page"],
    ["a web page called JSON", { users: { body: "\n <!DOCTYPE html><p>" } }, "users", "webPage", "web page"],
    ["not JSON", { users: { body: "ok" } }, "users", "notScim", "not JSON"],
    ["an empty body", { users: { body: "" } }, "users", "notScim", "not JSON"],
    ["JSON that is no list", { users: { body: `{"users":[]}` } }, "users", "notScim", "not a SCIM list"],
    ["a bare array", { users: { body: "[]" } }, "users", "notScim", "not a SCIM list"],
    ["null", { users: { body: "null" } }, "users", "notScim", "not a SCIM list"],
    [
      "a SCIM error with 200",
      { users: { body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"totalResults":0}` } },
      "users",
      "notScim",
      "not a SCIM list"
    ],
    ["a body over 1 MiB", { users: { body: list({ pad: "x".repeat(1_048_576) }) } }, "users", "tooLarge", "1 MiB"],
    ["any token", { stranger: { body: list() } }, "wrongToken", "tokenNotChecked", "does not check the token"],
    ["any token, without content", { stranger: { status: 204 } }, "wrongToken", "tokenNotChecked", "does not check"],
    ["404 for a wrong token", { stranger: { status: 404 } }, "wrongToken", "tokenNotChecked", "404 instead of 401"],
    [
      "a redirect for a wrong token",
      { stranger: { status: 302 } },
      "wrongToken",
      "tokenNotChecked",
      "302 instead of 401"
    ],
    ["429 for a wrong token", { stranger: { status: 429 } }, "wrongToken", "rateLimited", "could not be seen"],
    ["500 for a wrong token", { stranger: { status: 500 } }, "wrongToken", "serverError", "could not be seen"]
  ]
  for (const [name, endpoint, probed, outcome, words] of cases) {
    it.live(name, () =>
      Effect.gen(function* () {
        const { report, seen } = yield* probe(endpoint)
        assert.isFalse(succeeded(report))
        const finding = firstFatal(report)
        assert.deepStrictEqual([finding?.probe, finding?.outcome], [probed, outcome])
        assert.include(`${finding?.message} ${finding?.next}`, words)
        assert.isNotEmpty(finding?.next)
        assert.strictEqual(report.findings.at(-1), finding, "it stops there")
        assert.lengthOf(seen, ["discovery", "users", "wrongToken"].indexOf(probed) + 1)
      })
    )
  }

  it.live("a forbidden answer of 403 is enough for a wrong token", () =>
    Effect.map(probe({ stranger: { status: 403 } }), ({ report }) => assert.isTrue(succeeded(report)))
  )
})

describe("redirects", () => {
  it.live("are not followed; the origin is named and nothing else of it", () =>
    Effect.gen(function* () {
      const location = "https://User:Pa55@Other.example:8443/login?session=abc123#top"
      const { report, seen } = yield* probe({ users: { status: 302, headers: { location } } })
      const finding = firstFatal(report)
      assert.strictEqual(finding?.outcome, "redirected")
      assert.include(finding?.message, "https://other.example:8443 (302)")
      assert.notMatch(JSON.stringify(report), /abc123|login|Pa55|User:/)
      assert.lengthOf(seen, 2)
    })
  )
  for (const status of [301, 303, 307, 308]) {
    it.live(`${status} without a place`, () =>
      Effect.map(probe({ users: { status } }), ({ report }) => {
        assert.strictEqual(firstFatal(report)?.outcome, "redirected")
        assert.include(firstFatal(report)?.message, "another place")
      })
    )
  }
})

describe("the token", () => {
  const echo = { headers: { "content-type": `text/plain; x=${token}`, "retry-after": token }, body: `Bearer ${token}` }
  for (const status of [200, 400, 401, 403, 404, 429, 500]) {
    it.live(`is in no report, though the server echoes it with ${status}`, () =>
      Effect.gen(function* () {
        const reply = { ...echo, status }
        const { report } = yield* probe({ discovery: reply, users: reply })
        assert.isFalse(succeeded(report))
        assertSecret(report)
      })
    )
  }
  it.live("is in no report, though it is in a list of users", () =>
    Effect.gen(function* () {
      assertSecret((yield* probe({ users: { body: list({ Resources: [{ userName: token }] }) } })).report)
    })
  )
  it.live("is taken out of a host name and a media type, which would be shown", () =>
    Effect.gen(function* () {
      const simple = "Tok3nOfLetters"
      const moved = { status: 302, headers: { location: `https://${simple}.example/${simple}` } }
      const redirected = (yield* probe({ token: simple, users: moved })).report
      const typed = (yield* probe({
        token: simple,
        users: { headers: { "content-type": `x/${simple}` }, body: list() }
      })).report
      assert.include(firstFatal(redirected)?.message, ".example (302)")
      assert.isTrue(succeeded(typed))
      for (const report of [redirected, typed]) assert.notMatch(JSON.stringify(report), new RegExp(simple, "i"))
    })
  )
})
