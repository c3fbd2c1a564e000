/** Sources that whoever runs a server named: what they read, what they refuse, and that no path is told. */
import { assert, it } from "@effect/vitest"
import { NamedSources, SourceName } from "@loom-scim/core/ports/NamedSources"
import { ConfigProvider, Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Named from "../../src/sources/NamedSources.ts"
import { acme, beta } from "../store/sample.ts"
import { fakeLdap } from "./fakeLdap.ts"
import { fields, file, trouble } from "./harness.ts"

const attributes = "attributes:\n  externalId: id\n  userName: email\n"
const directory = file("named")
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), text)
}

const open = (name: string, of = acme, environment: Readonly<Record<string, string>> = {}) =>
  NamedSources.use((sources) => sources.open(of, SourceName.make(name))).pipe(
    Effect.provide(Named.layer(directory)),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment)))
  )

/** Why a source is refused. */
const refusal = (name: string, source: string, of = acme) =>
  Effect.gen(function* () {
    write(`acme/${name}.yaml`, `${source}${attributes}`)
    const failure = yield* Effect.flip(open(name, of))
    assert.notInclude(failure.message, directory)
    return failure
  })

it.effect("reads files beside the mapping, as it says", () =>
  Effect.gen(function* () {
    write("acme/csv.yaml", `source:\n  from: data/people.txt\n  separator: ";"\n${attributes}`)
    write("acme/data/people.txt", "id;email\n1;ada@acme.com\n")
    const csv = yield* open("csv")
    assert.deepStrictEqual(yield* fields(csv.source), [{ id: "1", email: "ada@acme.com" }])
    assert.deepStrictEqual(csv.mapping.mapping.attributes, { externalId: "id", userName: "email" })
    assert.strictEqual(csv.source.name, "csv")
    assert.match((yield* trouble(csv.source, ["mail"])).message, /^csv: the mapping reads "mail", and there is no such/)
    write("acme/lines.yaml", `source:\n  from: ${join(directory, "elsewhere.jsonl")}\n${attributes}`)
    write("elsewhere.jsonl", '{"id": 2}\n')
    assert.deepStrictEqual(yield* fields((yield* open("lines")).source), [{ id: 2 }])
  })
)

it.effect("knows none of another connection, and tells no path", () =>
  Effect.gen(function* () {
    const none = yield* refusal("mine", "source:\n  from: gone.csv\n", beta)
    assert.strictEqual(none._tag === "SourceFailure" && none.reason, "notFound")
    const gone = yield* trouble((yield* open("mine")).source)
    assert.strictEqual(gone.message, "mine: there is no such file. Check the path")
    const wrong = yield* refusal("wrong", "surprise: 1\n")
    assert.strictEqual(wrong._tag, "MappingRefused")
  })
)

it.effect("refuses what nobody sits in front of, and passwords in the clear", () =>
  Effect.gen(function* () {
    for (const from of ["-", "scim:beta", "scim+https://scim.example.com/v2"]) {
      const failure = yield* refusal("other", `source:\n  from: "${from}"\n`)
      assert.include(failure.message, "neither a file nor an LDAP directory")
    }
    assert.include((yield* refusal("nowhere", "")).message, "does not say where")
    const ldap = (url: string, more = "") =>
      refusal("ldap", `source:\n  from: ${url}\n  ldap:\n    base: dc=acme\n    bindDn: cn=reader\n${more}`)
    assert.include((yield* ldap("ldap://ldap.example.com")).message, "in the clear")
    for (const [url, more] of [
      ["ldaps://ldap.example.com", ""],
      ["ldap://ldap.example.com", "    startTls: true\n"],
      ["ldap://127.0.0.1:389", ""],
      ["ldap://[::1]", ""]
    ] as const) {
      assert.include((yield* ldap(url, more)).message, "LOOM_SCIM_LDAP_PASSWORD", url)
    }
  })
)

it.live("reads an LDAP directory with the server's password", () =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const page = { entries: [{ dn: "uid=ada,dc=acme", attributes: { uid: "ada" } }] }
    const port = yield* fakeLdap([page], { onRequest: (operation) => asked.push(operation) })
    const source = `source:\n  from: ldap://127.0.0.1:${port}\n  ldap:\n    base: dc=acme\n    bindDn: cn=reader\n`
    write("acme/directory.yaml", `${source}${attributes}`)
    const named = yield* open("directory", acme, { LOOM_SCIM_LDAP_PASSWORD: "s3cret" })
    assert.deepStrictEqual(yield* fields(named.source), [{ uid: "ada" }])
    assert.deepStrictEqual(asked.slice(0, 2), ["bind", "search"])
  })
)
