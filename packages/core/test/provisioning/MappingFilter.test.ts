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

  it("is refused over what groups, addresses, names and simple values never have", () => {
    const nobodyHas = (path: string) =>
      `exclude: nothing is mapped to ${path}, so nobody has it; map it, or correct its name`
    assert.deepStrictEqual(faultsOf({ exclude: 'groups eq "admins" or not (groups co "a")' }), [
      "exclude: groups is compared by what is in it: groups.display"
    ])
    for (const [exclude, path] of [
      ['groups.value eq "x"', "groups.value"],
      ['groups[value eq "x" or display pr]', "groups.value"],
      ['emails.display co "x"', "emails.display"],
      ["name.givenName pr", "name.givenName"],
      ["title.value pr", "title.value"],
      ["phoneNumbers[primary eq true]", "phoneNumbers.primary"]
    ] as const) {
      assert.deepStrictEqual(faultsOf({ exclude }), [nobodyHas(path)], exclude)
    }
    for (const exclude of [
      "groups pr and name pr and not (groups eq null)",
      'groups[display sw "x"] or emails co "@x.org" or emails[primary eq true]',
      'phoneNumbers eq "+1" or phoneNumbers[type eq "work" and value pr]'
    ]) {
      assert.deepStrictEqual(faultsOf({ exclude }), [], exclude)
    }
    const addresses = { attributes: { ...mapping.attributes, addresses: "addresses", emails: "mails" } }
    assert.deepStrictEqual(faultsOf({ ...addresses, exclude: 'addresses.country eq "DE"' }), [])
    assert.deepStrictEqual(faultsOf({ ...addresses, exclude: "emails.display pr" }), [nobodyHas("emails.display")])
  })

  it("is refused when it compares a truth with a word, or a text with what is none", () => {
    const truth = (path: string) => `include: ${path} is true or false, so it is compared by eq true or eq false only`
    assert.deepStrictEqual(faultsOf({ include: 'active eq "no"' }), [truth("active")])
    assert.deepStrictEqual(faultsOf({ include: 'active co "true"' }), [truth("active")])
    assert.deepStrictEqual(faultsOf({ include: "active eq 1" }), [truth("active")])
    assert.deepStrictEqual(faultsOf({ include: 'emails[primary ne "yes"]' }), [truth("emails.primary")])
    assert.deepStrictEqual(faultsOf({ include: "externalId eq 17 or title eq true" }), [
      "include: externalId is text, and 17 is none; write it in quotes",
      "include: title is text, and true is none; write it in quotes"
    ])
    assert.deepStrictEqual(faultsOf({ include: 'active eq "False" or active ne null or title eq null' }), [])
  })
})
