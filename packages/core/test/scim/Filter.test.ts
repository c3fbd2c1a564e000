import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import * as Filter from "../../src/scim/Filter.ts"
import { parse } from "../../src/scim/FilterParser.ts"
import * as Arbitrary from "./FilterArbitrary.ts"

const parsed = (text: string): Filter.Filter => Result.getOrThrow(parse(text))
const fault = (text: string, maxDepth?: number) => {
  const result = parse(text, maxDepth === undefined ? {} : { maxDepth })
  assert.isTrue(Result.isFailure(result), text)
  return Result.isFailure(result) ? [result.failure.position, result.failure.expected] : []
}

describe("parse", () => {
  it("reads every example of RFC 7644 §3.4.2.2", () => {
    const examples = [
      'userName eq "bjensen"',
      'name.familyName co "O\'Malley"',
      'userName sw "J"',
      'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
      "title pr",
      'meta.lastModified gt "2011-05-13T04:42:34Z"',
      'title pr and userType eq "Employee"',
      'title pr or userType eq "Intern"',
      'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
      'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
      'userType eq "Employee" and (emails.type eq "work")',
      'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
      'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]'
    ]
    const canonical = examples.map((text) => text.replace('(emails.type eq "work")', 'emails.type eq "work"'))
    assert.deepStrictEqual(
      examples.map((text) => Filter.print(parsed(text))),
      canonical
    )
  })

  it("binds not tighter than and, and tighter than or", () => {
    const { and, eq, not, or } = Filter
    assert.deepStrictEqual(
      parsed("a eq 1 or b eq 2 and not (c eq 3) or d eq 4"),
      or(eq("a", 1), and(eq("b", 2), not(eq("c", 3))), eq("d", 4))
    )
    assert.deepStrictEqual(parsed("(a eq 1 or b eq 2) and c eq 3"), and(or(eq("a", 1), eq("b", 2)), eq("c", 3)))
    assert.deepStrictEqual(parsed("(a eq 1 and b eq 2) and c eq 3"), and(and(eq("a", 1), eq("b", 2)), eq("c", 3)))
  })

  it("reads operators and keywords in any case, and white space in any amount", () => {
    assert.deepStrictEqual(
      parsed(' a EQ\t"x"  AnD NOT( b Pr ) '),
      Filter.and(Filter.eq("a", "x"), Filter.not(Filter.present("b")))
    )
  })

  it("takes keywords for attribute names where a name stands", () => {
    assert.deepStrictEqual(
      parsed("not pr and and pr or or eq 1"),
      Filter.or(Filter.and(Filter.present("not"), Filter.present("and")), Filter.eq("or", 1))
    )
  })

  it("reads JSON's literals", () => {
    const literals: ReadonlyArray<readonly [string, Filter.CompareValue]> = [
      ['"a\\"b\\\\c\\/\\b\\f\\n\\r\\t\\u00e9"', 'a"b\\c/\b\f\n\r\té'],
      ['""', ""],
      ['")]"', ")]"],
      ["-12.5e3", -12500],
      ["0", 0],
      ["true", true],
      ["false", false],
      ["null", null]
    ]
    for (const [text, value] of literals) assert.deepStrictEqual(parsed(`a eq ${text}`), Filter.eq("a", value))
  })

  it("says where it stopped and what was expected", () => {
    const operators = "eq, ne, co, sw, ew, gt, ge, lt, le, pr or ["
    const value = "a value: a string in double quotes, a number, true, false or null"
    const escape = 'an escape: \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hex digits'
    const faults: ReadonlyArray<readonly [string, number, string]> = [
      ["", 0, "an attribute name, ( or not ("],
      ["userName", 8, operators],
      ["userName like 1", 9, operators],
      ["userName eqx 1", 9, operators],
      // A wide character whose low byte completes an operator.
      ["userName d\u0171 1", 9, operators],
      ['userName eq"x"', 9, operators],
      ["userName eq", 11, value],
      ["userName eq bjensen", 12, value],
      ["userName eq True", 12, value],
      ["userName eq 'x'", 12, value],
      ['userName eq "x', 14, '" at the end of the string'],
      ['userName eq "x"and a pr', 15, "a space or the end after the value"],
      ["userName eq 01", 13, "a space or the end after the value"],
      ["userName eq -", 12, "a number that JSON allows"],
      ["userName eq 1e999", 12, "a number that JSON allows"],
      ['a eq "\\x"', 6, escape],
      ['a eq "\\u12g4"', 6, escape],
      ['a eq "\u0001"', 6, "an escape such as \\n instead of a control character"],
      ["a pr and", 8, "an attribute name, ( or not ("],
      ["a pr b pr", 5, "and, or or the end"],
      ["(a pr", 5, "and, or or )"],
      ["a pr)", 4, "and, or or the end"],
      ["e[a pr", 6, "and, or or ]"],
      ["e[a pr)", 6, "and, or or ]"],
      ["e[f[a pr]]", 3, "an operator: brackets do not nest"],
      ["e[a pr].b pr", 7, "and, or or the end"],
      ["a.b.c pr", 3, "at most one sub-attribute"],
      ["a. pr", 2, "a sub-attribute name"],
      ["1a pr", 0, "an attribute name, ( or not ("],
      ["a:b pr", 0, "a URN before the attribute name"],
      ["a,b pr", 1, "a character of an attribute name"],
      ["not not (a pr)", 4, operators]
    ]
    assert.deepStrictEqual(
      faults.map(([text]) => [text, ...fault(text)]),
      faults.map((row) => [...row])
    )
    const result = parse("a pr and b is 1")
    assert.strictEqual(
      Result.isFailure(result) ? result.failure.message : "",
      `At position 11: expected ${operators}, found "is 1".`
    )
  })

  it("refuses nesting beyond the limit instead of exhausting the stack", () => {
    const deep = (n: number) => `${"(".repeat(n)}a pr${")".repeat(n)}`
    assert.deepStrictEqual(fault(deep(100_000)), [64, "at most 64 nested parentheses"])
    assert.deepStrictEqual(fault(`${"not (".repeat(100_000)}`), [64 * 5 + 4, "at most 64 nested parentheses"])
    assert.deepStrictEqual(fault(deep(100_000), 1e9), [1000, "at most 1000 nested parentheses"])
    assert.deepStrictEqual(fault("(a[b pr])", 1), [2, "at most 1 nested parentheses"])
    assert.deepStrictEqual(parsed(deep(64)), Filter.present("a"))
    assert.isTrue(Result.isSuccess(parse(Array.from({ length: 50_000 }, () => "a pr").join(" and "))))
  })

  it("gives back what was printed, for any filter", () => {
    FastCheck.assert(
      FastCheck.property(Arbitrary.filter, (filter) => {
        const text = Filter.print(filter)
        const again = parsed(text)
        assert.deepStrictEqual(again, filter)
        assert.strictEqual(Filter.print(again), text)
      }),
      { numRuns: 1000 }
    )
  })

  it("never throws, whatever the text", () => {
    const pieces = FastCheck.constantFrom(
      "a",
      ".",
      ":",
      "(",
      ")",
      "[",
      "]",
      " ",
      '"',
      "\\",
      "not ",
      " and ",
      " eq ",
      "1",
      "pr",
      "urn:x:"
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: FastCheck.oneof(pieces, FastCheck.string()) }), (text) => {
        const result = parse(text)
        if (Result.isFailure(result)) assert.isTrue(result.failure.position <= text.length)
        else assert.deepStrictEqual(parsed(Filter.print(result.success)), result.success)
      }),
      { numRuns: 3000 }
    )
  })
})

describe("builder", () => {
  it("refuses text that is no path, so that nothing can be smuggled in", () => {
    assert.throws(() => Filter.eq('userName eq "x" or id', "y"), TypeError)
    assert.strictEqual(
      Filter.print(Filter.eq("userName", 'x" or id pr or a eq "')),
      'userName eq "x\\" or id pr or a eq \\""'
    )
  })

  it("leaves a single filter as it is", () => {
    const only = Filter.present("a")
    assert.strictEqual(Filter.and(only), only)
    assert.strictEqual(Filter.or(only), only)
  })
})
