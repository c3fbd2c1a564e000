import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as FastCheck from "fast-check"
import { compile, Mapping } from "../../src/provisioning/Mapping.ts"
import { apply, keyOf, trace } from "../../src/provisioning/MappingApply.ts"
import { Person, toResource } from "../../src/provisioning/Person.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { enterpriseUserUrn, userUrn, rolePath } from "../../src/scim/Schemas.ts"
import { personBy, problemsBy, ready, recordOf } from "./mapped.ts"
import { departmentPath, person, workPhonePath } from "./PersonArbitrary.ts"

const mapping = Mapping.make({
  attributes: {
    externalId: "Employee ID",
    userName: { from: "Mail", transform: ["trim", "lowercase"] },
    "name.givenName": "First",
    "name.familyName": "Last",
    displayName: { template: "${First} ${Last}" },
    active: { from: "Status", boolean: { true: ["working"], false: ["gone"] } },
    title: { from: "Title", otherwise: "Member" },
    [departmentPath]: { from: "Dept", transform: ["uppercase"] },
    [workPhonePath]: "Phone",
    userType: { constant: "Employee" }
  },
  groups: [
    { from: "Teams", separator: ";" },
    { from: "Dept", values: { eng: "Engineering" } }
  ],
  roles: [
    { group: "Creators", role: "creator" },
    { group: "loom admins", role: "admin" },
    { group: "Everyone", role: "viewer" }
  ],
  exclude: 'userName ew "@contractor.example" or groups.display eq "Robots"'
})

const ann: JsonObject = {
  "Employee ID": "17",
  Mail: " Ann@Example.com ",
  First: "Ann",
  Last: "Doe",
  Status: "Working",
  Title: "",
  Dept: "eng",
  Phone: "+1",
  Teams: "Creators; Loom Admins ;creators"
}

const map = (fields: JsonObject, of: Mapping = mapping) => apply(ready(of), recordOf(fields))
const personFrom = (fields: JsonObject, of: Mapping = mapping) => personBy(of, fields)
const problems = (fields: JsonObject, of: Mapping = mapping) => problemsBy(of, fields)

