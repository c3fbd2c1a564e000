// Filters against two other implementations: the same answer where they can be compared, and every disagreement of
// docs/scim-oracles.md pinned, so that a new version which changes its mind is noticed.
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { parse as theirParse } from "scim2-parse-filter"
import { Types } from "scimmy"
import { type AttributePath, of, print as printPath } from "../../src/scim/AttributePath.ts"
import * as Filter from "../../src/scim/Filter.ts"
import { matches } from "../../src/scim/FilterEvaluate.ts"
import { parse } from "../../src/scim/FilterParser.ts"
import type { Json, JsonObject } from "../../src/scim/Json.ts"
import { loomUser } from "../../src/scim/Schemas.ts"
import * as Arbitrary from "./FilterArbitrary.ts"

/** Our tree in scim2-parse-filter's words. */
const inTheirWords = (filter: Filter.Filter): object => {
  switch (filter._tag) {
    case "Compare":
      return { op: filter.operator, attrPath: printPath(filter.path), compValue: filter.value }
    case "Present":
      return { op: "pr", attrPath: printPath(filter.path) }
    case "And":
    case "Or":
      return { op: filter._tag.toLowerCase(), filters: filter.filters.map(inTheirWords) }
    case "Not":
      return { op: "not", filter: inTheirWords(filter.filter) }
    case "ValuePath":
      return { op: "[]", attrPath: printPath(filter.path), valFilter: inTheirWords(filter.filter) }
  }
}

const ours = (text: string): object | string => {
  const result = parse(text)
  return Result.isSuccess(result) ? inTheirWords(result.success) : "refused"
}
const theirs = (text: string): object | string => {
  try {
    return theirParse(text)
  } catch {
    return "refused"
  }
}

describe("scim2-parse-filter", () => {
  it("gives the same tree for any filter both read (not: S1 to S5 of docs/scim-oracles.md)", () => {
    const name = FastCheck.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,8}$/).filter(
      (name) => !/^(?:not|and|or)$/i.test(name)
    )
    const schema = FastCheck.constantFrom(null, "urn:ietf:params:scim:schemas:core:2.0:User")
    const path = FastCheck.record({ schema, name, sub: FastCheck.option(name) })
    const text = FastCheck.string({ unit: "grapheme" }).filter(
      (text) => !JSON.stringify(text.replaceAll('"', "")).includes("\\")
    )
    const value = FastCheck.oneof(text, FastCheck.nat(), FastCheck.boolean(), FastCheck.constant(null))
    FastCheck.assert(
      FastCheck.property(Arbitrary.filterOf({ path, value }), (filter) => {
        const printed = Filter.print(filter)
        assert.deepStrictEqual(theirs(printed), ours(printed))
      }),
      { numRuns: 1000 }
    )
  })

  const rows: ReadonlyArray<readonly [string, string, object | string, object | string]> = [
    [
      "S1",
      'a eq "x\\ny"',
      { op: "eq", attrPath: "a", compValue: "x\ny" },
      { op: "eq", attrPath: "a", compValue: "x\\ny" }
    ],
    ["S1", 'a eq "x\\\\"', { op: "eq", attrPath: "a", compValue: "x\\" }, "refused"],
    [
      "S2",
      "a eq -1 and b pr",
      {
        op: "and",
        filters: [
          { op: "eq", attrPath: "a", compValue: -1 },
          { op: "pr", attrPath: "b" }
        ]
      },
      "refused"
    ],
    ["S2", "(a eq 1e+3)", { op: "eq", attrPath: "a", compValue: 1000 }, "refused"],
    ["S3", "not pr", { op: "pr", attrPath: "not" }, "refused"],
    ["S3", "not a pr", "refused", { op: "not", filter: { op: "pr", attrPath: "a" } }],
    [
      "S4",
      'e[type eq "w"].value eq "x"',
      "refused",
      {
        op: "and",
        filters: [
          { op: "[]", attrPath: "e", valFilter: { op: "eq", attrPath: "type", compValue: "w" } },
          { op: "eq", attrPath: "e.value", compValue: "x" }
        ]
      }
    ],
    [
      "S4",
      "e[f[a pr]]",
      "refused",
      { op: "[]", attrPath: "e", valFilter: { op: "[]", attrPath: "f", valFilter: { op: "pr", attrPath: "a" } } }
    ],
    ["S4", "e[a pr].", "refused", { op: "[]", attrPath: "e", valFilter: { op: "pr", attrPath: "a" } }],
    ["S5", "members.$ref pr", { op: "pr", attrPath: "members.$ref" }, "refused"],
    ["S5", "a.b.c pr", "refused", { op: "pr", attrPath: "a.b.c" }],
    ["S5", "1a pr", "refused", { op: "pr", attrPath: "1a" }],
    [
      "S5",
      'a eq"x"and b pr',
      "refused",
      {
        op: "and",
        filters: [
          { op: "eq", attrPath: "a", compValue: "x" },
          { op: "pr", attrPath: "b" }
        ]
      }
    ]
  ]
  for (const [id, text, ourAnswer, theirAnswer] of rows) {
    it(`${id} differs: ${text}`, () => {
      assert.deepStrictEqual(ours(text), ourAnswer)
      assert.deepStrictEqual(theirs(text), theirAnswer)
    })
  }

  it("S6 exhausts the stack, where a depth limit answers", () => {
    const deep = `${"(".repeat(100_000)}a pr${")".repeat(100_000)}`
    assert.strictEqual(ours(deep), "refused")
    assert.throws(() => theirParse(deep), RangeError)
  })
})

