/** A first mapping from the names of fields, with its reasons. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import { compile, type Mapping } from "../../src/provisioning/Mapping.ts"
import { apply } from "../../src/provisioning/MappingApply.ts"
import { fieldNames, guess } from "../../src/provisioning/MappingGuess.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { enterpriseUserUrn } from "../../src/scim/Schemas.ts"
import { departmentPath } from "./PersonArbitrary.ts"

const personFrom = (fields: JsonObject, mapping: Mapping) => {
  const mapped = Result.getOrThrow(apply(Result.getOrThrow(compile(mapping)), { at: "line 2", fields }))
  return mapped._tag === "Mapped" ? mapped.person : assert.fail("excluded")
}

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

  it("knows the members of objects that differ, one below the other, but for extensions", () => {
    const records = [
      { id: "1", name: { givenName: "A", more: { deep: { deeper: 1 } } }, [enterpriseUserUrn]: { department: "x" } },
      { id: "2", mail: ["a@x.org"], name: { familyName: "B" }, "a.b": null }
    ]
    const names = fieldNames(records)
    assert.deepStrictEqual(names, [
      "id",
      "name.givenName",
      "name.more.deep",
      enterpriseUserUrn,
      "mail",
      "name.familyName",
      "a.b"
    ])
    const made = personFrom(
      { id: "1", mail: "a@x.org", name: { givenName: "A", familyName: "B" } },
      guess(names).mapping
    )
    assert.deepStrictEqual([made.key, made.name.givenName, made.name.familyName], ["1", "A", "B"])
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