describe("apply", () => {
  it("makes a person by the mapping", () => {
    assert.deepStrictEqual(personFrom(ann), {
      ...person("17", { userName: "ann@example.com", at: "line 2", role: "admin" }),
      name: { givenName: "Ann", familyName: "Doe", formatted: null },
      groups: ["Creators", "Loom Admins", "Engineering"],
      attributes: {
        displayName: "Ann Doe",
        title: "Member",
        [departmentPath]: "ENG",
        [workPhonePath]: "+1",
        userType: "Employee"
      }
    })
  })

  it("makes a user that can be sent", () => {
    assert.deepStrictEqual(Result.getOrThrow(toResource(personFrom(ann))), {
      schemas: [userUrn, enterpriseUserUrn],
      externalId: "17",
      userName: "ann@example.com",
      active: true,
      name: { givenName: "Ann", familyName: "Doe" },
      emails: [{ value: "ann@example.com", type: "work", primary: true }],
      [enterpriseUserUrn]: { loomMemberRole: "admin", department: "ENG" },
      displayName: "Ann Doe",
      phoneNumbers: [{ type: "work", value: "+1" }],
      title: "Member",
      userType: "Employee"
    })
  })

  it("takes away what an empty field has, and leaves out what nobody maps", () => {
    const { attributes, name } = personFrom({ ...ann, Phone: " ", Last: "" })
    assert.strictEqual(attributes[workPhonePath], null)
    assert.deepStrictEqual(name, { givenName: "Ann", familyName: null, formatted: null })
    assert.strictEqual(attributes["displayName"], "Ann")
  })

  it("reports all that is wrong with a record, and where", () => {
    assert.deepStrictEqual(problems({ ...ann, "Employee ID": "", Status: "perhaps", Mail: "" }), [
      ["active", "line 2"],
      ["externalId", "line 2"],
      ["userName", "line 2"]
    ])
    assert.deepStrictEqual(problems({ ...ann, Mail: "ann" }), [["emails", "line 2"]])
    assert.deepStrictEqual(problems({ ...ann, Mail: ["a@example.com", "b@example.com"] }), [["userName", "line 2"]])
    const withRole = { ...mapping, attributes: { ...mapping.attributes, [rolePath]: "Role" } }
    assert.deepStrictEqual(problems({ ...ann, Role: "owner" }, withRole), [[rolePath, "line 2"]])
  })

  it("excludes by attribute and by group, with the reason", () => {
    const contractor = Result.getOrThrow(map({ ...ann, Mail: "x@contractor.example" }))
    assert.strictEqual(contractor._tag, "Excluded")
    assert.include(contractor._tag === "Excluded" ? contractor.reason : "", "@contractor.example")
    assert.strictEqual(Result.getOrThrow(map({ ...ann, Teams: "robots" }))._tag, "Excluded")
    const included = { ...mapping, include: 'title eq "CEO"' }
    assert.strictEqual(Result.getOrThrow(map(ann, included))._tag, "Excluded")
    assert.strictEqual(Result.getOrThrow(map({ ...ann, Title: "ceo" }, included))._tag, "Mapped")
  })

  it("gives the highest role of the groups, whatever their order, and else that of the field", () => {
    const roles = ["Everyone", "Creators", "Loom Admins"]
    FastCheck.assert(
      FastCheck.property(FastCheck.shuffledSubarray(roles), (some) => {
        const highest = some.includes("Loom Admins")
          ? "admin"
          : some.includes("Creators")
            ? "creator"
            : some.includes("Everyone")
              ? "viewer"
              : null
        const reversed = { ...mapping, roles: (mapping.roles ?? []).toReversed() }
        assert.strictEqual(personFrom({ ...ann, Teams: some.join(";") }).role, highest)
        assert.strictEqual(personFrom({ ...ann, Teams: some.join(";") }, reversed).role, highest)
      })
    )
    const withRole = { ...mapping, attributes: { ...mapping.attributes, [rolePath]: "Role" } }
    assert.strictEqual(personFrom({ ...ann, Teams: "", Role: "Viewer" }, withRole).role, "viewer")
    assert.strictEqual(personFrom({ ...ann, Role: "Viewer" }, withRole).role, "admin")
  })

  it("gives everybody the role of a rule without a group, and who leaves a group no more than that", () => {
    const open = { ...mapping, roles: [{ group: "Loom Admins", role: "admin" }, { role: "creator" }] } as const
    assert.strictEqual(personFrom({ ...ann, Teams: "Loom Admins" }, open).role, "admin")
    assert.strictEqual(personFrom({ ...ann, Teams: "" }, open).role, "creator")
    assert.deepInclude(trace(ready(open), { at: "line 2", fields: { ...ann, Teams: "" } }).steps, {
      path: "role",
      what: "everybody",
      value: "creator"
    })
  })

  it("reads e-mails as text, as lists, and as SCIM has them", () => {
    const attributes = { ...mapping.attributes, emails: { from: "Mails", split: "," } }
    const emailsFrom = (Mails: JsonObject[string]) =>
      personFrom({ ...ann, Mails }, { ...mapping, attributes }).emails.map(({ primary, value }) => [value, primary])
    assert.deepStrictEqual(emailsFrom("B@x.org, a@x.org,b@x.org"), [
      ["b@x.org", true],
      ["a@x.org", false]
    ])
    const whole = { ...mapping, attributes: { ...mapping.attributes, emails: "Mails" } }
    const Mails = [{ value: "a@x.org" }, { value: "b@x.org", primary: true, type: "home" }]
    assert.deepStrictEqual(personFrom({ ...ann, Mails }, whole).emails, [
      { value: "a@x.org", type: "work", primary: false },
      { value: "b@x.org", type: "home", primary: true }
    ])
    assert.deepStrictEqual(problems({ ...ann, Mails: "nobody" }, whole), [["emails", "line 2"]])
  })

  it("reads fields of JSON by path, but a field of that name first", () => {
    const nested = { attributes: { externalId: "person.id", userName: "person.mail" } }
    assert.strictEqual(personFrom({ person: { id: 5, mail: "A@x.org" } }, nested).key, "5")
    assert.strictEqual(personFrom({ "person.id": "6", person: { id: 5, mail: "a@x.org" } }, nested).key, "6")
    assert.deepStrictEqual(problems({ person: { id: {}, mail: "a@x.org" } }, nested), [["externalId", "line 2"]])
  })

  it("gives attributes the type that their schema has, so that they are the same when read back", () => {
    const attributes = {
      ...mapping.attributes,
      [`${enterpriseUserUrn}:employeeNumber`]: "Number",
      [`${enterpriseUserUrn}:manager.value`]: "Manager",
      "x-unknown": "Number"
    }
    const made = (fields: JsonObject) => personFrom({ ...ann, ...fields }, { ...mapping, attributes }).attributes
    assert.strictEqual(made({ Number: 17 })[`${enterpriseUserUrn}:employeeNumber`], "17")
    assert.strictEqual(made({ Number: 17 })["x-unknown"], 17)
    assert.strictEqual(made({ Manager: [3] })[`${enterpriseUserUrn}:manager.value`], "3")
    assert.strictEqual(made({ Phone: 49 })[workPhonePath], "49")
    assert.deepStrictEqual(problems({ ...ann, Title: ["a", "b"] }), [["title", "line 2"]])
  })

  it("always makes a person that its schema takes, and the trace agrees", () => {
    const cell = FastCheck.oneof(
      FastCheck.constantFrom("", "x", "A@b.c", "working", "gone", "Robots", "eng;ops"),
      FastCheck.string(),
      FastCheck.array(FastCheck.string({ maxLength: 3 }), { maxLength: 2 }),
      FastCheck.constant(null)
    )
    const record = FastCheck.record(Object.fromEntries(Object.keys(ann).map((key) => [key, cell])))
    FastCheck.assert(
      FastCheck.property(record, (fields) => {
        const traced = trace(ready(mapping), { at: "line 2", fields: { ...fields } })
        assert.deepStrictEqual(traced.outcome, map({ ...fields }))
        if (Result.isSuccess(traced.outcome) && traced.outcome.success._tag === "Mapped") {
          assert.isTrue(Schema.is(Person)(traced.outcome.success.person))
        }
      })
    )
  })
})

