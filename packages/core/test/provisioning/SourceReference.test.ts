import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as FastCheck from "fast-check"
import * as MappingRead from "../../src/provisioning/MappingRead.ts"
import { parse } from "../../src/provisioning/SourceReference.ts"

const attributes = { externalId: "id", userName: "mail" }

const faultsOf = (source: unknown): ReadonlyArray<string> => {
  const read = MappingRead.read({ source, attributes })
  return Result.isFailure(read) ? read.failure.faults : []
}

describe("a reference to a source", () => {
  it("is a file, standard input, a directory, a server or a connection", () => {
    const told = (text: string, format?: "csv" | "jsonl") =>
      Result.getOrThrow(parse(text, format === undefined ? {} : { format }))
    assert.deepStrictEqual(told("a/people.TSV"), { _tag: "File", path: "a/people.TSV", format: "csv" })
    assert.deepStrictEqual(told("people.ndjson"), { _tag: "File", path: "people.ndjson", format: "jsonl" })
    assert.deepStrictEqual(told("export", "jsonl"), { _tag: "File", path: "export", format: "jsonl" })
    // What a name tells counts before what a file says of another.
    assert.deepStrictEqual(told("people.csv", "jsonl"), { _tag: "File", path: "people.csv", format: "csv" })
    assert.deepStrictEqual(told("people.txt"), { _tag: "File", path: "people.txt", format: "csv" })
    assert.deepStrictEqual(told("people.txt", "jsonl"), { _tag: "File", path: "people.txt", format: "jsonl" })
    assert.deepStrictEqual(told("o:p@x.csv"), { _tag: "File", path: "o:p@x.csv", format: "csv" })
    assert.deepStrictEqual(told("C:\\people.csv"), { _tag: "File", path: "C:\\people.csv", format: "csv" })
    assert.deepStrictEqual(told("-"), { _tag: "Stdin", format: "csv" })
    assert.deepStrictEqual(told("-", "jsonl"), { _tag: "Stdin", format: "jsonl" })
    assert.deepStrictEqual(told("stdin:jsonl", "csv"), { _tag: "Stdin", format: "jsonl" })
    assert.deepStrictEqual(told("LDAPS://ldap.example.com:3269"), {
      _tag: "Ldap",
      url: "LDAPS://ldap.example.com:3269"
    })
    assert.deepStrictEqual(told("scim+https://hr.example.com/v2"), { _tag: "Scim", url: "https://hr.example.com/v2" })
    assert.deepStrictEqual<unknown>(told("scim:acme-2"), { _tag: "Connection", id: "acme-2" })
  })

  it("says what is none, and how it is written", () => {
    const wrong = (text: string) => {
      const parsed = parse(text)
      return Result.isFailure(parsed) ? parsed.failure : assert.fail(text)
    }
    for (const text of ["people.xlsx", "stdin:xml", "scim:Not An Id", "people"]) assert.include(wrong(text), ".csv")
    assert.include(wrong("people.xlsx"), "source.format")
    assert.include(wrong("https://hr.example.com"), "scim+https://hr.example.com")
    assert.include(wrong("ldap://h/?base"), "into the mapping file")
  })

  it("refuses an account in an address, and never repeats it", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom("ldap:", "ldaps:", "LDAP:", "scim+https:", "scim+http:", "https:", "scim:"),
        FastCheck.constantFrom("//", "/", ""),
        FastCheck.constantFrom("cn=reader:", "reader:", ":", ""),
        FastCheck.constantFrom("?x=1", "#y", "/p", ""),
        (scheme, slashes, account, rest) => {
          const parsed = parse(`${scheme}${slashes}${account}hunter2@host.example.com${rest}`)
          assert.isTrue(Result.isFailure(parsed))
          const text = Result.isFailure(parsed) ? parsed.failure : ""
          assert.notInclude(text, "hunter2")
          assert.include(text, "account in it")
        }
      )
    )
  })
})

describe("the source section of a mapping", () => {
  it("takes everything that belongs to a source and is no secret", () => {
    const source = {
      from: "ldaps://ldap.example.com",
      encoding: "latin1",
      separator: ";",
      format: "csv",
      ldap: {
        base: "ou=people,dc=example,dc=com",
        filter: "(objectClass=user)",
        attributes: ["mail", "uid"],
        bindDn: "cn=reader",
        pageSize: 200,
        startTls: true,
        caFile: "ca.pem",
        ignoreReferrals: false,
        allowCleartext: false
      },
      scim: { filter: "active eq true" }
    }
    assert.deepStrictEqual<unknown>(Result.getOrThrow(MappingRead.read({ source, attributes })).mapping.source, source)
    assert.deepStrictEqual<unknown>(Result.getOrThrow(MappingRead.readSource({ source })), source)
    assert.deepStrictEqual(Result.getOrThrow(MappingRead.readSource({ attributes })), {})
    assert.deepStrictEqual(Result.getOrThrow(MappingRead.readSource(null)), {})
  })

  it("says where it is wrong, all at once", () => {
    const faults = faultsOf({
      separator: "|",
      encoding: "ebcdic",
      unknown: 1,
      ldap: { pageSize: 0, attributes: [] },
      scim: { filter: "active is true" }
    })
    for (const where of [
      "source.separator: ",
      "source.encoding: ",
      "source.unknown: is not known here",
      "source.ldap.base: is needed",
      "source.ldap.pageSize: ",
      "source.ldap.attributes",
      "source.scim.filter: "
    ]) {
      assert.isTrue(
        faults.some((fault) => fault.startsWith(where)),
        `${where} in ${faults.join("\n")}`
      )
    }
    const alone = MappingRead.readSource({ source: { ldap: {} } })
    assert.match(Result.isFailure(alone) ? alone.failure.message : "", /\n {2}source\.ldap\.base: /)
  })

  it("refuses secrets by the names of their keys, and never repeats them", () => {
    for (const secret of [
      { ldap: { base: "dc=x", bindPassword: "hunter2" } },
      { token: "hunter2" },
      { scim: { bearerToken: { value: "hunter2" } } },
      { ldap: { base: "dc=x", pass: "hunter2" } },
      { "client-secret": "hunter2" }
    ]) {
      const faults = faultsOf(secret)
      assert.lengthOf(faults, 1, JSON.stringify(secret))
      assert.include(faults[0], "LOOM_SCIM_LDAP_PASSWORD")
      assert.notInclude(faults.join(""), "hunter2")
    }
    // What is unknown is refused without its value, too.
    const others = faultsOf({ pin: "hunter2", separator: "hunter2", ldap: "hunter2" })
    assert.lengthOf(others, 3)
    assert.notInclude(others.join(""), "hunter2")
  })
})
