/** A first mapping from the names of fields, with its reasons. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { compile, type Mapping } from "../../src/provisioning/Mapping.ts"
import { fieldNames, guess } from "../../src/provisioning/MappingGuess.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { enterpriseUserUrn } from "../../src/scim/Schemas.ts"
import { personBy } from "./mapped.ts"
import { departmentPath } from "./PersonArbitrary.ts"

const personFrom = (fields: JsonObject, mapping: Mapping) => personBy(mapping, fields)

describe("guess", () => {
  it("finds the usual columns and says what is left", () => {
    const { guessed, left, mapping, missing } = guess([
      "Employee ID",
      "E-Mail",
      "First Name",
      "surname",
      "Status",
      "Team",
      "Groups",
      "Shoe size"
    ])
    assert.deepStrictEqual(
      guessed.map(({ path, header }) => [path, header]),
      [
        ["externalId", "Employee ID"],
        ["emails", "E-Mail"],
        ["name.givenName", "First Name"],
        ["name.familyName", "surname"],
        ["active", "Status"],
        [departmentPath, "Team"],
        ["userName", "E-Mail"],
        ["groups", "Groups"]
      ]
    )
    assert.deepStrictEqual(left, ["Shoe size"])
    assert.deepStrictEqual(missing, [])
    const fields = { "Employee ID": "1", "E-Mail": "A@x.org", Status: "no", Groups: "Red;Blue" }
    const made = personFrom(fields, mapping)
    assert.deepStrictEqual(
      [made.key, made.userName, made.active, made.groups],
      ["1", "a@x.org", false, ["Red", "Blue"]]
    )
  })

  it("takes the address for a key when there is none, and says so", () => {
    const { mapping, missing } = guess(["mail"])
    assert.deepStrictEqual(missing, ["externalId"])
    assert.strictEqual(personFrom({ mail: "A@x.org" }, mapping).key, "a@x.org")
    assert.deepStrictEqual(guess(["shoe"]).missing, ["userName", "externalId"])
  })

  it("gives its reasons", () => {
    const { guessed } = guess(["mail", "employeeNumber", "teams", "displayName"])
    assert.deepStrictEqual(Object.fromEntries(guessed.map(({ path, reason }) => [path, reason])), {
      externalId: "a usual name for it",
      emails: "a usual name for it",
      displayName: "that is its name",
      userName: "nothing is named like a user name, and people log in with the address",
      groups: "a usual name for them, several separated by ;"
    })
  })

  it("knows the members of objects that differ, one below the other, and those of extensions", () => {
    const records = [
      { id: "1", name: { givenName: "A", more: { deep: { deeper: 1 } } }, [enterpriseUserUrn]: { department: "x" } },
      { id: "2", mail: ["a@x.org"], name: { familyName: "B" }, "a.b": null }
    ]
    const names = fieldNames(records)
    assert.deepStrictEqual(names, [
      "id",
      "name.givenName",
      "name.more.deep",
      departmentPath,
      "mail",
      "name.familyName",
      "a.b"
    ])
    const { mapping } = guess(names, records)
    assert.deepStrictEqual(mapping.attributes[departmentPath], departmentPath)
    const made = personFrom(
      {
        id: "1",
        mail: ["A@x.org", "b@x.org"],
        name: { givenName: "A", familyName: "B" },
        [enterpriseUserUrn]: { department: "Eng" }
      },
      mapping
    )
    assert.deepStrictEqual(
      [made.key, made.userName, made.name.givenName, made.name.familyName],
      ["1", "a@x.org", "A", "B"]
    )
    assert.strictEqual(made.attributes[departmentPath], "Eng")
  })

  it("makes of another SCIM server's users what they are", () => {
    const user = {
      id: "2819c223",
      externalId: "701984",
      userName: "Bjensen@example.com",
      name: { givenName: "Barbara", familyName: "Jensen" },
      emails: [{ value: "Bjensen@example.com", type: "work", primary: true }, { value: "babs@example.org" }],
      phoneNumbers: [{ value: "555" }],
      active: false,
      groups: [
        { value: "e9e30dba", display: "Admins; all" },
        { value: "fc348aa8", display: "Tour Guides" }
      ],
      [enterpriseUserUrn]: { department: "Tour Operations", manager: { value: "26118915" } }
    }
    const { guessed, mapping } = guess(fieldNames([user]), [user])
    const made = personFrom(user, mapping)
    assert.deepStrictEqual([made.key, made.userName, made.active], ["701984", "bjensen@example.com", false])
    assert.deepStrictEqual(
      made.emails.map(({ value }) => value),
      ["bjensen@example.com", "babs@example.org"]
    )
    assert.deepStrictEqual(made.groups, ["Admins; all", "Tour Guides"])
    assert.strictEqual(made.attributes[departmentPath], "Tour Operations")
    assert.strictEqual(guessed.at(-1)?.reason, "a usual name for them, as a list")
    const local = { ...user, externalId: null, id: "b2" }
    assert.strictEqual(guess(fieldNames([user, local]), [user, local]).mapping.attributes["externalId"], "id")
    const { userName: _userName, externalId: _externalId, id: _id, ...less } = user
    const without = guess(fieldNames([less]), [less])
    assert.deepStrictEqual(without.missing, ["externalId"])
    assert.strictEqual(personFrom(less, without.mapping).userName, "bjensen@example.com")
  })

  it("takes those for active who are not disabled, and groups by their common names", () => {
    const entry = {
      employeeNumber: "1",
      mail: "a@x.org",
      title: ["CEO", "Founder"],
      accountDisabled: true,
      memberOf: ["CN=Admins,OU=groups,DC=x", "cn=Smith\\, all,ou=groups,dc=x"]
    }
    const { left, mapping } = guess(fieldNames([entry]), [entry])
    const made = personFrom(entry, mapping)
    assert.deepStrictEqual(
      [made.active, made.groups, made.attributes["title"]],
      [false, ["Admins", "Smith, all"], "CEO"]
    )
    assert.isTrue(personFrom({ ...entry, accountDisabled: false }, mapping).active)
    assert.deepStrictEqual(left, [])
    const { accountDisabled: _accountDisabled, ...other } = entry
    const some = guess(fieldNames([entry, other]), [entry, other])
    assert.isTrue(personFrom(other, some.mapping).active)
    const reason = some.guessed.find(({ path }) => path === "active")?.reason
    assert.strictEqual(reason, "a usual name for it; who has none is taken for active")
  })

  it("leaves alone what it cannot read", () => {
    const record = { id: "1", mail: "a@x.org", title: [{ name: "x" }], teams: [{ name: "x" }] }
    const { left, mapping } = guess(fieldNames([record]), [record])
    assert.deepStrictEqual(left, ["title", "teams"])
    assert.strictEqual(personFrom(record, mapping).key, "1")
  })

  it("puts each header to one use or leaves it", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uniqueArray(FastCheck.constantFrom("id", "ID", "mail", "cn", "upn", "?", "group")),
        (headers) => {
          const { guessed, left, mapping, missing } = guess(headers)
          for (const header of headers)
            assert.notStrictEqual(
              left.includes(header),
              guessed.some((one) => one.header === header)
            )
          assert.strictEqual(missing.includes("userName") || Result.isSuccess(compile(mapping)), true)
        }
      )
    )
  })
})