describe("trace", () => {
  it("tells each step", () => {
    const { outcome, steps } = trace(ready(mapping), { at: "line 2", fields: ann })
    assert.isTrue(Result.isSuccess(outcome))
    assert.deepStrictEqual(
      steps.filter(({ path }) => path === "userName"),
      [
        { path: "userName", what: "field Mail", value: " Ann@Example.com " },
        { path: "userName", what: "trim", value: "Ann@Example.com" },
        { path: "userName", what: "lowercase", value: "ann@example.com" }
      ]
    )
    assert.deepInclude(steps, { path: "role", what: "member of loom admins", value: "admin" })
    assert.deepInclude(steps, { path: "title", what: "otherwise", value: "Member" })
    assert.deepInclude(steps, { path: "active", what: "boolean", value: true })
  })
})

describe("compile", () => {
  it("lists all that is wrong", () => {
    const faults = compile({
      attributes: {
        username: "a",
        USERNAME: "b",
        "meta.created": "c",
        password: "d",
        "not a path": "e",
        name: "f",
        'emails[type eq "home"].value': "g",
        "phoneNumbers.value": "h",
        displayName: { template: "fixed" }
      },
      include: "userName eq",
      exclude: "active gt true"
    })
    assert.deepStrictEqual(Result.isFailure(faults) ? faults.failure.map(({ where }) => where) : [], [
      "attributes.USERNAME",
      "attributes.meta.created",
      "attributes.password",
      "attributes.not a path",
      "attributes.name",
      'attributes.emails[type eq "home"].value',
      "attributes.phoneNumbers.value",
      "attributes.displayName",
      "attributes.externalId",
      "include",
      "exclude"
    ])
  })

  it("names the fields it reads, and whom a record means", () => {
    const attributes = { externalId: "id", userName: { template: "${a}.${b}" } }
    assert.deepStrictEqual(ready({ attributes, groups: [{ from: "team" }, { from: "a" }] }).fields, [
      "id",
      "a",
      "b",
      "team"
    ])
    assert.strictEqual(keyOf(ready(mapping), { at: "line 3", fields: { ...ann, Mail: "" } }), "17")
    assert.strictEqual(keyOf(ready(mapping), { at: "line 3", fields: { ...ann, "Employee ID": " " } }), null)
  })
})

describe("a truth", () => {
  it("is turned round by words, also when it is no text", () => {
    const active = { from: "accountDisabled", boolean: { true: ["false"], false: ["true"] } } as const
    const turned = Mapping.make({ attributes: { externalId: "id", userName: "mail", active } })
    for (const [disabled, expected] of [
      [true, false],
      [false, true],
      ["TRUE", false]
    ] as const) {
      const made = personFrom({ id: "1", mail: "a@x.org", accountDisabled: disabled }, turned)
      assert.strictEqual(made.active, expected)
    }
    const words = { from: "on", boolean: { true: ["ja"], false: ["nein"] } } as const
    const worded = Mapping.make({ attributes: { externalId: "id", userName: "mail", active: words } })
    assert.isFalse(personFrom({ id: "1", mail: "a@x.org", on: false }, worded).active)
  })
})
