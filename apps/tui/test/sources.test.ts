/** Every kind of source through the built program, against real servers. No output may hold a secret. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import * as MappingRead from "@loom-scim/core/provisioning/MappingRead"
import * as PolicyRead from "@loom-scim/core/provisioning/PolicyRead"
import { Effect, Result } from "effect"
import { once } from "node:events"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join, relative } from "node:path"
import { parse, stringify } from "yaml"
import { hasSlapd, reader, slapd, suffix } from "../../../packages/platform-node/test/sources/slapd.ts"
import { type Place, connected, token } from "./support/connected.ts"
import { run } from "./support/run.ts"

const otherToken = "tok_other-secret-abcdef0123456789"
const secrets = [token, otherToken, reader.password, "hunter2"]

let place: Place
let other: Sandbox

const loom = async (args: ReadonlyArray<string>, options: Parameters<typeof run>[1] = {}) => {
  // One test adds a second connection.
  const which = args[0] === "plan" ? ["--connection", "acme"] : []
  const ran = await run([...args, ...which, "--allow-private-network", "--data-dir", place.directory], options)
  for (const secret of secrets) assert.notInclude(ran.stdout + ran.stderr, secret, args.join(" "))
  return ran
}

/** A mapping file, with whatever section it is to have. */
const mappingFile = (name: string, source: unknown, attributes: unknown = { externalId: "id", userName: "mail" }) => {
  const path = join(place.directory, name)
  writeFileSync(path, stringify({ ...(source === undefined ? {} : { source }), attributes }))
  return path
}

const planJson = async (args: ReadonlyArray<string>, options: Parameters<typeof run>[1] = {}) => {
  const { code, stderr, stdout } = await loom(["plan", "--json", ...args], options)
  assert.strictEqual(code, 2, stderr)
  const { plan, records, source } = JSON.parse(stdout)
  return { counts: plan.counts, labels: plan.actions.map(({ label }: { label: string }) => label), records, source }
}

const csv = "id;mail\nx1;ada@example.com\nx2;bob@example.com\n"
const jsonl = '{"id":"x1","mail":"ada@example.com"}\n{"id":"x2","mail":"bob@example.com"}\n'
const labels = ["ada@example.com", "bob@example.com"]

beforeAll(async () => {
  place = await connected(1)
  other = await startSandbox({ users: 3, token: otherToken })
})
afterAll(async () => {
  await other.close()
  await place.close()
})

describe("docs/reconcile.md", () => {
  it("has mappings, a section and a policy that can be used", () => {
    const text = readFileSync(new URL("../../../docs/reconcile.md", import.meta.url), "utf8")
    const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]): unknown => parse(yaml))
    assert.lengthOf(blocks, 3)
    const [first, directory, policy] = blocks
    for (const mapping of [first, directory]) {
      const read = MappingRead.read(mapping)
      assert.isTrue(Result.isSuccess(read), Result.isFailure(read) ? read.failure.message : "")
    }
    const read = PolicyRead.read(policy, [])
    assert.isTrue(Result.isSuccess(read), Result.isFailure(read) ? read.failure.message : "")
  })
})

describe("standard input", () => {
  it("is read as CSV or JSON Lines, twice where that is needed", async () => {
    const mapping = mappingFile("stdin.yaml", undefined)
    for (const [source, stdin] of [
      ["-", csv],
      ["stdin:csv", csv],
      ["stdin:jsonl", jsonl]
    ] as const) {
      const made = await planJson(["--source", source, "--mapping", mapping], { stdin })
      assert.deepStrictEqual(made, { counts: { Create: 2 }, labels, records: 2, source: "stdin" }, source)
    }
    const told = mappingFile("stdin-told.yaml", { from: "-", format: "jsonl" })
    assert.deepStrictEqual((await planJson(["--mapping", told], { stdin: jsonl })).labels, labels)
  })
  it("concludes nothing from an input that is empty, and tries and guesses mappings too", async () => {
    const mapping = mappingFile("stdin.yaml", undefined)
    const empty = await loom(["plan", "--source", "-", "--mapping", mapping])
    assert.strictEqual(empty.code, 4)
    assert.include(empty.stdout, "without even a header row")
    const tried = await loom(["map", "test", "--source", "-", "--mapping", mapping, "x2"], { stdin: csv })
    assert.include(tried.stdout, '"userName": "bob@example.com"')
    const guessed = await loom(["map", "guess", "--source", "stdin:jsonl"], { stdin: jsonl })
    assert.include(guessed.stdout, '# userName is taken from "mail"')
    const header = await loom(["map", "guess", "--source", "-"], { stdin: "id;mail\n" })
    assert.include(header.stdout, '# externalId is taken from "id"')
  })
})

