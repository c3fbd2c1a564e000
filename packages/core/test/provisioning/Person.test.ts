import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { addressesOf, facetOf, isActive, roleIn } from "../../src/provisioning/Facet.ts"
import { canonical, digest, fingerprintOfResource } from "../../src/provisioning/Fingerprint.ts"
import { personKey, toGroupResource, toResource, userName, valuesOf } from "../../src/provisioning/Person.ts"
import type { Json } from "../../src/scim/Json.ts"
import { encodeGroup, encodeUser } from "../../src/scim/Resource.ts"
import { compact, sameValues } from "../../src/scim/ResourceValue.ts"
import { enterpriseUserUrn, groupUrn, loomUser, rolePath } from "../../src/scim/Schemas.ts"
import { resource } from "../scim/ResourceArbitrary.ts"
import { group, people, person, user, workPhonePath } from "./PersonArbitrary.ts"

const json: FastCheck.Arbitrary<Json> = FastCheck.letrec<{ value: Json }>((tie) => ({
  value: FastCheck.oneof(
    { maxDepth: 3 },
    FastCheck.constantFrom("a", "b", "null", '"', 1, true, null),
    FastCheck.array(tie("value"), { maxLength: 3 }),
    FastCheck.dictionary(FastCheck.constantFrom("x", "y"), tie("value")).map((made) => ({ ...made }))
  )
})).value

describe("canonical", () => {
  it("is the same for values that SCIM does not tell apart", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(json, { maxLength: 4 }), (values) => {
        const text = canonical({ x: 1, list: values })
        assert.strictEqual(canonical({ list: [...values.toReversed(), ...values], x: 1, gone: null, no: [] }), text)
        assert.strictEqual(canonical(compact({ x: 1, list: values })), text)
      })
    )
  })

  it("differs for values that are not the same", () => {
    FastCheck.assert(
      FastCheck.property(json, json, (a, b) => {
        const [left, right] = [compact(a), compact(b)]
        if (sameValues(left, right)) assert.strictEqual(canonical(a), canonical(b))
        if (canonical(a) !== canonical(b)) assert.isFalse(sameValues(left, right))
      }),
      { numRuns: 500 }
    )
    for (const [a, b] of [
      ["1", 1],
      ["null", null],
      [["a"], "a"],
      [{ x: "a" }, { y: "a" }],
      ["a", "A"]
    ] satisfies ReadonlyArray<readonly [Json, Json]>) {
      assert.notStrictEqual(canonical(a), canonical(b))
    }
  })
})

describe("digest", () => {
  it("tells apart many texts that differ little, and where lines are cut", () => {
    const seen = new Set<number>()
    for (let index = 0; index < 100_000; index++) seen.add(digest(`person.${index}@example.com`, "a"))
    assert.strictEqual(seen.size, 100_000)
    assert.notStrictEqual(digest("ab", "c"), digest("a", "bc"))
    assert.notStrictEqual(digest("a", ""), digest("a"))
    for (const value of seen) assert.isTrue(Number.isSafeInteger(value) && value >= 0)
  })
})

describe("fingerprintOfResource", () => {
  it("does not see what only a server sets, and sees everything else", () => {
    FastCheck.assert(
      FastCheck.property(resource(loomUser), (one) => {
        const print = fingerprintOfResource(one, loomUser)
        assert.strictEqual(
          fingerprintOfResource({ ...one, meta: { version: "x" }, groups: [{ value: "y" }], schemas: [] }, loomUser),
          print
        )
        assert.notStrictEqual(fingerprintOfResource({ ...one, nickName: "somebody else" }, loomUser), print)
        assert.notStrictEqual(fingerprintOfResource({ ...one, id: "another id" }, loomUser), print)
      })
    )
  })
})

