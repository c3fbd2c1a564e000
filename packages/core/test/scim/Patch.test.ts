import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { apply, type PatchOperation } from "../../src/scim/Patch.ts"
import type { Json, JsonObject } from "../../src/scim/Json.ts"
import { enterpriseUserUrn, groupType, loomUser } from "../../src/scim/Schemas.ts"

const userUrn = "urn:ietf:params:scim:schemas:core:2.0:User"
const work = { value: "b@example.com", type: "work", primary: true }
const home = { value: "b@home.org", type: "home" }
const user = {
  schemas: [userUrn],
  id: "1",
  userName: "bjensen",
  name: { givenName: "Barbara", familyName: "Jensen" },
  emails: [work, home],
  active: true
}
const group = { displayName: "G", members: [{ value: "a", display: "Ann" }, { value: "b" }] }

const patched = (resource: JsonObject, ...operations: ReadonlyArray<PatchOperation>): JsonObject =>
  Result.getOrThrow(apply(resource, operations, "members" in resource ? groupType : loomUser))

const refusal = (resource: JsonObject, ...operations: ReadonlyArray<PatchOperation>) => {
  const result = apply(resource, operations, "members" in resource ? groupType : loomUser)
  return Result.isFailure(result) ? `${result.failure.scimType} ${result.failure.index}` : "applied"
}

const op = (op: string, path?: string, value?: Json): PatchOperation => ({
  op,
  ...(path === undefined ? {} : { path }),
  ...(value === undefined ? {} : { value })
})

describe("add (RFC 7644 §3.5.2.1)", () => {
  it("appends what is not there yet", () => {
    const other = { value: "c@x.org" }
    const expected = { ...user, emails: [...user.emails, other] }
    assert.deepStrictEqual(patched(user, op("add", "emails", [other])), expected)
    assert.deepStrictEqual(patched(user, op("add", "emails", other)), expected)
    assert.deepStrictEqual(patched(user, op("add", undefined, { emails: [other] })), expected)
    assert.deepStrictEqual(patched(user, op("add", "emails", { type: "home", value: "b@home.org" })), user)
    assert.deepStrictEqual(
      patched(group, op("add", "members", [{ value: "a" }, { value: "c" }, { value: "c" }]))["members"],
      [...group.members, { value: "c" }]
    )
  })

  it("replaces a single value, and merges a complex one", () => {
    assert.deepStrictEqual(patched(user, op("add", "title", "x"), op("add", "TITLE", "y")), { ...user, title: "y" })
    assert.deepStrictEqual(patched(user, op("add", "name", { familyName: "J", middleName: "M" }))["name"], {
      givenName: "Barbara",
      familyName: "J",
      middleName: "M"
    })
    assert.deepStrictEqual(patched(user, op("add", 'emails[type eq "home"]', { display: "d" }))["emails"], [
      work,
      { ...home, display: "d" }
    ])
  })

  it("makes what is missing on the way", () => {
    const path = `${enterpriseUserUrn}:manager.value`
    const result = patched(user, op("add", path, "m"))
    assert.deepStrictEqual(result[enterpriseUserUrn], { manager: { value: "m" } })
    assert.deepStrictEqual(result["schemas"], [userUrn, enterpriseUserUrn])
    assert.deepStrictEqual(patched(result, op("remove", path)), user)
  })

  it("changes nothing for null", () =>
    assert.deepStrictEqual(patched(user, op("add", "name", null), op("add", "emails", [])), user))
})