const scimmy = (text: string, resource: JsonObject): boolean | string => {
  try {
    return new Types.Filter(text).match([resource]).length === 1
  } catch {
    return "refused"
  }
}
const own = (text: string, resource: JsonObject): boolean | string => {
  const result = parse(text)
  return Result.isSuccess(result) ? matches(result.success, resource, loomUser) : "refused"
}

describe("SCIMMY's filter", () => {
  it("gives the same answer where it can be compared (not: Y1 to Y6 of docs/scim-oracles.md)", () => {
    const words = FastCheck.constantFrom("a", "b", "ab", "work")
    const compare = (...paths: ReadonlyArray<string>): FastCheck.Arbitrary<Filter.Filter> =>
      FastCheck.record({
        _tag: FastCheck.constant("Compare" as const),
        path: FastCheck.constantFrom(...paths.map((path): AttributePath => of(path))),
        operator: Arbitrary.operator,
        value: words
      })
    const single = ["userName", "title", "name.givenName", "name.familyName"]
    const leaf = FastCheck.oneof(
      compare(...single, "emails.value", "emails.type"),
      FastCheck.constantFrom(...[...single, "emails.type"].map(Filter.present))
    )
    const onSingle = FastCheck.oneof(compare(...single), FastCheck.constantFrom(...single.map(Filter.present)))
    const inside = compare("value", "type")
    const filter = FastCheck.oneof(
      leaf,
      FastCheck.tuple(leaf, onSingle).map(([a, b]) => Filter.and(a, b)),
      FastCheck.tuple(leaf, leaf, onSingle).map(([a, b, c]) => Filter.or(a, Filter.and(b, c))),
      FastCheck.tuple(onSingle, leaf, leaf).map(([a, b, c]) => Filter.and(a, Filter.or(b, c))),
      compare(...single).map(Filter.not),
      FastCheck.tuple(inside, inside).map(([a, b]) => Filter.valuePath("emails", Filter.and(a, b))),
      FastCheck.tuple(inside, inside).map(([a, b]) => Filter.valuePath("emails", Filter.or(a, b)))
    )
    const objectOf = (...fields: ReadonlyArray<string>) =>
      FastCheck.record(Object.fromEntries(fields.map((field) => [field, words])), { requiredKeys: [] }).map(
        (record): JsonObject => JSON.parse(JSON.stringify(record))
      )
    const email = FastCheck.tuple(words, objectOf("type")).map(([value, rest]): Json => ({ value, ...rest }))
    const resource = FastCheck.tuple(
      words,
      objectOf("title"),
      objectOf("givenName", "familyName"),
      FastCheck.array(email, { minLength: 1, maxLength: 3 })
    ).map(([userName, rest, name, emails]): JsonObject => ({ userName, ...rest, name, emails }))
    FastCheck.assert(
      FastCheck.property(filter, resource, (filter, resource) => {
        const text = Filter.print(filter)
        assert.strictEqual(own(text, resource), scimmy(text, resource))
      }),
      { numRuns: 2000 }
    )
  })

  const person = {
    userName: "BJensen",
    title: "",
    nickName: null,
    active: false,
    meta: { lastModified: "2026-05-13T04:42:34Z" },
    emails: [
      { value: "a", type: "work" },
      { value: "b", type: "home" }
    ],
    photos: []
  }
  const rows: ReadonlyArray<readonly [string, string, boolean | string, boolean | string]> = [
    ["Y1", 'userName eq "bjensen"', true, false],
    ["Y1", 'userName sw "bj"', true, false],
    ["Y2", 'not (emails.type ne "work")', false, true],
    ["Y2", 'not (emails.value eq "a")', false, true],
    ["Y2", "not (photos.value pr)", true, false],
    ["Y2", 'photos.value ne "x"', true, false],
    ["Y3", "title pr", false, true],
    ["Y3", "nickName pr", false, true],
    ["Y4", 'meta.lastModified eq "2026-05-13T06:42:34+02:00"', true, false],
    ["Y6", 'emails.type eq "work" and emails.value eq "b"', true, false],
    ["Y5", "userName eq bjensen", "refused", false],
    ["Y5", 'emails co "a"', true, "refused"]
  ]
  for (const [id, text, ourAnswer, theirAnswer] of rows) {
    it(`${id} differs: ${text}`, () => {
      assert.strictEqual(own(text, person), ourAnswer)
      assert.strictEqual(scimmy(text, person), theirAnswer)
    })
  }
})
