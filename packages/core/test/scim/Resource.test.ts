import type { Json } from "../../src/scim/Json.ts"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as FastCheck from "fast-check"
import { attribute } from "../../src/scim/Attribute.ts"
import { encodeGroup, encodeUser, Group, User } from "../../src/scim/Resource.ts"
import { decodeGroup, decodeUser, tolerate } from "../../src/scim/ResourceDecode.ts"
import { sameValues } from "../../src/scim/ResourceValue.ts"
import {
  enterpriseUser,
  enterpriseUserUrn,
  group,
  groupType,
  groupUrn,
  loomUser,
  user,
  userType,
  userUrn
} from "../../src/scim/Schemas.ts"
import { resource } from "./ResourceArbitrary.ts"

const decoded = (input: unknown) => {
  const { quirks, resource } = Result.getOrThrow(decodeUser(input))
  return { resource, quirks: [...quirks] }
}

describe("decodeUser", () => {
  it("keeps what it does not know", () => {
    const input = {
      schemas: [userUrn, enterpriseUserUrn, "urn:acme:1.0:Thing"],
      id: "1",
      userName: "b",
      colour: { hue: [1, null] },
      emails: [{ value: "x", verified: true }],
      [enterpriseUserUrn]: { department: "d", badge: 7 },
      "urn:acme:1.0:Thing": { size: null }
    }
    assert.deepStrictEqual(decoded(input), { resource: input, quirks: [] })
  })

  it("puts right what servers get wrong, and says so", () => {
    const input = {
      ID: 12,
      UserName: "b",
      active: "False",
      title: null,
      photos: [],
      emails: { value: "x", Primary: "TRUE" },
      roles: ["admin", null],
      [enterpriseUserUrn.toLowerCase()]: { Department: "d", manager: "m1" }
    }
    const { quirks, resource } = decoded(input)
    assert.deepStrictEqual(resource, {
      schemas: [userUrn, enterpriseUserUrn],
      id: "12",
      userName: "b",
      active: false,
      emails: [{ value: "x", primary: true }],
      roles: [{ value: "admin" }],
      [enterpriseUserUrn]: { department: "d", manager: { value: "m1" } }
    })
    assert.sameMembers(quirks, [
      "attributeCase",
      "stringAsNumber",
      "booleanAsString",
      "singleForMultiple",
      "simpleForComplex",
      "schemasMissing"
    ])
    assert.deepStrictEqual(decoded({ schemas: [userUrn], id: "", userName: "b" }), {
      resource: { schemas: [userUrn], userName: "b" },
      quirks: ["idMissing"]
    })
    const age = attribute("age", "integer")
    assert.deepStrictEqual(
      [...tolerate({ [enterpriseUserUrn]: { age: "7" } }, userType([enterpriseUser([age])])).quirks].slice(0, 1),
      ["numberAsString"]
    )
  })

  it("fails with the place when it cannot", () => {
    for (const [input, place] of [
      [{ userName: {} }, "userName"],
      [{ active: "maybe" }, "active"],
      [{ emails: [{ value: [1] }] }, "emails"],
      [[], "object"],
      ["<html>", "object"]
    ] as const) {
      const result = decodeUser(input)
      assert.include(Result.isFailure(result) ? result.failure.message : "decoded", place)
    }
    const deep: unknown = JSON.parse(`{"x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`)
    assert.isTrue(Result.isFailure(decodeUser(deep)))
  })

  it("returns any proper resource as it is, but for what is unassigned", () => {
    for (const [type, decode, is] of [
      [loomUser, decodeUser, Schema.is(User)],
      [groupType, decodeGroup, Schema.is(Group)]
    ] as const) {
      FastCheck.assert(
        FastCheck.property(resource(type), (input) => {
          const result = Result.getOrThrow(decode(input))
          assert.isTrue(is(result.resource))
          const again = Result.getOrThrow(decode(result.resource))
          assert.deepStrictEqual(again.resource, result.resource)
          assert.isTrue([...result.quirks].every((quirk) => quirk === "idMissing"))
          for (const [key, value] of Object.entries(result.resource))
            if (key in input && key === "colour") assert.isTrue(sameValues(value, input[key]))
        })
      )
    }
  })
})

