import { assert, describe, it } from "@effect/vitest"
import { ForbiddenAddress } from "@loom-scim/core/scim/NetworkPolicy"
import { Result } from "effect"
import * as Answer from "../../src/proxy/ProxyAnswer.ts"
import { toCall } from "../../src/proxy/ProxyRequest.ts"

const limit = 1000
const token = "secret-token-0123456789"
const axiosError = (fields: object) =>
  Object.assign(
    new Error(`failed ${token}`),
    { isAxiosError: true, config: { headers: { authorization: token } } },
    fields
  )
const failureOf = (error: unknown) => Result.getOrThrow(Result.flip(Answer.ofThrown(error, limit)))

describe("ofThrown", () => {
  it("gives an error status as the answer that it is", () => {
    const response = {
      status: 429,
      headers: { "Retry-After": "7", Link: ["a", "b"], "content-length": "99" },
      data: "{"
    }
    assert.deepStrictEqual(
      { ...Result.getOrThrow(Answer.ofThrown(axiosError({ response }), limit)) },
      { status: 429, headers: { "retry-after": "7", link: "a, b" }, text: "{", isCut: false }
    )
  })

  for (const [what, error, code] of [
    ["a system code", axiosError({ code: "ECONNREFUSED" }), "ECONNREFUSED"],
    ["a system code below axios' own", axiosError({ code: "ERR_NETWORK", cause: { code: "ENOTFOUND" } }), "ENOTFOUND"],
    ["one of several addresses", axiosError({ errors: [{ code: "EHOSTUNREACH" }] }), "EHOSTUNREACH"],
    ["a time-out", axiosError({ code: "ECONNABORTED" }), "UND_ERR_HEADERS_TIMEOUT"],
    [
      "a success that broke off",
      axiosError({ code: "ERR_BAD_RESPONSE", response: { status: 200, headers: {}, data: undefined } }),
      "ECONNRESET"
    ],
    ["Nango's own refusal", Object.assign(new Error("x"), { code: "missing_api_url" }), "NANGO_MISSING_API_URL"],
    ["something else", "text", "NANGO_PROXY"]
  ] as const) {
    it(`gives the code of ${what}, and nothing else`, () => {
      const failure = failureOf(error)
      assert.deepInclude(failure, { _tag: "ProxyFailed", code })
      assert.notInclude(JSON.stringify(failure) + String(failure), token)
    })
  }

  it("tells an address that Nango refuses", () => {
    const refusal = Object.assign(new Error("10.0.0.1"), { name: "OutboundUrlError", code: "blocked_ip" })
    for (const error of [refusal, axiosError({ cause: refusal })]) assert.instanceOf(failureOf(error), ForbiddenAddress)
  })

  it("tells what ends the function from a failure", () => {
    for (const code of ["script_aborted", "execution_timeout", "execution_interrupted"]) {
      const error = Object.assign(new Error("stop"), { code })
      assert.deepStrictEqual(failureOf(error), { _tag: "Stopped", error })
    }
  })
})

describe("ofAnswer", () => {
  const textOf = (data: unknown) => Result.getOrThrow(Answer.ofAnswer({ status: 200, headers: {}, data }, limit)).text

  it("keeps a text as it is, without a byte order mark", () => {
    assert.strictEqual(textOf('\uFEFF{"n":12345678901234567890}'), '{"n":12345678901234567890}')
  })

  it("makes a text of what a proxy parsed all the same", () => {
    assert.strictEqual(textOf({ id: "1" }), '{"id":"1"}')
    assert.strictEqual(textOf(undefined), "")
    assert.strictEqual(textOf(new TextEncoder().encode("é")), "é")
  })

  it("cuts what is too long", () => {
    const answer = Answer.ofAnswer({ status: 200, headers: {}, data: "x".repeat(limit + 1) }, limit)
    assert.deepInclude(Result.getOrThrow(answer), { isCut: true, text: "x".repeat(limit) })
  })

  it("tells Nango's own errors from the server's", () => {
    const own = '{"error":{"code":"unknown_provider_config","message":"no"}}'
    const failed = Answer.ofAnswer({ status: 404, headers: {}, data: own }, limit)
    assert.deepInclude(Result.getOrThrow(Result.flip(failed)), { code: "NANGO_UNKNOWN_PROVIDER_CONFIG" })
    for (const [status, data] of [
      [404, '{"error":{"reason":1}}'],
      [404, '{"error":{'],
      [200, own]
    ] as const) {
      assert.isTrue(Result.isSuccess(Answer.ofAnswer({ status, headers: {}, data }, limit)))
    }
  })
})

describe("toCall", () => {
  const base = "https://scim.example.com/v2/key"
  const request = { method: "POST", url: `${base}/Users?count=1`, body: '{"a":1}' } as const

  it("leaves out what the proxy puts in", () => {
    const headers = { authorization: `Bearer ${token}`, host: "x", "content-length": "7", "if-match": "*" }
    assert.deepStrictEqual(toCall({ ...request, headers }, base), {
      method: "POST",
      endpoint: "/Users?count=1",
      headers: { "if-match": "*" },
      data: { a: 1 },
      retries: 0,
      responseType: "text"
    })
  })

  it("sends a text that is no JSON as it is", () => {
    assert.strictEqual(toCall({ ...request, headers: {}, body: "a=1" }, base)?.data, "a=1")
  })
})