describe("replace (RFC 7644 §3.5.2.3)", () => {
  it("takes the RFC's forms", () => {
    assert.deepStrictEqual(patched(user, op("replace", "emails", [{ value: "n" }]))["emails"], [{ value: "n" }])
    assert.deepStrictEqual(patched(user, op("replace", "name", { givenName: "B" }))["name"], {
      givenName: "B",
      familyName: "Jensen"
    })
    assert.deepStrictEqual(
      patched(user, op("replace", 'emails[type eq "work"]', { value: "n", type: "other" }))["emails"],
      [{ value: "n", type: "other" }, home]
    )
    assert.deepStrictEqual(patched(user, op("replace", 'emails[type eq "WORK"].value', "n"))["emails"], [
      { ...work, value: "n" },
      home
    ])
    assert.deepStrictEqual(
      patched(user, op("replace", "emails.type", "other"))["emails"],
      user.emails.map((email) => ({ ...email, type: "other" }))
    )
  })

  it("takes many attributes without a path, dotted and qualified ones too", () => {
    const value = {
      displayName: "D",
      "name.givenName": "X",
      'emails[type eq "home"].value': "h",
      [enterpriseUserUrn]: { department: "Sales" },
      [`${enterpriseUserUrn}:loomMemberRole`]: "creator",
      "urn:acme:Thing": { size: 1 },
      id: "1"
    }
    assert.deepStrictEqual(patched(user, op("Replace", undefined, value)), {
      ...user,
      schemas: [userUrn, enterpriseUserUrn, "urn:acme:Thing"],
      displayName: "D",
      name: { givenName: "X", familyName: "Jensen" },
      emails: [work, { ...home, value: "h" }],
      [enterpriseUserUrn]: { department: "Sales", loomMemberRole: "creator" },
      "urn:acme:Thing": { size: 1 }
    })
  })

  it("unassigns with null and an empty list", () => {
    const { emails: _, ...rest } = user
    assert.deepStrictEqual(patched(user, op("replace", "emails", [])), rest)
    assert.deepStrictEqual(patched(user, op("replace", "emails", null)), rest)
    assert.deepStrictEqual(patched(user, op("replace", "name", { givenName: null }))["name"], { familyName: "Jensen" })
    assert.notProperty(patched(user, op("replace", "name", { givenName: null, familyName: null })), "name")
  })

  it("mends what clients send", () => {
    assert.strictEqual(patched(user, op("REPLACE", "active", "False"))["active"], false)
    assert.deepStrictEqual(patched(user, op("replace", `${enterpriseUserUrn}:manager`, "m"))[enterpriseUserUrn], {
      manager: { value: "m" }
    })
    assert.deepStrictEqual(patched(group, op("add", "members", ["c"]))["members"], [...group.members, { value: "c" }])
  })
})

describe("remove (RFC 7644 §3.5.2.2)", () => {
  it("takes away attributes, values and sub-attributes", () => {
    assert.notProperty(patched(user, op("remove", "emails")), "emails")
    assert.deepStrictEqual(patched(user, op("remove", 'emails[type eq "work"]'))["emails"], [home])
    assert.deepStrictEqual(patched(user, op("remove", 'emails[type eq "work"].type'))["emails"], [
      { value: "b@example.com", primary: true },
      home
    ])
    assert.notProperty(patched(user, op("remove", "emails[value pr]")), "emails")
    assert.deepStrictEqual(patched(user, op("remove", "name.givenName"))["name"], { familyName: "Jensen" })
  })

  it("takes members away by filter and by value", () => {
    const left = { ...group, members: [{ value: "b" }] }
    assert.deepStrictEqual(patched(group, op("remove", 'members[value eq "a"]')), left)
    assert.deepStrictEqual(patched(group, op("remove", "members", [{ value: "a" }])), left)
    assert.deepStrictEqual(patched(group, op("remove", "members", { value: "a", display: "Ann" })), left)
    assert.deepStrictEqual(patched(group, op("remove", "members", "a")), left)
    assert.deepStrictEqual(patched(group, op("remove", "members", [])), group)
    assert.deepStrictEqual(patched(group, op("remove", "members", [{}])), group)
    assert.deepStrictEqual(patched(group, op("remove", "members", { value: "a", display: "Bob" })), group)
    assert.deepStrictEqual(patched(group, op("remove", "members", ["a", "b"])), { displayName: "G" })
  })

  it("changes nothing where nothing is", () => {
    for (const path of [
      "title",
      'emails[type eq "x"]',
      "name.middleName",
      "photos.value",
      'photos[type eq "x"]',
      enterpriseUserUrn,
      `${enterpriseUserUrn}:department`
    ]) {
      assert.deepStrictEqual(patched(user, op("remove", path)), user, path)
    }
  })
})

