/** How fields are found and read, and what is no text. */
import { assert, describe, it } from "@effect/vitest"
import type { Mapping } from "../../src/provisioning/Mapping.ts"
import { foldName } from "../../src/provisioning/PersonDigest.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { enterpriseUserUrn, userUrn } from "../../src/scim/Schemas.ts"
import { personBy, problemsBy } from "./mapped.ts"

const personFrom = (fields: JsonObject, of: Mapping) => personBy(of, fields)
const problems = (fields: JsonObject, of: Mapping) => problemsBy(of, fields)

describe("a field", () => {
  it("reads SCIM by its URNs, and goes into lists", () => {
    const user = {
      id: "1",
      userName: "a@x.org",
      title: "CEO",
      [enterpriseUserUrn]: { department: "Eng", manager: { value: "7" } },
      groups: [{ value: "g1", display: "Admins" }, { value: "g2" }, "Crew", { display: " ", value: 5 }]
    }
    const of = (title: string, from = "groups"): Mapping => ({
      attributes: { externalId: "id", userName: "userName", title },
      groups: [{ from }]
    })
    for (const [field, expected] of [
      [`${enterpriseUserUrn}:department`, "Eng"],
      [`${enterpriseUserUrn.toUpperCase()}:Department`, "Eng"],
      [`${enterpriseUserUrn}.department`, "Eng"],
      [`${enterpriseUserUrn}:manager.value`, "7"],
      [`${userUrn}:title`, "CEO"],
      [`${enterpriseUserUrn}:costCenter`, null],
      ["title.value", null]
    ] as const) {
      assert.strictEqual(personFrom(user, of(field)).attributes["title"], expected, field)
    }
    assert.deepStrictEqual(personFrom(user, of("title")).groups, ["Admins", "g2", "Crew", "5"])
    assert.deepStrictEqual(personFrom({ ...user, groups: [] }, of("title")).groups, [])
    assert.deepStrictEqual(
      personFrom({ ...user, groups: [{ display: "A" }, { display: ["B", "C"] }] }, of("title", "groups.display"))
        .groups,
      ["A", "B", "C"]
    )
    assert.deepStrictEqual(personFrom({ ...user, groups: { display: "A" } }, of("title")).groups, ["A"])
  })

  it("says where something is no text, and leaves nothing out", () => {
    const of: Mapping = {
      attributes: { externalId: "id", userName: "mail", displayName: { template: "${first} ${last}" } },
      groups: [{ from: "groups", separator: ";" }]
    }
    const record = { id: "1", mail: "a@x.org", first: ["A"], last: "B" }
    assert.strictEqual(personFrom(record, of).attributes["displayName"], "A B")
    for (const groups of [["Y", ["Z"]], ["Y", null], [{ name: "X" }], [{ display: {} }]]) {
      assert.deepStrictEqual(problems({ ...record, groups }, of), [["groups", "line 2"]], JSON.stringify(groups))
    }
    const partly = { ...of, groups: [{ from: "groups.display" }] }
    assert.deepStrictEqual(problems({ ...record, groups: [{ display: "X" }, { value: "y" }] }, partly), [
      ["groups", "line 2"]
    ])
    assert.deepStrictEqual(problems({ ...record, first: ["A", "C"], last: {} }, of), [["displayName", "line 2"]])
    const split = { ...of, attributes: { ...of.attributes, emails: { from: "mails", split: "," } } }
    assert.deepStrictEqual(problems({ ...record, mails: [{ address: "a@x.org" }] }, split), [["emails", "line 2"]])
  })

  it("takes the common name of distinguished names, and nothing for one that has none", () => {
    const of: Mapping = {
      attributes: { externalId: "id", userName: "mail", title: { from: "manager", transform: ["cn"] } },
      groups: [{ from: "memberOf", transform: ["cn", "uppercase"], values: { ADMINS: "Admins", CREW: "Crew" } }]
    }
    const record = {
      id: "1",
      mail: "a@x.org",
      manager: "CN=M\\c3\\bcller\\, Zoë\\+,OU=x,DC=y",
      memberOf: ["cn=admins,dc=x"]
    }
    const made = personFrom(record, of)
    assert.deepStrictEqual([made.attributes["title"], made.groups], ["Müller, Zoë+", ["Admins"]])
    assert.deepStrictEqual(personFrom({ ...record, memberOf: ["ou=x+CN = Crew ,dc=x", "2.5.4.3=other"] }, of).groups, [
      "Crew"
    ])
    for (const memberOf of ["Admins", "uid=a,cn=Admins", "cn=,dc=x"]) {
      assert.deepStrictEqual(problems({ ...record, memberOf: [memberOf] }, of), [["groups", "line 2"]], memberOf)
    }
    assert.deepStrictEqual(problems({ ...record, manager: "boss" }, of), [["title", "line 2"]])
  })

  it("does not take an empty field for one who is active, unless it is said", () => {
    const of = (active: Mapping["attributes"][string]): Mapping => ({
      attributes: { externalId: "id", userName: "mail", active }
    })
    const record = { id: "1", mail: "a@x.org", status: " " }
    for (const active of ["status", "none", { from: "status", boolean: true }, { template: "${status}" }] as const) {
      assert.deepStrictEqual(problems(record, of(active)), [["active", "line 2"]])
    }
    for (const otherwise of [true, false, "yes"]) {
      const said = { from: "status", boolean: true, otherwise } as const
      assert.strictEqual(personFrom(record, of(said)).active, otherwise !== false)
    }
    assert.isFalse(personFrom(record, of({ template: "${status}", otherwise: "no" })).active)
    assert.isTrue(personFrom(record, { attributes: { externalId: "id", userName: "mail" } }).active)
  })

  it("writes letters with accents in one way, whatever way they come", () => {
    const of: Mapping = {
      attributes: {
        externalId: "id",
        userName: { from: "mail" },
        title: "title",
        active: { from: "status", boolean: { true: ["employ\u00e9"], false: ["parti"] } }
      },
      groups: [{ from: "groups" }, { from: "team", values: { "e\u0301quipe": "L'E\u0301quipe" } }],
      roles: [{ group: "L'e\u0301quipe", role: "admin" }]
    }
    const made = personFrom(
      {
        id: "e\u0301",
        mail: "jose\u0301@x.org",
        title: "Ge\u0301rant",
        status: "employe\u0301",
        groups: ["E\u0301tat", "\u00c9tat"],
        team: "\u00c9quipe"
      },
      of
    )
    assert.deepStrictEqual(
      [made.key, made.userName, made.emails[0]?.value, made.attributes["title"], made.groups, made.role],
      ["\u00e9", "jos\u00e9@x.org", "jos\u00e9@x.org", "G\u00e9rant", ["\u00c9tat", "L'\u00c9quipe"], "admin"]
    )
    assert.strictEqual(foldName("E\u0301TAT "), foldName("\u00e9tat"))
  })
})