describe("the source section", () => {
  it("makes --source needless, is relative to its file, and is overridden by it", async () => {
    mkdirSync(join(place.directory, "conf", "data"), { recursive: true })
    writeFileSync(
      join(place.directory, "conf", "data", "export"),
      Buffer.from("id|x;mail\n1;z\xEB@example.com\n", "latin1")
    )
    const told = { from: "data/export", format: "csv", encoding: "latin1", separator: ";" }
    const mapping = mappingFile("conf/mapping.yaml", told, { externalId: "id|x", userName: "mail" })
    const made = await planJson(["--mapping", relative(process.cwd(), mapping)])
    assert.deepStrictEqual(made.labels, ["zë@example.com"])
    const overridden = await planJson(["--mapping", mapping, "--source", "-"], {
      stdin: "id|x;mail\n9;nine@example.com\n"
    })
    assert.deepStrictEqual(overridden.labels, ["nine@example.com"])
  })
  it("is needed when there is no --source, and says what is wrong in it", async () => {
    const missing = await loom(["plan", "--mapping", mappingFile("none.yaml", undefined)])
    assert.strictEqual(missing.code, 2)
    assert.include(missing.stderr, "source.from")
    const wrong = await loom(["plan", "--mapping", mappingFile("wrong.yaml", { separator: "|", ldap: {} })])
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.stderr, "source.separator: ")
    assert.include(wrong.stderr, "source.ldap.base: ")
  })
  it("takes no secrets, neither there nor in an address", async () => {
    const password = await loom([
      "plan",
      "--mapping",
      mappingFile("pw.yaml", { ldap: { base: "x", password: "hunter2" } })
    ])
    assert.strictEqual(password.code, 2)
    assert.include(password.stderr, "source.ldap.password: ")
    assert.include(password.stderr, "LOOM_SCIM_LDAP_PASSWORD")
    const mapping = mappingFile("stdin.yaml", undefined)
    for (const address of ["ldap://reader:hunter2@127.0.0.1", "scim+https://x:hunter2@hr.example.com"]) {
      for (const args of [
        ["plan", "--source", address, "--mapping", mapping],
        ["map", "guess", "--source", address],
        ["plan", "--mapping", mappingFile("address.yaml", { from: address })]
      ]) {
        for (const json of [[], ["--json"]]) {
          const refused = await loom([...args, ...json])
          assert.strictEqual(refused.code, 2)
          assert.include(refused.stderr, "account in it")
        }
      }
    }
  })
})

const scimAttributes = { externalId: "id", userName: "userName", "name.givenName": "name.givenName" }

