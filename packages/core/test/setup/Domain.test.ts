import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { DnsFailure } from "../../src/ports/DomainResolver.ts"
import type { Lookup } from "../../src/setup/Domain.ts"
import { judge, lookupNames, ofEmail, parse, parseExpectedTxt } from "../../src/setup/Domain.ts"

const domain = (text: string) => Result.getOrThrow(parse(text))
const expected = "loom-site-verification=0123456789abcdef0123456789abcdef"
const other = "loom-site-verification=ffffffffffffffffffffffffffffffff"

describe("parse", () => {
  for (const [input, output] of [
    ["Acme.com", "acme.com"],
    [" @acme.com ", "acme.com"],
    ["acme.com.", "acme.com"],
    ["https://acme.com/path?x", "acme.com"],
    ["bücher.de", "xn--bcher-kva.de"],
    ["a.b.c.example.museum", "a.b.c.example.museum"]
  ] as const) {
    it(input, () => assert.strictEqual(Result.getOrUndefined<string, string>(parse(input)), output))
  }
  for (const input of [
    "",
    " ",
    "com",
    "localhost",
    "1.2.3.4",
    "[::1]",
    "-a.com",
    "a-.com",
    "a..com",
    `${"a".repeat(64)}.com`,
    "a b.com",
    "acme.c",
    "ada@acme.com",
    "*.acme.com",
    "under_score.com"
  ]) {
    it(`refuses "${input}"`, () => assert.isTrue(Result.isFailure(parse(input))))
  }
  it("names the domain of an e-mail address", () => {
    assert.include(Result.getOrThrow(Result.flip(parse("ada@acme.com"))), "acme.com")
  })
  it("takes its own answer unchanged", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.domain(), (input) => {
        const once = parse(input.toUpperCase())
        FastCheck.pre(Result.isSuccess(once))
        assert.deepStrictEqual(parse(Result.getOrThrow(once)), once)
        assert.strictEqual(ofEmail(`Ada@${input}`), Result.getOrThrow(once))
      })
    )
  })
  it("any input is answered", () => {
    FastCheck.assert(FastCheck.property(FastCheck.string({ unit: "binary" }), (input) => void parse(input)))
  })
})

describe("ofEmail", () => {
  for (const text of ["", "@acme.com", "acme.com", "ada@", "ada@localhost"]) {
    it(`"${text}" has none`, () => assert.isUndefined(ofEmail(text)))
  }
})

describe("parseExpectedTxt", () => {
  for (const [input, output] of [
    [expected, expected],
    [` "${expected}" `, expected],
    ["0123456789ABCDEF0123456789abcdef", expected],
    ["verification_token=abcDEF123456", "verification_token=abcDEF123456"]
  ] as const) {
    it(input, () => assert.strictEqual(Result.getOrUndefined(parseExpectedTxt(input)), output))
  }
  for (const input of [
    "",
    "loom-site-verification=",
    "loom-site-verification=short",
    "google-site-verification=0123456789",
    `${expected} x`
  ]) {
    it(`refuses "${input}"`, () => assert.isTrue(Result.isFailure(parseExpectedTxt(input))))
  }
})

describe("judge", () => {
  const [apex = "", older = ""] = lookupNames(domain("acme.com"))
  const found = (name: string, ...values: ReadonlyArray<string>): Lookup => ({ name, answer: Result.succeed(values) })
  const failed = (name: string, kind: DnsFailure["kind"]): Lookup => ({
    name,
    answer: Result.fail(new DnsFailure({ kind, name, server: "192.0.2.53:53" }))
  })

  it("asks the apex and WorkOS's older name", () => {
    assert.deepStrictEqual([apex, older], ["acme.com", "_acme-challenge.acme.com"])
  })
  it("the value at either name verifies, whatever else is there", () => {
    assert.isTrue(judge(expected, [found(apex, "v=spf1", expected), failed(older, "nxdomain")]).verified)
    const atOlder = judge(expected, [failed(apex, "servfail"), found(older, expected)])
    assert.deepStrictEqual(atOlder, {
      verified: true,
      conclusive: true,
      saw: `TXT ${older} holds ${expected}`,
      next: ""
    })
  })
  it("compares exactly", () => {
    for (const near of [expected.toUpperCase(), ` ${expected}`, `${expected}0`, expected.slice(0, -1)]) {
      assert.isFalse(judge(expected, [found(apex, near), failed(older, "nxdomain")]).verified, near)
    }
  })
  it("shows the value of another attempt, and where it is", () => {
    const verdict = judge(expected, [found(apex, "v=spf1"), found(older, other)])
    assert.isFalse(verdict.verified)
    assert.isTrue(verdict.conclusive)
    assert.strictEqual(verdict.saw, `TXT ${older} holds ${other} instead of ${expected}`)
  })
  it("shows other records, shortened", () => {
    const values = Array.from({ length: 7 }, (_, index) => `${index}${"x".repeat(200)}`)
    const verdict = judge(expected, [found(apex, ...values), failed(older, "nodata")])
    assert.include(verdict.saw, "7 other record(s)")
    assert.isBelow(verdict.saw.length, 600)
    assert.include(verdict.next, expected)
  })
  it("each failure has its words, and only some of them prove anything", () => {
    const kinds: ReadonlyArray<DnsFailure["kind"]> = [
      "nxdomain",
      "nodata",
      "servfail",
      "refused",
      "timeout",
      "unreachable"
    ]
    const verdicts = kinds.map((kind) => judge(expected, [failed(apex, kind), failed(older, "nxdomain")]))
    assert.strictEqual(new Set(verdicts.map(({ saw }) => saw)).size, kinds.length)
    assert.isTrue(
      verdicts.every(({ next, saw, verified }) => !verified && next !== "" && saw.includes("192.0.2.53:53"))
    )
    assert.deepStrictEqual(
      verdicts.map(({ conclusive }) => conclusive),
      [true, true, false, false, false, false]
    )
  })
  it("is not conclusive while one of the names could not be read", () => {
    assert.isFalse(judge(expected, [failed(apex, "nodata"), failed(older, "timeout")]).conclusive)
    assert.isFalse(judge(expected, [failed(apex, "servfail"), found(older, other)]).conclusive)
    assert.isFalse(judge(expected, []).conclusive)
  })
})
