import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { compile, type Mapping } from "../../src/provisioning/Mapping.ts"
import { enterpriseUserUrn, rolePath, userUrn } from "../../src/scim/Schemas.ts"
import { departmentPath, workPhonePath } from "./PersonArbitrary.ts"

const mapping: Mapping = {
  attributes: {
    externalId: "id",
    userName: "mail",
    "name.familyName": "last",
    title: "title",
    [departmentPath]: "dept",
    [workPhonePath]: "phone"
  },
  roles: [{ group: "Admins", role: "admin" }]
}

const faultsOf = (more: Partial<Mapping>) => {
  const compiled = compile({ ...mapping, ...more })
  return Result.isFailure(compiled) ? compiled.failure.map(({ detail, where }) => `${where}: ${detail}`) : []
}

describe("a filter of a mapping", () => {
  it("is refused over what nobody is given, each once", () => {
    assert.deepStrictEqual(faultsOf({ include: 'userName pr and not (titel eq "CEO" or nickName pr or titel pr)' }), [
      "include: nothing is mapped to titel, so nobody has it; map it, or correct its name",
      "include: nothing is mapped to nickName, so nobody has it; map it, or correct its name"
    ])
    assert.lengthOf(faultsOf({ exclude: `${enterpriseUserUrn}:costCenter pr` }), 1)
    assert.lengthOf(faultsOf({ include: `${rolePath} eq "admin"`, roles: [] }), 1)
  })

  it("is taken over what is mapped in whatever spelling, and what everybody has", () => {
    for (const include of [
      `${userUrn}:TITLE pr`,
      `${departmentPath} eq "ENG"`,
      `${enterpriseUserUrn} pr`,
      `${rolePath} eq "admin"`,
      'emails[type eq "work"] and name.familyName pr',
      'phoneNumbers.value sw "+" or groups.display pr or externalId pr or active eq true'
    ]) {
      assert.deepStrictEqual(faultsOf({ include }), [], include)
    }
  })
})