describe("the fast walk", () => {
  const anything = FastCheck.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value)))

  it("accepts what the schema accepts, and nothing else", () => {
    for (const [type, decode, is] of [
      [loomUser, decodeUser, Schema.is(User)],
      [groupType, decodeGroup, Schema.is(Group)]
    ] as const) {
      const names = [...new Set(type.core.attributes.values())]
      const paths = names.flatMap(({ name, subAttributes }): ReadonlyArray<readonly [string, string | null]> => [
        [name, null],
        ...[...new Set(subAttributes.values())].map((sub) => [name, sub.name] as const)
      ])
      const extension = ["department", "manager", "loomMemberRole"].map((name) => [enterpriseUserUrn, name] as const)
      const place = FastCheck.constantFrom(...paths, ...extension, [enterpriseUserUrn, null] as const)
      const seen = { accepted: 0, refused: 0 }
      FastCheck.assert(
        FastCheck.property(resource(type), place, anything, FastCheck.boolean(), (base, [name, sub], value, many) => {
          const complex = sub === null ? value : { [sub]: value }
          const input = { ...base, [name]: many ? [complex] : complex }
          const accepted = Result.isSuccess(decode(input))
          assert.strictEqual(is(tolerate(input, type).resource), accepted)
          seen[accepted ? "accepted" : "refused"]++
        }),
        { numRuns: 1500 }
      )
      assert.isAbove(Math.min(seen.accepted, seen.refused), 50)
    }
  })
})

describe("encode", () => {
  it("sends a whole user, unknown attributes and all, and refuses half of one", () => {
    const whole = {
      schemas: [userUrn],
      userName: "b",
      colour: 1,
      [enterpriseUserUrn]: { loomMemberRole: "viewer", x: 1 }
    }
    assert.deepStrictEqual(Result.getOrThrow(encodeUser(whole)), whole)
    const refused: ReadonlyArray<readonly [unknown, string]> = [
      [{ ...whole, userName: "" }, "userName"],
      [{ schemas: [userUrn] }, "userName"],
      [{ ...whole, schemas: ["x"] }, userUrn],
      [{ ...whole, active: "False" }, "active"],
      [{ ...whole, title: null }, "title"]
    ]
    for (const [input, place] of refused) {
      const result = encodeUser(input)
      assert.include(Result.isFailure(result) ? result.failure.message : "encoded", place)
    }
  })

  it("sends a whole group", () => {
    const whole = { schemas: [groupUrn], displayName: "g", members: [{ value: "a" }] }
    assert.deepStrictEqual(Result.getOrThrow(encodeGroup(whole)), whole)
    assert.isTrue(Result.isFailure(encodeGroup({ ...whole, displayName: "" })))
    assert.isTrue(Result.isFailure(encodeGroup({ ...whole, schemas: [] })))
  })
})

describe("schemas", () => {
  const names = (attributes: ReadonlyMap<string, { readonly name: string }>) =>
    [...new Set(attributes.values())].map(({ name }) => name).toSorted()

  it("have the attributes of the resources, and no others", () => {
    const fields = Object.keys(User.schema.fields).filter((name) => name !== enterpriseUserUrn)
    assert.deepStrictEqual(names(user.attributes), fields.toSorted())
    assert.deepStrictEqual(names(group.attributes), Object.keys(Group.schema.fields).toSorted())
    for (const [attributes, schema] of [
      [user.attributes, User],
      [group.attributes, Group]
    ] as const) {
      for (const { multiValued, name, subAttributes, type } of attributes.values()) {
        if (type !== "complex") continue
        const sub = Object.fromEntries(
          [...subAttributes.values()].map(({ name, type }) => [name, type === "boolean" ? true : "x"])
        )
        const base = { schemas: ["x"] }
        assert.isTrue(Schema.is(schema)({ ...base, [name]: multiValued ? [sub] : sub }), name)
        assert.isFalse(Schema.is(schema)({ ...base, [name]: multiValued ? sub : [sub] }), name)
      }
    }
  })

  it("take another vendor attribute than Loom's", () => {
    const type = userType([enterpriseUser([attribute("seat", "boolean")])])
    const { quirks, resource } = tolerate(
      { id: "1", schemas: [userUrn], [enterpriseUserUrn]: { seat: "true", loomMemberRole: "x" } },
      type
    )
    assert.deepStrictEqual(resource[enterpriseUserUrn], { seat: true, loomMemberRole: "x" })
    assert.deepStrictEqual([...quirks], ["booleanAsString"])
  })
})