describe("facetOf", () => {
  it("refuses what cannot be set or compared", () => {
    for (const path of [
      "",
      "a b",
      "id",
      "meta.created",
      "schemas",
      "groups",
      "password",
      "emails.value",
      'phoneNumbers[type eq "work"]',
      'phoneNumbers[type ne "work"].value',
      "phoneNumbers[primary eq true].value"
    ]) {
      assert.isTrue(Result.isFailure(facetOf(path)), path)
    }
  })

  it("knows roles and activity as servers write them", () => {
    assert.deepStrictEqual(
      [true, undefined, "True", false, "False"].map((active) => isActive(active === undefined ? {} : { active })),
      [true, true, true, false, false]
    )
    assert.strictEqual(roleIn({ [enterpriseUserUrn]: { loomMemberRole: "Admin" } }), "admin")
    assert.isNull(roleIn({ [enterpriseUserUrn]: {} }))
    assert.deepStrictEqual(addressesOf(["B@x.org", { value: " A@x.org", primary: true }, { type: "work" }]), [
      "a@x.org",
      "b@x.org"
    ])
  })

  it("takes the first of several primary addresses for primary", () => {
    const emails = ["c", "b", "a"].map((value) => ({ value, primary: value !== "c" }))
    assert.deepStrictEqual(addressesOf(emails), ["b", "c", "a"])
  })

  it("changes one value of a list and leaves the others", () => {
    const facet = Result.getOrThrow(facetOf(workPhonePath))
    const home = { type: "home", value: "+2" }
    assert.deepStrictEqual(facet.write("+1", { phoneNumbers: [home] }), [
      { op: "add", path: "phoneNumbers", value: [{ type: "work", value: "+1" }] }
    ])
    const both = { phoneNumbers: [home, { type: "work", value: "+1" }] }
    assert.strictEqual(facet.read(both), "+1")
    assert.deepStrictEqual(facet.write("+3", both), [{ op: "replace", path: workPhonePath, value: "+3" }])
    assert.deepStrictEqual(facet.write(null, both), [{ op: "remove", path: 'phoneNumbers[type eq "work"]' }])
    assert.deepStrictEqual(facet.write(null, { phoneNumbers: [home] }), [])
  })
})

describe("toResource", () => {
  it("makes a user that may be sent and that reads as the person", () => {
    FastCheck.assert(
      FastCheck.property(people, (some) => {
        for (const one of some) {
          const made = Result.getOrThrow(toResource(one))
          assert.isTrue(Result.isSuccess(encodeUser(made)))
          assert.strictEqual(made["externalId"], one.key)
          for (const [path, value] of valuesOf(one)) {
            const facet = Result.getOrThrow(facetOf(path))
            assert.strictEqual(facet.text(facet.read(user("1", one))), facet.text(value), path)
          }
        }
      })
    )
  })

  it("sends the default role on creation only", () => {
    const one = person("ann", { role: "default" })
    assert.strictEqual(roleIn(Result.getOrThrow(toResource(one))), "default")
    assert.notInclude(
      valuesOf(one).map(([path]) => path),
      rolePath
    )
  })

  it("says which attribute cannot be set", () => {
    const made = toResource(person("ann", { attributes: { "meta.created": "now" } }))
    assert.include(Result.isFailure(made) ? made.failure : "", "meta.created")
  })

  it("makes groups that may be sent", () => {
    const made = toGroupResource(group("k", "Red"))
    assert.deepStrictEqual(made, { schemas: [groupUrn], externalId: "k", displayName: "Red" })
    assert.isTrue(Result.isSuccess(encodeGroup(made)))
  })
})

describe("brands", () => {
  it("take what keeps their rule", () => {
    assert.deepStrictEqual(
      ["ann@x.org", "Ann", " ann", ""].map((text) => Result.isSuccess(userName(text))),
      [true, false, false, false]
    )
    assert.deepStrictEqual(
      ["A", ""].map((text) => Result.isSuccess(personKey(text))),
      [true, false]
    )
  })
})
