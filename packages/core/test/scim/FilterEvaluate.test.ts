import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { resourceType } from "../../src/scim/Attribute.ts"
import * as Filter from "../../src/scim/Filter.ts"
import { matches, misfits } from "../../src/scim/FilterEvaluate.ts"
import { parse } from "../../src/scim/FilterParser.ts"
import { groupType, loomUser, user } from "../../src/scim/Schemas.ts"

const parsed = (text: string): Filter.Filter => Result.getOrThrow(parse(text))

const bjensen = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  id: "Ab1",
  userName: "BJensen",
  active: "False",
  title: "",
  nickName: null,
  name: { familyName: "O'Malley", givenName: null },
  emails: [
    { value: "b@example.com", type: "work", primary: true },
    { value: "babs@home.org", type: "home" }
  ],
  phoneNumbers: [],
  meta: { lastModified: "2026-05-13T04:42:34Z" },
  loginCount: 7,
  seen: "2026-01-01T00:00:00+01:00",
  tags: ["red", "Blue"],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { department: "Sales", manager: { value: "M1" } }
}

describe("matches", () => {
  const rows = (expected: boolean, texts: ReadonlyArray<string>) => {
    for (const text of texts) assert.strictEqual(matches(parsed(text), bjensen, loomUser), expected, text)
  }

  it("follows the schema's case rules", () => {
    rows(true, [
      'userName eq "bjensen"',
      'USERNAME sw "bj"',
      'id eq "Ab1"',
      'name.familyName co "o\'m"',
      'tags eq "blue"'
    ])
    rows(false, ['id eq "ab1"', 'userName eq "bjense"', 'userName ne "bjensen"'])
    const members = { members: [{ value: "Ab" }] }
    assert.isFalse(matches(parsed('members.value eq "ab"'), members, groupType))
    assert.isTrue(matches(parsed('members eq "Ab"'), members, groupType))
  })

  it("compares dates as instants", () => {
    rows(true, [
      'meta.lastModified eq "2026-05-13T06:42:34.000+02:00"',
      'meta.lastModified gt "2026-05-13T06:42:33+02:00"',
      'meta.lastModified sw "2026-05"',
      'seen lt "2026-01-01T00:00:00Z"'
    ])
    rows(false, ['meta.lastModified lt "2026-05-13T04:42:34Z"', 'meta.lastModified gt "2026-05-13T05:00:00Z"'])
  })

  it("takes any value of a multi-valued attribute, and the same one within brackets", () => {
    rows(true, [
      'emails.type eq "work" and emails.value ew "home.org"',
      'emails co "@EXAMPLE"',
      'emails[type eq "home" and value ew ".org"]',
      'emails[not (type eq "work")]',
      'tags[value eq "red"]',
      'emails ne "b@example.com"'
    ])
    rows(false, [
      'emails[type eq "work" and value ew "home.org"]',
      "phoneNumbers[type pr]",
      "phoneNumbers[not (type pr)]"
    ])
  })

  it("takes a value without the sub-attribute for one whose sub-attribute is unassigned, in brackets and without", () => {
    const untyped = { emails: [{ value: "a" }, { value: "b", type: "work" }] }
    for (const text of [
      'emails.type ne "work"',
      'emails[type ne "work"]',
      "emails.type eq null",
      "emails[type eq null]",
      "emails.type pr"
    ]) {
      assert.isTrue(matches(parsed(text), untyped, loomUser), text)
    }
    assert.isFalse(matches(parsed("emails.display pr"), untyped, loomUser))
  })

  it("answers many alternatives as it answers few", () => {
    const word = FastCheck.constantFrom("a", "B", "c", "D", "e")
    const paths = FastCheck.constantFrom("userName", "id", "emails.value", "active", "meta.created", "colour")
    const members = FastCheck.tuple(
      paths,
      FastCheck.array(word, { minLength: 8, maxLength: 10 }),
      word,
      FastCheck.boolean()
    )
    FastCheck.assert(
      FastCheck.property(members, ([path, words, actual, lower]) => {
        const value = lower ? actual.toLowerCase() : actual.toUpperCase()
        const resource = {
          userName: value,
          id: value,
          emails: [{ value }, { type: "x" }],
          active: value,
          meta: { created: value },
          colour: value
        }
        const [first, ...rest] = words.map((word) => Filter.eq(path, word))
        if (first === undefined) return
        const any = [first, ...rest].some((part) => matches(part, resource, loomUser))
        assert.strictEqual(matches(Filter.or(first, ...rest), resource, loomUser), any)
        const mixed = Filter.or(first, ...rest, Filter.eq("title", "x"))
        assert.strictEqual(matches(mixed, resource, loomUser), any)
      })
    )
  })

  it("knows one unassigned state", () => {
    rows(true, [
      "nickName eq null",
      "phoneNumbers eq null",
      "missing eq null",
      'missing ne "x"',
      "userName ne null",
      "name pr",
      "emails ne null"
    ])
    rows(false, [
      "nickName pr",
      "title pr",
      "phoneNumbers pr",
      "name.givenName pr",
      'missing eq "x"',
      "userName eq null",
      "missing gt 1",
      "emails eq null"
    ])
  })

  it("takes booleans as strings, on either side", () => {
    rows(true, ["active eq false", 'active eq "FALSE"', "active ne true", "emails.primary eq true"])
    rows(false, ["active eq true", 'active eq "True"', "active gt false"])
  })

  it("compares numbers as numbers, and never across types", () => {
    rows(true, [
      "loginCount eq 7",
      "loginCount gt 6.5",
      "loginCount le 7",
      "loginCount ge 7",
      "loginCount ne 8",
      'loginCount ne "7"'
    ])
    rows(false, ["loginCount lt 7", 'loginCount eq "7"', "loginCount co 7", 'loginCount gt "6"', "userName gt 1"])
  })

  it("finds attributes of extensions", () => {
    const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    rows(true, [`${urn}:department eq "sales"`, `${urn.toUpperCase()}:manager.value pr`, `${urn} pr`])
    rows(false, [
      'department eq "Sales"',
      `${urn}:costCenter pr`,
      "urn:acme:1.0:Thing pr",
      "urn:acme:1.0:Thing:colour pr"
    ])
    const other = { "urn:acme:1.0:Thing": { colour: "red" } }
    assert.isTrue(matches(parsed('urn:acme:1.0:Thing:colour eq "red" and urn:acme:1.0:Thing pr'), other, loomUser))
    const bare = resourceType("User", "/Users", user)
    assert.isTrue(matches(parsed(`${urn}:department eq "Sales"`), bjensen, bare))
  })

  it("is not misled by inherited names", () => rows(false, ["constructor pr", "toString pr", "hasOwnProperty.name pr"]))
})

describe("misfits", () => {
  it("finds the order on booleans and binaries that RFC 7644 table 3 forbids", () => {
    const found = misfits(
      parsed('active gt true or not (x509Certificates.value lt "a") and emails[primary ge true] or title gt "a"'),
      loomUser
    )
    assert.deepStrictEqual(found.map(Filter.print), [
      "active gt true",
      'x509Certificates.value lt "a"',
      "primary ge true"
    ])
  })
})
