import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { parse } from "../../src/setup/Domain.ts"
import { emailsIn, limit, review } from "../../src/setup/MemberReview.ts"

const domain = (text: string) => Result.getOrThrow(parse(text))

describe("emailsIn", () => {
  for (const [name, text, emails] of [
    ["one per line", "ada@acme.com\r\ngrace@acme.com\n", ["ada@acme.com", "grace@acme.com"]],
    [
      "CSV",
      `name,email,role\n"Lovelace, Ada",Ada@Acme.com,admin\nGrace,"grace@acme.com",viewer`,
      ["ada@acme.com", "grace@acme.com"]
    ],
    ["semicolons and tabs", "ada@acme.com;grace@acme.com\tx@y.org", ["ada@acme.com", "grace@acme.com", "x@y.org"]],
    ["a mail program", `"Ada L." <ada@acme.com>, Grace (mailto:grace@acme.com).`, ["ada@acme.com", "grace@acme.com"]],
    [
      "apostrophes inside and around",
      "o'brien@acme.com 'ada@acme.com' ‘x@y.org’",
      ["o'brien@acme.com", "ada@acme.com", "x@y.org"]
    ],
    ["plus and dots", "ada.l+loom@sub.acme.com.", ["ada.l+loom@sub.acme.com"]],
    ["the same twice", "ada@acme.com ADA@ACME.COM", ["ada@acme.com"]],
    ["none", "hello @acme.com ada@ ada@localhost @ a@@", []]
  ] as const) {
    it(name, () => assert.deepStrictEqual([...emailsIn(text)], [...emails]))
  }
  it("takes time in proportion to the text, whatever is in it", () => {
    const started = performance.now()
    for (const piece of ["a", "@", ".", "a@", "'", "a.", ","]) emailsIn(piece.repeat(2_000_000))
    assert.isBelow(performance.now() - started, 4000)
  })
  it("finds every address that was put in, in any layout", () => {
    const email = FastCheck.tuple(FastCheck.stringMatching(/^[a-z0-9][a-z0-9.+_-]{0,20}$/), FastCheck.domain()).map(
      ([local, host]) => `${local}@${host}`
    )
    const separator = FastCheck.constantFrom("\n", ",", ";", "\t", " , ", '","', "> <", "\r\n")
    FastCheck.assert(
      FastCheck.property(FastCheck.array(email), separator, (emails, between) => {
        const known = emails.filter((address) => Result.isSuccess(parse(address.slice(address.indexOf("@") + 1))))
        assert.deepStrictEqual(
          new Set(emailsIn(known.join(between))),
          new Set(known.map((address) => address.toLowerCase()))
        )
      })
    )
  })
})

describe("review", () => {
  const domains = [domain("acme.com"), domain("bücher.de")]
  it("counts who is outside; a subdomain is not its parent", () => {
    const emails = [
      "ada@acme.com",
      "ADA@acme.com",
      "grace@sub.acme.com",
      "x@notacme.com",
      "y@bücher.de",
      "z@xn--bcher-kva.de"
    ]
    assert.deepStrictEqual(review(emails, domains), {
      members: 5,
      outside: ["grace@sub.acme.com", "x@notacme.com"],
      outsideCount: 2,
      domains
    })
  })
  it("keeps some addresses and the whole count", () => {
    const result = review(
      Array.from({ length: limit + 5 }, (_, index) => `u${index}@x.org`),
      domains
    )
    assert.strictEqual(result.outsideCount, limit + 5)
    assert.lengthOf(result.outside, limit)
  })
  it("everybody is outside of no domain, nobody outside of their own", () => {
    const emails = ["ada@acme.com", "x@y.org"]
    assert.strictEqual(review(emails, []).outsideCount, 2)
    assert.strictEqual(review(emails, [domain("acme.com"), domain("y.org")]).outsideCount, 0)
  })
})