describe("primary (RFC 7644 §3.5.2)", () => {
  it("belongs to the newest value that has it", () => {
    const primaries = (result: JsonObject) => JSON.stringify(result["emails"]).match(/"primary":\w+/g)
    assert.deepStrictEqual(primaries(patched(user, op("add", "emails", { value: "n", primary: true }))), [
      '"primary":false',
      '"primary":true'
    ])
    assert.deepStrictEqual(primaries(patched(user, op("replace", 'emails[type eq "home"].primary', true))), [
      '"primary":false',
      '"primary":true'
    ])
    assert.deepStrictEqual(primaries(patched(user, op("replace", 'emails[type eq "home"].primary', "True"))), [
      '"primary":false',
      '"primary":true'
    ])
    assert.deepStrictEqual(primaries(patched(user, op("add", "emails", { value: "n" }))), ['"primary":true'])
  })
})

describe("refusals (RFC 7644 §3.12)", () => {
  it("carry the scimType and the operation", () => {
    const rows: ReadonlyArray<readonly [string, JsonObject, PatchOperation]> = [
      ["invalidSyntax 1", user, op("move", "title", "x")],
      ["noTarget 1", user, op("remove")],
      ["noTarget 1", user, op("replace", 'emails[type eq "x"]', { value: "n" })],
      ["noTarget 1", user, op("add", 'emails[type eq "x"].value', "n")],
      ["noTarget 1", user, op("replace", "photos.value", "n")],
      ["noTarget 1", user, op("replace", "colours[a pr]", "n")],
      ["invalidValue 1", user, op("add", "title")],
      ["invalidValue 1", user, op("replace", undefined, "x")],
      ["invalidValue 1", user, op("replace", "title", ["x"])],
      ["invalidValue 1", user, op("replace", "name", "x")],
      ["invalidValue 1", user, op("add", "addresses", ["x"])],
      ["invalidValue 1", user, op("replace", enterpriseUserUrn, "x")],
      ["invalidValue 1", user, op("replace", "name.givenName", { a: 1 })],
      ["invalidPath 1", user, op("replace", "emails[type eq", "x")],
      ["invalidPath 1", user, op("replace", undefined, { "a b": 1 })],
      ["invalidPath 1", user, op("replace", 'name[givenName eq "Barbara"].givenName', "x")],
      ["invalidPath 1", user, op("remove", 'name[givenName eq "Barbara"]')],
      ["invalidPath 1", user, op("replace", "title.x", "x")],
      ["mutability 1", user, op("replace", "id", "2")],
      ["mutability 1", user, op("replace", undefined, { id: "2" })],
      ["mutability 1", user, op("remove", "groups")],
      ["mutability 1", user, op("replace", "meta.version", "2")],
      ["mutability 1", user, op("remove", "userName")],
      ["mutability 1", user, op("replace", "userName", null)],
      ["mutability 1", group, op("replace", 'members[value eq "a"].value', "x")],
      ["mutability 1", group, op("remove", "displayName")]
    ]
    for (const [expected, resource, operation] of rows) {
      const before = structuredClone(resource)
      assert.strictEqual(refusal(resource, op("add", "title", "T"), operation), expected, JSON.stringify(operation))
      assert.deepStrictEqual(resource, before)
    }
  })
})

describe("apply", () => {
  it("leaves the given resource alone, down to the deepest value", () => {
    const before = structuredClone(user)
    patched(
      user,
      op("add", "emails", { value: "n", primary: true }),
      op("replace", "name.givenName", "X"),
      op("replace", 'emails[type eq "home"].value', "h"),
      op("remove", "emails.type")
    )
    assert.deepStrictEqual(user, before)
  })

  it("keeps the spelling that is there", () => {
    assert.deepStrictEqual(
      patched(
        { UserName: "a", NAME: { GivenName: "g" } },
        op("replace", "userName", "b"),
        op("replace", "name.givenName", "h")
      ),
      {
        UserName: "b",
        NAME: { GivenName: "h" }
      }
    )
  })

  it("cannot reach prototypes", () => {
    const dangerous: Json = JSON.parse('{"constructor":{"prototype":{"polluted":true}}}')
    patched(user, op("add", undefined, dangerous))
    assert.strictEqual(
      refusal(user, op("add", undefined, JSON.parse('{"__proto__":{"polluted":true}}'))),
      "invalidPath 0"
    )
    assert.notProperty({}, "polluted")
    const merged = patched(user, op("add", "name", JSON.parse('{"__proto__":{"polluted":true}}')))
    assert.notProperty({}, "polluted")
    assert.strictEqual(Object.getPrototypeOf(merged["name"]), Object.prototype)
  })
})
