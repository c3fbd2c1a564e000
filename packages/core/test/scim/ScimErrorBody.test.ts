import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import * as FastCheck from "fast-check"
import * as ErrorAnswer from "../../src/scim/ScimErrorAnswer.ts"
import { decode, detailLimit } from "../../src/scim/ScimErrorBody.ts"
import { excerpt, excerptLimit, scrubber } from "../../src/scim/ScimErrorScrub.ts"

const same = (text: string) => text
const json = (value: unknown) => decode(JSON.stringify(value), same)

describe("decode", () => {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"]
  for (const [name, body, status, scimType, detail] of [
    ["RFC 7644", { schemas, status: "409", scimType: "uniqueness", detail: "taken" }, 409, "uniqueness", "taken"],
    ["status as number", { schemas, status: 409, detail: "taken" }, 409, null, "taken"],
    ["without schemas", { status: "404", detail: "gone" }, 404, null, "gone"],
    ["without status", { schemas, scimType: "invalidFilter" }, null, "invalidFilter", null],
    ["status with words", { status: "429 Too Many Requests" }, 429, null, null],
    ["Azure", { error: { code: "Request_BadRequest", message: "bad" } }, null, null, "bad"],
    ["OData", { "odata.error": { code: "x", message: { lang: "en", value: "bad" } } }, null, null, "bad"],
    ["Okta", { errorCode: "E0000001", errorSummary: "bad", errorCauses: [{ errorSummary: "x" }] }, null, null, "bad"],
    ["errors", { errors: [{ code: 400, description: "bad" }] }, 400, null, "bad"],
    ["errors of texts", { errors: ["bad", "worse"] }, null, null, "bad"],
    ["error as text", { error: "invalid_token", error_description: "expired" }, null, null, "expired"],
    ["only error as text", { error: "invalid_token" }, null, null, "invalid_token"],
    ["message", { message: "bad" }, null, null, "bad"],
    ["problem details", { type: "about:blank", title: "Bad", status: 400, detail: "bad" }, 400, null, "bad"],
    [
      "a list of errors",
      [{ schemas, status: "400", scimType: "invalidPath", detail: "bad" }],
      400,
      "invalidPath",
      "bad"
    ],
    ["a text", "bad", null, null, "bad"],
    ["nulls", { status: null, scimType: null, detail: null }, null, null, null],
    ["a scimType that is none", { scimType: "<script>" }, null, null, null],
    ["a number", 7, null, null, null],
    ["null", null, null, null, null]
  ] as const) {
    it(name, () => assert.deepStrictEqual(json(body), { status, scimType, detail }))
  }

  it("takes the title or heading of a page", () => {
    assert.strictEqual(decode("<html><head><title>502 Bad\n Gateway</title>", same).detail, "502 Bad Gateway")
    assert.strictEqual(decode("\uFEFF<!doctype html><h1>Sign &amp; in</h1>", same).detail, "Sign & in")
    assert.isNull(decode("<html><body>nothing", same).detail)
  })

  it("has nothing for an empty or cut-off body, and takes plain text", () => {
    assert.deepStrictEqual(decode(" \n", same), { status: null, scimType: null, detail: null })
    assert.isNull(decode('{"detail":"cut o', same).detail)
    assert.strictEqual(decode("Payload Too Large\n", same).detail, "Payload Too Large")
  })

  it("never throws, is bounded and one line, whatever JSON comes", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(FastCheck.json(), FastCheck.string({ maxLength: 2000 })), (body) => {
        const { detail } = decode(body, same)
        if (detail === null) return
        assert.isAtMost(detail.length, detailLimit + 1)
        for (const control of ["\n", "\u001b", "\u0000"]) assert.notInclude(detail, control)
      })
    )
  })

  it("does not follow wrappers for ever", () => {
    const deep = `${'{"error":'.repeat(5000)}"x"${"}".repeat(5000)}`
    assert.isNull(decode(deep, same).detail)
  })
})