describe("another SCIM server", () => {
  it("is read with a token from the environment, a file or a descriptor", async () => {
    const mapping = mappingFile("scim.yaml", undefined, scimAttributes)
    const address = `scim+${other.scimUrl}`
    const file = join(place.directory, "other-token.txt")
    writeFileSync(file, `${otherToken}\n`)
    const common = ["--source", address, "--mapping", mapping]
    for (const [args, options] of [
      [[], { env: { LOOM_SCIM_SOURCE_TOKEN: otherToken } }],
      [["--source-secret-file", file], {}],
      [["--source-secret-fd", "3"], { fd3: otherToken }]
    ] as const) {
      const made = await planJson([...common, ...args], options)
      assert.strictEqual(made.records, 3)
      assert.strictEqual(made.source, other.scimUrl)
    }
    const without = await loom(["plan", ...common])
    assert.strictEqual(without.code, 2)
    assert.include(without.stderr, "LOOM_SCIM_SOURCE_TOKEN")
    const nowhere = await loom(["plan", ...common, "--source-secret-file", `${file}.gone`])
    assert.strictEqual(nowhere.code, 2)
    const wrong = await loom(["plan", ...common], { env: { LOOM_SCIM_SOURCE_TOKEN: "tok_wrong" } })
    assert.strictEqual(wrong.code, 4)
    assert.include(wrong.stdout, "does not accept the token")
  })
  it("is asked with a filter, and guessed from", async () => {
    const [someone] = JSON.parse(
      (
        await loom(["map", "guess", "--source", `scim+${other.scimUrl}`, "--json"], {
          env: { LOOM_SCIM_SOURCE_TOKEN: otherToken }
        })
      ).stdout
    ).guessed
    assert.isString(someone.path)
    const filter = 'userName sw "nobody-has-such-a-name"'
    const mapping = mappingFile("scim-filter.yaml", { from: `scim+${other.scimUrl}`, scim: { filter } }, scimAttributes)
    const none = await loom(["plan", "--mapping", mapping, "--json"], { env: { LOOM_SCIM_SOURCE_TOKEN: otherToken } })
    assert.strictEqual(none.code, 0, none.stderr)
    assert.strictEqual(JSON.parse(none.stdout).records, 0)
  })
  it("is guessed from so that nothing of its people is lost", async () => {
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    const user = {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
      id: "u1",
      userName: "grouped@example.com",
      active: true,
      groups: [{ value: "g1", display: "Crew; all" }],
      [enterprise]: { department: "Engineering" }
    }
    const server = createServer(({ url = "" }, response) => {
      response.writeHead(url.includes("/Users") ? 200 : 404, { "content-type": "application/scim+json" })
      response.end(JSON.stringify({ totalResults: 1, startIndex: 1, itemsPerPage: 1, Resources: [user] }))
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const bound = server.address()
    const address = `scim+http://127.0.0.1:${typeof bound === "object" ? bound?.port : bound}/scim`
    const env = { LOOM_SCIM_SOURCE_TOKEN: otherToken }
    const guessed = await loom(["map", "guess", "--source", address], { env })
    assert.include(guessed.stdout, `# ${enterprise}:department is taken from "${enterprise}:department"`)
    const path = join(place.directory, "guessed-scim.yaml")
    writeFileSync(path, guessed.stdout)
    const tried = await loom(["map", "test", "--source", address, "--mapping", path, "grouped@example.com"], { env })
    server.close()
    assert.strictEqual(tried.code, 0, tried.stderr + guessed.stdout)
    assert.include(tried.stdout, 'groups: field groups -> ["Crew; all"]')
    assert.include(tried.stdout, `${enterprise}:department: field ${enterprise}:department -> "Engineering"`)
  })
  it("is only allowed on private networks when that is said", async () => {
    const mapping = mappingFile("scim.yaml", undefined, scimAttributes)
    const args = ["plan", "--source", `scim+${other.scimUrl}`, "--mapping", mapping, "--data-dir", place.directory]
    const refused = await run(args, { env: { LOOM_SCIM_SOURCE_TOKEN: otherToken } })
    assert.strictEqual(refused.code, 2)
    assert.include(refused.stderr, "--allow-private-network")
  })
  it("may be another connection by its id, and not the same", async () => {
    const mapping = mappingFile("scim.yaml", undefined, scimAttributes)
    // However its address is written.
    const { scimUrl } = place.sandbox
    for (const source of ["scim:acme", `scim+${scimUrl}`, `scim+${scimUrl.replace("http", "HTTP")}/`]) {
      const itself = await loom(["plan", "--source", source, "--mapping", mapping], {
        env: { LOOM_SCIM_SOURCE_TOKEN: token }
      })
      assert.strictEqual(itself.code, 2, source)
      assert.include(itself.stderr, "cannot be a source for itself", source)
    }
    const second = join(place.directory, "second.yaml")
    writeFileSync(
      second,
      stringify({
        name: "Second",
        confirm: { enterprisePlan: true, samlSso: true, ssoTest: true, relogin: true, domains: true },
        domains: [{ domain: "example.com", method: "email" }],
        members: "none",
        sso: { metadata: other.idpMetadataUrl, defaultRole: "viewer", enforce: "off" },
        endpoint: other.scimUrl,
        domainCapture: "off",
        deprovisioning: "deactivate"
      })
    )
    const begun = await loom(["setup", "--answers", second], { env: { LOOM_SCIM_TOKEN: otherToken } })
    assert.strictEqual(begun.code, 0, begun.stderr)
    const made = await planJson(["--source", "scim:second", "--mapping", mapping])
    assert.deepInclude(made, { records: 3, source: "scim:second" })
    const tried = await loom(["map", "guess", "--source", "scim:second"])
    assert.include(tried.stdout, '# userName is taken from "userName"')
    const unknown = await loom(["plan", "--source", "scim:nobody", "--mapping", mapping])
    assert.strictEqual(unknown.code, 3)
    assert.include(unknown.stderr, "connections list")
  })
})

const people = `ou=people,${suffix}`
const ldif = `dn: ${people}
objectClass: organizationalUnit
ou: people

dn: uid=ada,${people}
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
givenName: Ada
mail: ada@example.com

dn: uid=bob,${people}
objectClass: user
uid: bob
cn: Bob
sn: Bob
mail: bob@example.com
userAccountControl: 514
memberOf: cn=Admins,ou=groups,${suffix}
extensionAttribute1: X1
`
const ldapAttributes = { externalId: "uid", userName: "mail", "name.familyName": "sn" }
const isHere = hasSlapd()
if (!isHere) console.warn("Left out: LDAP through the program (there is no slapd; install Debian's package slapd).")

describe("LDAP", () => {
  it("needs a base, a password that comes from elsewhere, and a connection that hides it", async () => {
    const bare = await loom([
      "plan",
      "--source",
      "ldaps://ldap.example.com",
      "--mapping",
      mappingFile("bare.yaml", undefined)
    ])
    assert.strictEqual(bare.code, 2)
    assert.include(bare.stderr, "source.ldap.base")
    const ldap = { base: people, bindDn: reader.dn }
    const mapping = mappingFile("bind.yaml", { from: "ldaps://127.0.0.1", ldap })
    const without = await loom(["plan", "--mapping", mapping])
    assert.strictEqual(without.code, 2)
    assert.include(without.stderr, "loom-scim: The password of the LDAP account is needed: set LOOM_SCIM_LDAP_PASSWORD")
    const env = { LOOM_SCIM_LDAP_PASSWORD: reader.password }
    const clear = await loom(["plan", "--mapping", mapping, "--source", "ldap://ldap.example.com"], { env })
    assert.strictEqual(clear.code, 2)
    assert.include(clear.stderr, "in the clear")
    const more = await loom(["plan", "--mapping", mapping, "--source", "ldaps://127.0.0.1/dc=x"], { env })
    assert.strictEqual(more.code, 4)
    assert.include(more.stdout, "more than host and port")
  })
  if (!isHere) return
  it.live("is read over TLS or StartTLS, guessed from and tried", () =>
    Effect.gen(function* () {
      const { caFile, secureUrl, url } = yield* slapd(ldif)
      yield* Effect.promise(async () => {
        const common = { base: people, bindDn: reader.dn, caFile: relative(place.directory, caFile), pageSize: 1 }
        const env = { LOOM_SCIM_LDAP_PASSWORD: reader.password }
        const overTls = mappingFile("tls.yaml", { from: secureUrl, ldap: common }, ldapAttributes)
        const made = await planJson(["--mapping", overTls], { env })
        assert.deepStrictEqual(made, { counts: { Create: 2 }, labels, records: 2, source: `${secureUrl}/${people}` })
        const file = join(place.directory, "ldap-password.txt")
        writeFileSync(file, `${reader.password}\n`)
        const started = { ...common, startTls: true, filter: "(uid=ada)", attributes: ["uid", "mail", "sn"] }
        const overStartTls = mappingFile("starttls.yaml", { from: url, ldap: started }, ldapAttributes)
        const one = await planJson(["--mapping", overStartTls, "--source-secret-file", file])
        assert.deepStrictEqual(one.labels, ["ada@example.com"])

        const only = join(place.directory, "only-source.yaml")
        writeFileSync(only, stringify({ source: { from: secureUrl, ldap: common } }))
        const guessed = await loom(["map", "guess", "--mapping", only], { env })
        assert.include(guessed.stdout, '# name.givenName is taken from "givenName"')
        assert.include(guessed.stdout, `base: ${people}`)
        const whole = join(place.directory, "guessed.yaml")
        writeFileSync(whole, guessed.stdout)
        const tried = await loom(["map", "test", "--mapping", whole, "ada@example.com"], { env })
        assert.strictEqual(tried.code, 0, tried.stderr)
        assert.include(tried.stdout, `uid=ada,${people}`)
        assert.include(tried.stdout, '"active": true')
        const disabled = await loom(["map", "test", "--mapping", whole, "bob@example.com"], { env })
        assert.strictEqual(disabled.code, 0, disabled.stderr)
        assert.include(disabled.stdout, '"active": false')
        assert.include(disabled.stdout, 'groups: field memberOf -> ["Admins"]')
        const more = { ...ldapAttributes, title: "extensionAttribute1" }
        const untold = mappingFile("untold.yaml", { from: secureUrl, ldap: common }, more)
        const asked = await loom(["map", "test", "--mapping", untold, "bob"], { env })
        assert.include(asked.stdout, 'title: field extensionAttribute1 -> "X1"')
        const wrong = await loom(["plan", "--mapping", overTls], { env: { LOOM_SCIM_LDAP_PASSWORD: "hunter2" } })
        assert.strictEqual(wrong.code, 4)
        assert.include(wrong.stdout, "does not accept account and password")
      })
    }).pipe(Effect.scoped)
  )
})
