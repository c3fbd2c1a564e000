import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { locate } from "../../src/scim/Attribute.ts"
import { of, parse as parseAttribute, print as printAttribute, SyntaxFault } from "../../src/scim/AttributePath.ts"
import { eq } from "../../src/scim/Filter.ts"
import { parse, type Path, print } from "../../src/scim/Path.ts"
import { enterpriseUserUrn, loomUser } from "../../src/scim/Schemas.ts"
import * as Arbitrary from "./FilterArbitrary.ts"

const parsed = (text: string): Path => Result.getOrThrow(parse(text))

describe("parse", () => {
  it("reads the forms of RFC 7644 §3.5.2", () => {
    assert.deepStrictEqual(parsed("members"), { _tag: "AttributeTarget", path: of("members") })
    assert.deepStrictEqual(parsed("name.familyName"), {
      _tag: "AttributeTarget",
      path: { schema: null, name: "name", sub: "familyName" }
    })
    const work = { _tag: "ValueTarget", path: of("addresses"), filter: eq("type", "work"), sub: null } as const
    assert.deepStrictEqual(parsed('addresses[type eq "work"]'), work)
    assert.deepStrictEqual(parsed('addresses[type eq "work"].street'), { ...work, sub: "street" })
    assert.deepStrictEqual(parsed(`${enterpriseUserUrn}:manager.value`), {
      _tag: "AttributeTarget",
      path: { schema: enterpriseUserUrn, name: "manager", sub: "value" }
    })
    assert.deepStrictEqual(parsed('members[value eq "a.b]c\\""].$ref'), {
      _tag: "ValueTarget",
      path: of("members"),
      filter: eq("value", 'a.b]c"'),
      sub: "$ref"
    })
  })

  it("says where a path is wrong", () => {
    const faults: ReadonlyArray<readonly [string, number, string]> = [
      ["", 0, "an attribute name"],
      ["a.b.c", 3, "at most one sub-attribute"],
      ["a b", 1, "[, . or the end of the path"],
      ["a[b eq 1", 8, "and, or or ]"],
      ["a[]", 2, "an attribute name, ( or not ("],
      ["a[b eq 1]c", 9, ". or the end of the path"],
      ["a[b eq 1].", 10, "a sub-attribute name"],
      ["a[b eq 1].c.d", 11, "the end of the path"],
      [`a[${"(".repeat(100_000)}`, 65, "at most 64 nested parentheses"]
    ]
    for (const [text, position, expected] of faults) {
      const result = parse(text)
      assert.deepStrictEqual(
        Result.isFailure(result) ? [result.failure.position, result.failure.expected] : "read",
        [position, expected],
        text.slice(0, 20)
      )
    }
  })

  it("gives back what was printed, for any path", () => {
    const path: FastCheck.Arbitrary<Path> = FastCheck.oneof(
      FastCheck.record({ _tag: FastCheck.constant("AttributeTarget" as const), path: Arbitrary.path }),
      FastCheck.record({
        _tag: FastCheck.constant("ValueTarget" as const),
        path: Arbitrary.path,
        filter: Arbitrary.filter.filter((filter) => !JSON.stringify(filter).includes("ValuePath")),
        sub: FastCheck.option(FastCheck.stringMatching(/^[a-z$][a-zA-Z0-9_-]{0,8}$/))
      })
    )
    FastCheck.assert(FastCheck.property(path, (path) => assert.deepStrictEqual(parsed(print(path)), path)))
    FastCheck.assert(
      FastCheck.property(Arbitrary.path, (path) => assert.deepStrictEqual(parseAttribute(printAttribute(path)), path))
    )
  })
})

describe("attribute paths", () => {
  it("are whole texts", () => {
    assert.isTrue(parseAttribute("a[b pr]") instanceof SyntaxFault)
    assert.throws(() => of("a b"), TypeError)
  })
})

describe("locate", () => {
  const where = (text: string) => {
    const { attribute, container, name, sub, subAttribute } = locate(loomUser, of(text))
    return [container, name, sub, attribute?.type ?? null, subAttribute?.type ?? null]
  }

  it("finds core and extension attributes in any case", () => {
    assert.deepStrictEqual(where("USERNAME"), [null, "userName", null, "string", null])
    assert.deepStrictEqual(where("Emails.PRIMARY"), [null, "emails", "primary", "complex", "boolean"])
    assert.deepStrictEqual(where("urn:ietf:params:scim:schemas:core:2.0:user:Name.givenname"), [
      null,
      "name",
      "givenName",
      "complex",
      "string"
    ])
    assert.deepStrictEqual(where(`${enterpriseUserUrn.toUpperCase()}:LOOMMEMBERROLE`), [
      enterpriseUserUrn,
      "loomMemberRole",
      null,
      "string",
      null
    ])
  })

  it("takes the URN of an extension for the extension", () => {
    assert.deepStrictEqual(where(enterpriseUserUrn), [enterpriseUserUrn, null, null, null, null])
    assert.deepStrictEqual(where(`${enterpriseUserUrn}.department`), [
      enterpriseUserUrn,
      "department",
      null,
      "string",
      null
    ])
    assert.deepStrictEqual(where("urn:acme:scim:1.0:Thing"), ["urn:acme:scim:1.0:Thing", null, null, null, null])
  })

  it("tolerates what it does not know", () => {
    assert.deepStrictEqual(where("Colour.Hue"), [null, "Colour", "Hue", null, null])
    assert.deepStrictEqual(where("urn:acme:scim:1.0:Thing:Colour"), [
      "urn:acme:scim:1.0:Thing",
      "Colour",
      null,
      null,
      null
    ])
    assert.deepStrictEqual(where("constructor"), [null, "constructor", null, null, null])
  })
})