describe("scrubber", () => {
  const token = 'ab/c+d"e\\f&g<h>.SECRET-0123456789'
  const scrub = scrubber(Redacted.make(token))
  const spellings = [
    token,
    token.toUpperCase(),
    encodeURIComponent(token),
    JSON.stringify(token).slice(1, -1),
    JSON.stringify(token).slice(1, -1).replaceAll("/", "\\/"),
    token.slice(0, 12),
    `Bearer ${token}`,
    "bearer abc.def.1"
  ]
  it("takes the token out in every spelling, and its beginning", () => {
    for (const spelling of spellings) {
      const text = scrub(`before ${spelling} after`)
      assert.match(text, /^before (?:Bearer )?\(the token\) after$/i, spelling)
    }
  })
  it("takes a token of letters out of scimType too", () => {
    const letters = scrubber(Redacted.make("abcdefghijklm"))
    assert.isNull(decode('{"scimType":"abcdefghijklm"}', letters).scimType)
    assert.strictEqual(decode('{"scimType":"tooMany"}', letters).scimType, "tooMany")
  })
  it("leaves other text alone", () => {
    for (const text of ["", "ab/c", "The bearer token has expired."]) {
      assert.strictEqual(scrub(text), text)
    }
  })
  it("takes any token out of any text", () => {
    const tokens = FastCheck.string({ minLength: 8, maxLength: 60, unit: "grapheme-ascii" }).filter(
      (t) => t.trim() === t
    )
    FastCheck.assert(
      FastCheck.property(tokens, FastCheck.string(), FastCheck.string(), (secret, before, after) => {
        FastCheck.pre(!`(the token)Bearer (the token)`.toLowerCase().includes(secret.toLowerCase()))
        FastCheck.pre(!`${before}${after}`.includes(secret))
        assert.notInclude(scrubber(Redacted.make(secret))(`${before} ${secret} ${after}`), secret)
      })
    )
  })
})

describe("excerpt", () => {
  it("shows the shape, but no people, and is bounded", () => {
    const body = `{"totalResults":3,"Resources":[{"userName":"ada@example.com","name":{"familyName":"Love \\"lace"},"x":["Ada"],"cut":"Byr`
    const shown = excerpt(body, same)
    assert.notMatch(shown, /ada|lace|Byr/i)
    assert.include(shown, '"totalResults":3')
    assert.strictEqual(excerpt("Hello ada@example.com!", same), "Hello (e-mail)")
    assert.isAtMost(excerpt("x".repeat(10_000), same).length, excerptLimit + 1)
  })
})

describe("toError", () => {
  const error = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
    ErrorAnswer.toError(
      {
        operation: "GET /Users",
        status,
        headers,
        body: JSON.stringify(body),
        url: "https://a.example/x",
        nowMillis: 0
      },
      same
    )
  for (const [status, body, tag] of [
    [400, { scimType: "invalidFilter" }, "InvalidFilter"],
    [400, { scimType: "tooMany" }, "TooMany"],
    [400, { scimType: "uniqueness" }, "Conflict"],
    [400, { scimType: "mutability" }, "InvalidRequest"],
    [400, {}, "InvalidRequest"],
    [401, {}, "Unauthorized"],
    [403, {}, "Forbidden"],
    [404, {}, "NotFound"],
    [408, {}, "ServerFault"],
    [409, {}, "Conflict"],
    [412, {}, "PreconditionFailed"],
    [413, {}, "PayloadTooLarge"],
    [418, {}, "InvalidRequest"],
    [429, {}, "RateLimited"],
    [500, {}, "ServerFault"],
    [503, { status: "200" }, "ServerFault"],
    [200, { status: "404" }, "NotFound"],
    [200, {}, "ServerFault"],
    [302, {}, "Redirected"],
    [304, {}, "Malformed"]
  ] as const) {
    it(`${status} ${JSON.stringify(body)} is ${tag}, and says what to do`, () => {
      const found = error(status, body)
      assert.strictEqual(found._tag, tag)
      assert.isNotEmpty(found.next)
      assert.include(found.message, "GET /Users")
    })
  }
  it("keeps Retry-After, and only the origin of a redirect", () => {
    const limited = error(429, {}, { "retry-after": "9" })
    assert.isTrue(limited._tag === "RateLimited" && limited.retryAfterMillis === 9000)
    const moved = error(308, {}, { location: "https://evil.example/secret?q=1" })
    assert.isTrue(moved._tag === "Redirected" && moved.origin === "https://evil.example")
    assert.notInclude(JSON.stringify(moved), "secret")
  })
  it("keeps what the server said about people out of the message", () => {
    const conflict = error(409, { detail: "ada@example.com exists" })
    assert.notInclude(conflict.message, "ada")
    assert.isTrue("detail" in conflict && conflict.detail === "ada@example.com exists")
  })
})
