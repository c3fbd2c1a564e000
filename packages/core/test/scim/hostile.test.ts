import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { correlate } from "../../src/scim/BulkResponse.ts"
import * as ListPage from "../../src/scim/ListPage.ts"
import * as ScimErrorBody from "../../src/scim/ScimErrorBody.ts"
import { scrubber, scrubJson } from "../../src/scim/ScimErrorScrub.ts"

const token = "Qx7/Se+cret~To=kEn-0123456789"
const scrub = scrubber(Redacted.make(token))
const base64 = (text: string) => btoa(text)

describe("the token", () => {
  it("is taken out of base64 and base64url, wherever in it it begins", () => {
    for (const before of ["", "a", "ab", "user:", "Bearer "]) {
      for (const form of [
        base64(before + token),
        base64(before + token)
          .replaceAll("+", "-")
          .replaceAll("/", "_")
      ]) {
        const core = form.slice(before.length * 2 + 2, before.length * 2 + 22)
        assert.notInclude(scrub(`authorization: ${form}!`), core, before)
      }
    }
  })

  it("is taken out in any case beside letters that change their length in lower case", () => {
    assert.notInclude(scrub(`İ ${token}`), token)
    assert.notInclude(scrub(`İ ${token.toUpperCase()}`), token.toUpperCase())
  })

  it("is looked for only where it is: other base64 stays as it is", () => {
    const other = base64("nothing of the kind stands here")
    assert.strictEqual(scrub(other), other)
  })
})

describe("answers nobody should send", () => {
  it("two rounded numbers are not one person", () => {
    const page = ListPage.decode(
      JSON.parse('{"totalResults":2,"Resources":[{"id":9007199254740992},{"id":9007199254740993}]}')
    )
    assert.isTrue(Result.isSuccess(page))
    if (Result.isFailure(page)) return
    assert.deepStrictEqual(page.success.resources.map(ListPage.idOf), [null, null])
    assert.strictEqual(ListPage.idOf({ id: 42 }), "42")
  })

  it("a cursor sent as a number still leads to the next page", () => {
    const page = ListPage.decode({ Resources: [], totalResults: 0, nextCursor: 7 })
    assert.isTrue(Result.isSuccess(page) && page.success.nextCursor === "7")
  })

  it("an error nested without end is read without overflowing the stack", () => {
    const deep = `{"detail":${'{"value":'.repeat(20_000)}1${"}".repeat(20_000)}}`
    assert.isNull(ScimErrorBody.decode(deep, scrub).detail)
  })

  it("a bulk status that is no text is no status", () => {
    const body = { Operations: [{ method: "DELETE", location: "/Users/1", status: { code: { toString: 1 } } }] }
    const operations = [{ method: "DELETE", path: "/Users/1" }] as const
    assert.deepStrictEqual(correlate(operations, body, scrub), [{ _tag: "Unanswered" }])
  })

  it("a number beyond JSON is no part of a resource in an error", () => {
    assert.deepStrictEqual(scrubJson({ a: Number.POSITIVE_INFINITY, b: 1 }, scrub), { a: null, b: 1 })
  })
})
